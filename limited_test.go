package tollkeeper_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// ownBusiness is what everybody may do with their own account, once they are in.
var ownBusiness = map[string]func(w *world, by *tollkeeper.Identity) error{
	"read the profile": func(w *world, by *tollkeeper.Identity) error { return errOf(w.Auth.Profile(ctx, by)) },
	"change the username": func(w *world, by *tollkeeper.Identity) error {
		return w.rename(by, "someone_else")
	},
	"choose a password": func(w *world, by *tollkeeper.Identity) error {
		return w.Auth.ChangePassword(ctx, by, tollkeeper.PasswordChange{Current: "not it", New: "another horse 9"})
	},
	"have a link sent again": func(w *world, by *tollkeeper.Identity) error {
		return w.Auth.RequestOwnVerification(ctx, by, "", tollkeeper.Client{})
	},
	"change the address": func(w *world, by *tollkeeper.Identity) error {
		return w.Auth.RequestEmailChange(ctx, by, tollkeeper.EmailChange{Email: "new@example.com", Password: "not it"})
	},
	"prove who they are": func(w *world, by *tollkeeper.Identity) error {
		return w.Auth.Reauthenticate(ctx, by, tollkeeper.Confirmation{Password: "not it"})
	},
	"enrol a factor": func(w *world, by *tollkeeper.Identity) error {
		return errOf(w.Auth.EnrolFactor(ctx, by, tollkeeper.FactorEnrolment{Password: "not it"}))
	},
	"confirm a factor": func(w *world, by *tollkeeper.Identity) error {
		return errOf(w.Auth.ConfirmFactor(ctx, by, "123456", tollkeeper.Client{}))
	},
	"list factors": func(w *world, by *tollkeeper.Identity) error { return errOf(w.Auth.Factors(ctx, by)) },
	"remove a factor": func(w *world, by *tollkeeper.Identity) error {
		return w.Auth.RemoveFactor(ctx, by, tollkeeper.FactorRemoval{Password: "not it"})
	},
	"make recovery codes": func(w *world, by *tollkeeper.Identity) error {
		return errOf(w.Auth.NewRecoveryCodes(ctx, by, tollkeeper.FactorProof{Code: "123456"}))
	},
	"list identities": func(w *world, by *tollkeeper.Identity) error { return errOf(w.Auth.Identities(ctx, by)) },
	"remove an identity": func(w *world, by *tollkeeper.Identity) error {
		return w.Auth.RemoveIdentity(ctx, by, tollkeeper.IdentityRemoval{Password: "not it"})
	},
	"list sessions":      func(w *world, by *tollkeeper.Identity) error { return errOf(w.Auth.Sessions(ctx, by)) },
	"end a session":      func(w *world, by *tollkeeper.Identity) error { return w.Auth.EndSession(ctx, by, uuid.New()) },
	"end other sessions": func(w *world, by *tollkeeper.Identity) error { return w.Auth.EndOtherSessions(ctx, by) },
	"read the log": func(w *world, by *tollkeeper.Identity) error {
		return errOf(w.Auth.Events(ctx, by, tollkeeper.EventQuery{}))
	},
	"export": func(w *world, by *tollkeeper.Identity) error { return errOf(w.Auth.Export(ctx, by)) },
	"delete the account": func(w *world, by *tollkeeper.Identity) error {
		return w.Auth.DeleteAccount(ctx, by, "not it", tollkeeper.Client{})
	},
	"delete it by any proof": func(w *world, by *tollkeeper.Identity) error {
		return w.Auth.DeleteOwnAccount(ctx, by, tollkeeper.Confirmation{Password: "not it"})
	},
	"count recovery codes": func(w *world, by *tollkeeper.Identity) error { return errOf(w.Auth.RecoveryCodesLeft(ctx, by)) },
	"list accounts": func(w *world, by *tollkeeper.Identity) error {
		return errOf(w.Auth.Accounts(ctx, by, tollkeeper.AccountQuery{}))
	},
	"read the organization": func(w *world, by *tollkeeper.Identity) error { return errOf(w.Auth.Organization(ctx, by)) },
	"read the balance":      func(w *world, by *tollkeeper.Identity) error { return errOf(w.Auth.CreditAnalysis(ctx, by)) },
	"read the bills": func(w *world, by *tollkeeper.Identity) error {
		return errOf(w.Auth.BillingHistory(ctx, by, tollkeeper.BillingQuery{}))
	},
	"give a role": func(w *world, by *tollkeeper.Identity) error {
		return errOf(w.Auth.SetRole(ctx, by, tollkeeper.RoleChange{Email: "c@example.com", Role: "user"}))
	},
	"disable an account": func(w *world, by *tollkeeper.Identity) error {
		return w.Auth.SetStatus(ctx, by, uuid.New(), tollkeeper.StatusDisabled)
	},
	"read an account":   func(w *world, by *tollkeeper.Identity) error { return errOf(w.Auth.Account(ctx, by, by.Account)) },
	"reset factors":     func(w *world, by *tollkeeper.Identity) error { return w.Auth.ResetFactors(ctx, by, uuid.New()) },
	"unlock an account": func(w *world, by *tollkeeper.Identity) error { return w.Auth.Unlock(ctx, by, uuid.New()) },
	"make an account": func(w *world, by *tollkeeper.Identity) error {
		return errOf(w.Auth.CreateAccount(ctx, by, tollkeeper.AccountSpec{Email: "made@example.com"}))
	},
	"remove an account": func(w *world, by *tollkeeper.Identity) error { return w.Auth.RemoveAccount(ctx, by, uuid.New()) },
	"end all sessions":  func(w *world, by *tollkeeper.Identity) error { return w.Auth.EndSessions(ctx, by, by.Account) },
	"prove the mailbox": func(w *world, by *tollkeeper.Identity) error {
		w.ok(w.Auth.RequestVerification(ctx, tollkeeper.MailRequest{Email: by.Email, Scope: tollkeeper.Tenants}))
		r := tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(w.LastToken(by.Email, tollkeeper.MailVerify)), By: by}
		return errOf(w.Auth.VerifyEmail(ctx, r))
	},
	"rotate the key": func(w *world, by *tollkeeper.Identity) error { return errOf(w.Auth.RotateTenantKey(ctx, by)) },
	"change organization": func(w *world, by *tollkeeper.Identity) error {
		return errOf(w.Auth.UpdateOrganization(ctx, by, tollkeeper.OrganizationPatch{}))
	},
	"sign out": func(w *world, by *tollkeeper.Identity) error { return w.Auth.SignOut(ctx, by) },
}

// What a limited session is good for (SECURITY.md, Limited sessions): everything else is refused before it is looked at.
// An organization without its key may be read by whoever has seen the public key.
func TestALimitedSessionDoesOnlyWhatEndsItsLimitation(t *testing.T) {
	for limited, may := range map[tollkeeper.Limitation][]string{
		tollkeeper.LimitedPassword: {"choose a password", "sign out", "read the organization"},
		tollkeeper.LimitedUnverified: {"choose a password", "sign out", "read the profile", "have a link sent again", "change the address", "prove who they are",
			"prove the mailbox", "read the organization"},
		tollkeeper.LimitedSecondFactor: {
			"choose a password", "sign out", "read the profile", "prove who they are", "enrol a factor", "confirm a factor", "list factors",
			"prove the mailbox", "read the organization",
		},
	} {
		for name, do := range ownBusiness {
			t.Run(fmt.Sprintf("%s: %s", limited, name), func(t *testing.T) {
				story(t, func(w *world) {
					p := w.parent("p@example.com")
					by := *w.Identity(p.Token)
					by.Limited = limited
					err := do(w, &by)
					if refused := errors.Is(err, tollkeeper.ErrLimitedSession); refused == slices.Contains(may, name) {
						t.Errorf("%v", err)
					}
				}, unlimited)
			})
		}
	}
}

func TestIdleSessionsAreOver(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		for range 5 {
			w.Advance(50 * time.Minute)
			w.Identity(p.Token)
			time.Sleep(2 * time.Second) // the worker notes that it was used
		}
		refreshed, err := w.Auth.Refresh(ctx, tollkeeper.SecretText(p.Refresh), tollkeeper.Client{})
		w.ok(err)
		w.Advance(time.Hour)
		w.refuses("an idle session", p.Token)
		_, err = w.Auth.Refresh(ctx, refreshed.Refresh, tollkeeper.Client{})
		w.want(err, tollkeeper.ErrInvalidToken)
	}, unlimited, func(c *tollkeeper.Config) { c.Tokens.Idle, c.Refresh.Idle = time.Hour, 24*time.Hour })
}

// Tokens.NotBefore puts everyone out, also sessions that a restored backup brings back.
func TestSessionsFromBeforeAreOver(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.Advance(time.Minute)
		later := w.Another(authtest.WithConfig(func(c *tollkeeper.Config) { c.Tokens.NotBefore = w.Now() }))
		if _, err := later.Auth.Authenticate(ctx, tollkeeper.SecretText(p.Token)); !errors.Is(err, tollkeeper.ErrInvalidToken) {
			t.Errorf("a session from before: %v", err)
		}
		_, err := later.Auth.Refresh(ctx, tollkeeper.SecretText(p.Refresh), tollkeeper.Client{})
		w.want(err, tollkeeper.ErrInvalidToken)
		res := later.SignIn(p)
		later.Identity(string(res.Token))
	}, unlimited, func(c *tollkeeper.Config) { c.Refresh.Idle = time.Hour })
}

func TestOldestSessionsGiveWay(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com") // its own session is the first
		var tokens []string
		for range 3 {
			w.Advance(time.Second)
			tokens = append(tokens, string(w.signIn(p).Token))
		}
		w.refuses("the oldest", p.Token)
		for _, token := range tokens {
			w.Identity(token)
		}
	}, unlimited, func(c *tollkeeper.Config) { c.Tokens.Most = 3 })
}

// A process that remembers sessions for a while still sees at once what it ended itself.
func TestASessionThatGaveWayIsOverAtOnce(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.Identity(p.Token)
		w.Advance(time.Second)
		w.Identity(string(w.signIn(p).Token))
		w.refuses("the oldest", p.Token)
	}, unlimited, func(c *tollkeeper.Config) { c.Tokens.Most, c.Tokens.Staleness = 1, time.Minute })
}

// What is remembered of a session says when it was used at that time: one that is in use, here or in another process, is
// not idle.
func TestARememberedSessionInUseIsNotIdle(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		other := w.Another()
		other.Identity(p.Token)
		for range 12 {
			w.Advance(10 * time.Second)
			w.Identity(p.Token)
			time.Sleep(2 * time.Second) // the worker notes that it was used
		}
		other.Identity(p.Token)
		w.Advance(time.Minute)
		w.refuses("an idle session", p.Token)
	}, unlimited, func(c *tollkeeper.Config) { c.Tokens.Idle, c.Tokens.Staleness = time.Minute, 5*time.Minute })
}

// Phones change networks: a challenge is good from another one, and once.
func TestAChallengeServesOnceFromAnywhere(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.confirmed(p)
		f := w.EnrolFactor(p)
		in := attempt(p, password)
		in.Client = from("192.0.2.1")
		first, err := w.Auth.SignIn(ctx, in)
		w.ok(err)
		w.Advance(time.Minute)
		again := tollkeeper.FactorRequest{Challenge: first.Challenge, Code: tollkeeper.SecretText(w.FactorCode(f)), Client: tollkeeper.Client{Addr: netip.MustParseAddr("2001:db8::1")}}
		done, err := w.Auth.SignInWithFactor(ctx, again)
		w.ok(err)
		w.Identity(string(done.Token))
		again.Code = tollkeeper.SecretText(f.Recovery[0])
		_, err = w.Auth.SignInWithFactor(ctx, again)
		w.want(err, tollkeeper.ErrInvalidChallenge)
	}, unlimited)
}

// The second factor opens the lock of the network that the first one was proved on, wherever it is proved itself.
func TestASecondFactorFromAnotherNetworkClearsTheFirstOnesLock(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.confirmed(p)
		f := w.EnrolFactor(p)
		w.Advance(time.Minute)
		laptop := func(password tollkeeper.Password) (tollkeeper.SignInResult, error) {
			in := attempt(p, string(password))
			in.Client = from("192.0.2.1")
			return w.Auth.SignIn(ctx, in)
		}
		for range 4 {
			w.want(errOf(laptop("wrong")), tollkeeper.ErrInvalidCredentials)
		}
		first, err := laptop(password)
		w.ok(err)
		phone := from("198.51.100.1")
		w.ok(errOf(w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: first.Challenge, Code: tollkeeper.SecretText(w.FactorCode(f)), Client: phone})))
		w.want(errOf(laptop("wrong")), tollkeeper.ErrInvalidCredentials)
		w.ok(errOf(laptop(password)))
	}, unlimited)
}

// Two authenticators, each good for itself; with one gone the other stays.
func TestTwoAuthenticators(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.confirmed(p)
		phone := w.EnrolFactor(p)
		in := func(f authtest.Factor) (tollkeeper.SignInResult, error) {
			w.Helper()
			w.Advance(time.Minute)
			return w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: w.signIn(p).Challenge, Code: tollkeeper.SecretText(w.FactorCode(f))})
		}
		done, err := in(phone)
		w.ok(err)
		by := w.Identity(string(done.Token))
		e, err := w.Auth.EnrolFactor(ctx, by, tollkeeper.FactorEnrolment{Label: "Tablet"})
		w.ok(err)
		tablet := authtest.Factor{Seed: string(e.Seed)}
		recovery, err := w.Auth.ConfirmFactor(ctx, by, tollkeeper.SecretText(w.FactorCode(tablet)), tollkeeper.Client{})
		w.ok(err)
		if recovery != nil {
			t.Errorf("the recovery codes of the first factor were replaced")
		}
		list, err := w.Auth.Factors(ctx, by)
		w.ok(err)
		if len(list) != 2 || list[1].Label != "Tablet" {
			t.Fatalf("%+v", list)
		}
		for _, f := range []authtest.Factor{phone, tablet} {
			if done, err = in(f); err != nil {
				t.Fatal(err)
			}
		}
		by = w.Identity(string(done.Token))
		w.Advance(time.Minute)
		w.ok(w.Auth.RemoveFactor(ctx, by, tollkeeper.FactorRemoval{Factor: list[0].ID, Password: password, Code: tollkeeper.SecretText(w.FactorCode(tablet))}))
		_, err = in(phone)
		w.want(err, tollkeeper.ErrInvalidCode)
		_, err = in(tablet)
		w.ok(err)
	}, unlimited, func(c *tollkeeper.Config) { c.Limits.Factor = tollkeeper.Limit{Free: 1000, Window: time.Minute} })
}
