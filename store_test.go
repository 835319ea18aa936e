package tollkeeper_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// The store verbs of each flow, in order. What Session is there belongs to Authenticate, which the adapter calls first.
func TestRoundTrips(t *testing.T) {
	host := tollkeeper.Client{}
	flows := []struct {
		name string
		want string
		do   func(w *world, p, c authtest.Account) func() error
	}{
		{"parent sign-in", "[Take FindAccount CreateSession]", func(w *world, p, _ authtest.Account) func() error {
			return func() error { _, err := w.try(p, password); return err }
		}},
		{"child sign-in", "[Take FindAccount CreateSession]", func(w *world, _, c authtest.Account) func() error {
			return func() error { _, err := w.try(c, password); return err }
		}},
		{"sign-in from a new network, with its notice", "[Take FindAccount CreateSession QueueMail]", func(w *world, p, _ authtest.Account) func() error {
			return func() error { return w.guess(p, password, "192.0.2.1") }
		}},
		{"sign-in of nobody", "[Take FindAccount Release]", func(w *world, _, _ authtest.Account) func() error {
			return func() error {
				_, err := w.try(authtest.Account{Email: "nobody@example.com"}, password)
				w.want(err, tollkeeper.ErrInvalidCredentials)
				return nil
			}
		}},
		{"stray child", "[Take FindAccount Release]", func(w *world, _, c authtest.Account) func() error {
			return func() error {
				_, err := w.try(authtest.Account{Email: c.Email}, password)
				w.want(err, tollkeeper.ErrParentKeyNeeded)
				return nil
			}
		}},
		{"sign-in that stops at the second factor", "[Take FindAccount Release]", func(w *world, p, _ authtest.Account) func() error {
			s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: p.ID})
			w.ok(err)
			s.Account.Factors = store.HasTOTP
			_, _, err = w.store.Store.UpdateAccount(ctx, store.Change{Account: s.Account}, w.Now())
			w.ok(err)
			return func() error { _, err := w.try(p, password); return err }
		}},
		{"the second factor of a sign-in", "[Take FindAccount CreateSession]", func(w *world, p, _ authtest.Account) func() error {
			w.confirmed(p)
			f := w.EnrolFactor(p)
			w.Advance(time.Minute)
			in := tollkeeper.FactorRequest{Challenge: w.signIn(p).Challenge, Code: tollkeeper.SecretText(w.FactorCode(f))}
			return func() error { _, err := w.Auth.SignInWithFactor(ctx, in); return err }
		}},
		{"authenticate", "[Session]", func(w *world, p, _ authtest.Account) func() error {
			return func() error { _, err := w.Auth.Authenticate(ctx, tollkeeper.SecretText(p.Token)); return err }
		}},
		{"a token that is none", "[]", func(w *world, p, _ authtest.Account) func() error {
			return func() error {
				_, err := w.Auth.Authenticate(ctx, tollkeeper.SecretText(p.Token+"A"))
				w.want(err, tollkeeper.ErrInvalidToken)
				return nil
			}
		}},
		{"sign-out", "[RevokeSession]", func(w *world, p, _ authtest.Account) func() error {
			return func() error { return w.Auth.SignOut(ctx, p.Identity) }
		}},
		{"parent sign-up", "[Take CreateAccount CreateSession]", func(w *world, _, _ authtest.Account) func() error {
			return func() error {
				_, err := w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Scope: tollkeeper.Tenants, Email: "n@example.com", Password: password})
				return err
			}
		}},
		{"child sign-up", "[Take FindAccount CreateAccount CreateSession]", func(w *world, p, _ authtest.Account) func() error {
			return func() error {
				_, err := w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "n@example.com", Password: password, Scope: tollkeeper.UnderKey(p.PublicKey)})
				return err
			}
		}},
		{"code request, below a named parent", "[Take FindAccount Release QueueMail]", func(w *world, _, c authtest.Account) func() error { return func() error { return w.requestCode(c) } }},
		{"code", "[Take ConsumeSecret CreateSession]", func(w *world, _, c authtest.Account) func() error {
			w.confirmed(c)
			code := w.mailCode(c)
			return func() error { _, err := w.verify(c, code); return err }
		}},
		{"code, first proof of the mailbox", "[Take ConsumeSecret UpdateAccount CreateSession]", func(w *world, _, c authtest.Account) func() error {
			code := w.mailCode(c)
			return func() error { _, err := w.verify(c, code); return err }
		}},
		{"forgot", "[Take QueueMail]", func(w *world, p, _ authtest.Account) func() error { return func() error { return w.requestReset(p) } }},
		{"reset", "[Take Secret UpdateAccount Release]", func(w *world, p, _ authtest.Account) func() error {
			w.ok(w.requestReset(p))
			link := w.LastToken(p.Email, tollkeeper.MailReset)
			return func() error { return w.reset(link, "another horse 9") }
		}},
		{"confirmation", "[Take Secret UpdateAccount]", func(w *world, p, _ authtest.Account) func() error {
			w.ok(w.Auth.RequestOwnVerification(ctx, p.Identity, "", host))
			link := w.LastToken(p.Email, tollkeeper.MailVerify)
			return func() error {
				return errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(link), Client: host}))
			}
		}},
		{"role change", "[FindAccount UpdateAccount]", func(w *world, p, c authtest.Account) func() error {
			return func() error {
				_, err := w.Auth.SetRole(ctx, p.Identity, tollkeeper.RoleChange{Email: c.Email, Role: tollkeeper.RoleGuest})
				return err
			}
		}},
		{"delete oneself", "[Take FindAccount Release DeleteAccount]", func(w *world, _, c authtest.Account) func() error {
			return func() error { return w.Auth.DeleteAccount(ctx, c.Identity, password, host) }
		}},
		{"password change", "[Take FindAccount Release UpdateAccount]", func(w *world, _, c authtest.Account) func() error {
			return func() error {
				return w.Auth.ChangePassword(ctx, c.Identity, tollkeeper.PasswordChange{Current: password, New: "another horse 9", Client: host})
			}
		}},
		{"update-organization", "[FindAccount Session UpdateAccount]", func(w *world, p, _ authtest.Account) func() error {
			return func() error {
				_, err := w.Auth.UpdateOrganization(ctx, p.Identity, tollkeeper.OrganizationPatch{})
				return err
			}
		}},
		{"charge", "[ApplyCredit]", func(w *world, p, _ authtest.Account) func() error {
			return func() error { _, err := w.Auth.Host().Charge(ctx, p.ID, tollkeeper.OpSocial, "k"); return err }
		}},
		{"credit analysis", "[Balance ListCredits]", func(w *world, p, _ authtest.Account) func() error {
			return func() error { _, err := w.Auth.CreditAnalysis(ctx, p.Identity); return err }
		}},
		{"list children", "[ListAccounts Balance CountAccounts]", func(w *world, p, _ authtest.Account) func() error {
			return func() error { _, err := w.Auth.Accounts(ctx, p.Identity, tollkeeper.AccountQuery{}); return err }
		}},
	}
	for _, f := range flows {
		t.Run(f.name, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				do := f.do(w, p, w.child(p, "c@example.com"))
				w.Mails("")
				w.store.watch()
				w.ok(do())
				if got := fmt.Sprint(w.store.verbs()); got != f.want {
					t.Errorf("%s, want %s", got, f.want)
				}
			}, unlimited)
		})
	}
}

// R80: whatever fails, before or after any verb, nobody pays for a session that they did not get, twice for one that
// they did, or for an account that is not there.
func TestFaultsLeaveNoCharge(t *testing.T) {
	flows := map[string]func(w *world, p, c authtest.Account) error{
		"sign-in": func(w *world, _, c authtest.Account) error { _, err := w.try(c, password); return err },
		"sign-up": func(w *world, p, _ authtest.Account) error {
			_, err := w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "n@example.com", Password: password, Scope: tollkeeper.UnderKey(p.PublicKey)})
			return err
		},
		"code": func(w *world, _, c authtest.Account) error { _, err := w.verify(c, w.LastCode(c.Email)); return err },
	}
	verbs := []string{"Take", "FindAccount", "ConsumeSecret", "UpdateAccount", "CreateAccount", "CreateSession", "Release"}
	for name, do := range flows {
		for _, verb := range verbs {
			for _, when := range []string{"before", "after"} {
				t.Run(fmt.Sprintf("%s %s %s", name, when, verb), func(t *testing.T) {
					story(t, func(w *world) {
						p := w.parent("p@example.com")
						c := w.child(p, "c@example.com")
						w.mailCode(c)
						if when == "before" {
							w.store.faults(failing(verb), nil)
						} else {
							w.store.faults(nil, failing(verb))
						}
						before := w.Balance(p)
						err := do(w, p, c)
						if err != nil && codeOf(err) != "unavailable" {
							w.Fatalf("%v", err)
						}
						w.store.faults(nil, nil)
						after := w.Balance(p)
						if paid := before.Credits - after.Credits; err != nil && paid != 0 {
							w.charged(p, c, verb, when, paid, after)
						}
						if after.SignIns+5*after.SignUps != after.Used {
							t.Errorf("counters %+v", after)
						}
					}, unlimited)
				})
			}
		}
	}
}

// charged checks a charge of a request whose answer was lost: there must be a session or an account for it.
func (w *world) charged(p, c authtest.Account, verb, when string, paid int64, b tollkeeper.Balance) {
	w.Helper()
	sessions, err := w.store.Store.ListSessions(ctx, c.ID, store.Page{Limit: 100}, w.Now())
	w.ok(err)
	rows := w.Ledger(p)
	last := rows[len(rows)-1]
	switch {
	case when == "after" && verb == "CreateSession" && paid == 1 && last.Key == "session:"+sessions[len(sessions)-1].ID.String():
	case b.Children == 2 && paid == 5: // the account stands: signing in tells
	default:
		w.Errorf("%s %s: %d credits gone for nothing", when, verb, paid)
	}
}

// hung does not come back from what is done besides an answer.
type hung struct{ store.Store }

// What is done besides an answer, by the best effort, must not keep it for ever: it outlives the request's own deadline.
func TestSignInComesBackFromAStoreThatHangs(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		stuck := hung{w.store}
		auth := w.Another(authtest.WithStore(stuck), authtest.WithConfig(func(c *tollkeeper.Config) { c.Limits.Attempts = stuck })).Auth
		limited, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		before := time.Now()
		in := attempt(p, password)
		in.Client = from("10.0.0.1")
		_, err := auth.SignIn(limited, in)
		w.ok(err)
		if waited := time.Since(before); waited > 10*time.Second {
			t.Errorf("it came back after %v", waited)
		}
	})
}

func (hung) Release(ctx context.Context, _ store.Release, _ time.Time) error {
	<-ctx.Done()
	return ctx.Err()
}

func (hung) QueueMail(ctx context.Context, _ []store.QueuedMail) error {
	<-ctx.Done()
	return ctx.Err()
}
