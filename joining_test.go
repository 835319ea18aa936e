package tollkeeper_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// newcomer is somebody whom nobody knows, at a scope.
type newcomer struct {
	*world
	email string
	where tollkeeper.Scope
}

func (n newcomer) ask(kind tollkeeper.MailKind, from tollkeeper.Client) {
	n.Helper()
	r := tollkeeper.MailRequest{Email: n.email, Scope: n.where, SignUp: true, WithCode: true, Audience: tollkeeper.AudienceApp, Client: from}
	if kind == tollkeeper.MailSignInCode {
		n.ok(n.Auth.RequestCode(ctx, r))
	} else {
		n.ok(n.Auth.RequestLink(ctx, r))
	}
}

func (n newcomer) byCode(code string, from tollkeeper.Client) (tollkeeper.SignInResult, error) {
	return n.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{
		Email: n.email, Code: tollkeeper.SecretText(code), SignUp: true, Scope: n.where, Audience: tollkeeper.AudienceApp, Client: from,
	})
}

func (n newcomer) byLink(token string) (tollkeeper.SignInResult, error) {
	return n.Auth.SignInWithLink(ctx, tollkeeper.LinkRequest{Token: tollkeeper.SecretText(token), Scope: n.where, Audience: tollkeeper.AudienceApp, Client: home})
}

// Whoever has a mailbox signs up by what is mailed there: proven, without a password, once.
func TestSignUpByMail(t *testing.T) {
	for _, way := range []string{"link", "code", "code beside a link"} {
		t.Run(way, func(t *testing.T) {
			story(t, func(w *world) {
				n := newcomer{w, "New.Comer@example.com", tollkeeper.Scope{}}
				kind := tollkeeper.MailSignInLink
				if way == "code" {
					kind = tollkeeper.MailSignInCode
				}
				n.ask(kind, home)
				m := w.LastMail(n.email, kind)
				if found := sixDigits.FindAllString(string(m.Text), -1); m.To != n.email || len(found) != 1 || !contains(string(m.Text), "finish signing up") {
					t.Errorf("to %s: %s", m.To, m.Text)
				}
				prove := func() (tollkeeper.SignInResult, error) { return n.byCode(w.LastCode(n.email), home) }
				if way == "link" {
					token := w.LastToken(n.email)
					prove = func() (tollkeeper.SignInResult, error) { return n.byLink(token) }
					shown, err := w.Auth.SignInLink(ctx, tollkeeper.LinkRequest{Token: tollkeeper.SecretText(token)})
					if w.ok(err); shown != (tollkeeper.MailedLink{Email: n.email, SignUp: true}) {
						t.Errorf("shown %+v", shown)
					}
				}
				if _, err := w.Auth.Host().FindByEmail(ctx, n.where, n.email); codeOf(err) != "not_found" {
					t.Errorf("before the proof: %v", err)
				}
				res, err := prove()
				w.ok(err)
				x := res.Subject.Account
				if res.Token == "" || res.Limited != "" || x.Email != n.email || x.Password != "" || x.EmailProvenAt.IsZero() || x.EmailVerifiedAt.IsZero() || !x.PasswordChangedAt.IsZero() {
					t.Errorf("%+v", res)
				}
				if by := w.Identity(string(res.Token)); by.Account != x.ID || !by.Proven {
					t.Errorf("%+v", by)
				}
				method := way[:4]
				for _, e := range []tollkeeper.Event{last(w, tollkeeper.EventSignUp), last(w, tollkeeper.EventSignIn)} {
					if e.Method != method || e.Account != x.ID || e.Audience != tollkeeper.AudienceApp || e.Network == "" {
						t.Errorf("%+v", e)
					}
				}
				want := tollkeeper.ErrInvalidCredentials
				if method == "link" {
					want = tollkeeper.ErrLinkUsed
				}
				w.want(errOf(prove()), want)
				w.ok(w.Auth.Host().DeleteAccount(ctx, x.ID))
				w.want(errOf(prove()), want) // nor does it make the account again
				if _, err := w.Auth.Host().FindByEmail(ctx, n.where, n.email); codeOf(err) != "not_found" {
					t.Errorf("made again: %v", err)
				}
			}, unlimited, verifiedOnly)
		})
	}
}

func verifiedOnly(c *tollkeeper.Config) { c.Accounts.RequireVerified = true }

func last(w *world, name tollkeeper.EventName) tollkeeper.Event {
	w.Helper()
	list := w.Events(name)
	if len(list) == 0 {
		w.Fatalf("no %s", name)
	}
	return list[len(list)-1]
}

// Without the word of the request, or where sign-up is closed, nobody is mailed and nothing serves; the answers stay.
func TestNobodySignsUpByMailWhereItIsClosed(t *testing.T) {
	closed := func(c *tollkeeper.Config) { c.Accounts.SignUp.App = tollkeeper.SignUpClosed }
	story(t, func(w *world) {
		n := newcomer{w, "n@example.com", tollkeeper.Scope{}}
		for _, kind := range []tollkeeper.MailKind{tollkeeper.MailSignInCode, tollkeeper.MailSignInLink} {
			n.ask(kind, home)
		}
		w.want(errOf(n.byCode("000000", home)), tollkeeper.ErrInvalidCredentials)
		if mails := w.Mails(n.email); len(mails) != 0 {
			t.Errorf("%d mails", len(mails))
		}
	}, unlimited, closed)
	story(t, func(w *world) {
		n := newcomer{w, "n@example.com", tollkeeper.Scope{}}
		w.ok(w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: n.email, Client: home}))
		w.ok(w.Auth.RequestLink(ctx, tollkeeper.MailRequest{Email: n.email, WithCode: true, Client: home}))
		if mails := w.Mails(n.email); len(mails) != 0 {
			t.Errorf("%d mails", len(mails))
		}
		n.ask(tollkeeper.MailSignInCode, home)
		code := w.LastCode(n.email)
		w.want(errOf(w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: n.email, Code: tollkeeper.SecretText(code), Client: home})), tollkeeper.ErrInvalidCredentials)
		w.ok(errOf(n.byCode(code, home)))
	}, unlimited)
}

// What closes between mail and press closes the press, and takes nothing away.
func TestWhatIsMailedIsNoPromise(t *testing.T) {
	story(t, func(w *world) {
		n := newcomer{w, "n@example.com", tollkeeper.Scope{}}
		n.ask(tollkeeper.MailSignInLink, home)
		r := tollkeeper.LinkRequest{Token: tollkeeper.SecretText(w.LastToken(n.email)), Client: home}
		shut := w.Another(authtest.WithConfig(func(c *tollkeeper.Config) { c.Accounts.SignUp.App = tollkeeper.SignUpClosed }))
		_, err := shut.Auth.SignInWithLink(ctx, r)
		w.want(err, tollkeeper.ErrSignUpClosed)
		w.ok(errOf(w.Auth.SignInWithLink(ctx, r)))
	}, unlimited)
	t.Run("too late", func(t *testing.T) {
		story(t, func(w *world) {
			n := newcomer{w, "n@example.com", tollkeeper.Scope{}}
			n.ask(tollkeeper.MailSignInLink, home)
			token, code := w.LastToken(n.email), w.LastCode(n.email)
			w.Advance(tollkeeper.CodeTTL)
			w.want(errOf(n.byCode(code, home)), tollkeeper.ErrInvalidCredentials)
			w.Advance(tollkeeper.SignInLinkTTL - tollkeeper.CodeTTL)
			w.want(errOf(n.byLink(token)), tollkeeper.ErrLinkExpired)
		}, unlimited)
	})
	t.Run("somebody was faster", func(t *testing.T) {
		story(t, func(w *world) {
			n := newcomer{w, "n@example.com", tollkeeper.Scope{}}
			n.ask(tollkeeper.MailSignInLink, home)
			token, code := w.LastToken(n.email), w.LastCode(n.email)
			w.user(n.email)
			w.store.watch()
			w.want(errOf(n.byCode(code, home)), tollkeeper.ErrInvalidCredentials)
			if verbs := w.store.verbs(); slices.Contains(verbs, "CreateAccount") {
				t.Error(verbs)
			}
			w.want(errOf(n.byLink(token)), tollkeeper.ErrLinkUsed)
			w.want(errOf(w.Auth.SignInLink(ctx, tollkeeper.LinkRequest{Token: tollkeeper.SecretText(token)})), tollkeeper.ErrLinkUsed)
		}, unlimited)
	})
	t.Run("elsewhere", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			n := newcomer{w, "n@example.com", tollkeeper.UnderKey(p.PublicKey)}
			n.ask(tollkeeper.MailSignInLink, home)
			token, code := w.LastToken(n.email), w.LastCode(n.email)
			for _, where := range []tollkeeper.Scope{{}, tollkeeper.Tenants, tollkeeper.UnderKey(w.parent("q@example.com").PublicKey)} {
				w.want(errOf(newcomer{w, n.email, where}.byLink(token)), tollkeeper.ErrInvalidLink)
				w.want(errOf(newcomer{w, n.email, where}.byCode(code, home)), tollkeeper.ErrInvalidCredentials)
			}
			w.want(errOf(newcomer{w, "other@example.com", n.where}.byCode(code, home)), tollkeeper.ErrInvalidCredentials)
			w.ok(errOf(newcomer{w, n.email, tollkeeper.Under(p.ID)}.byLink(token)))
		}, unlimited)
	})
}

// A link that is pressed by many hands at once makes one account and one session; so does a code.
func TestSignUpByMailRaces(t *testing.T) {
	for _, way := range []string{"link", "code"} {
		t.Run(way, func(t *testing.T) {
			story(t, func(w *world) {
				n := newcomer{w, "n@example.com", tollkeeper.Scope{}}
				n.ask(tollkeeper.MailSignInLink, home)
				token, code := w.LastToken(n.email), w.LastCode(n.email)
				got := tally(atOnce(50, func(int) error {
					if way == "link" {
						return errOf(n.byLink(token))
					}
					return errOf(n.byCode(code, home))
				}))
				if got["ok"] != 1 || got["link_used"]+got["invalid_credentials"] != 49 {
					t.Error(got)
				}
				if n := len(w.Events(tollkeeper.EventSignIn)); n != 1 {
					t.Errorf("%d sessions", n)
				}
			}, unlimited)
		})
	}
}

// R15, N06: asking and wrong codes take the same steps and get the same answers for known and unknown addresses.
func TestSignUpByMailTellsNothing(t *testing.T) {
	story(t, func(w *world) {
		w.confirmed(w.user("known@example.com"))
		seen := map[string]string{}
		for _, email := range []string{"known@example.com", "nobody@example.com"} {
			n := newcomer{w, email, tollkeeper.Scope{}}
			for i := range 8 {
				w.store.watch()
				n.ask([]tollkeeper.MailKind{tollkeeper.MailSignInCode, tollkeeper.MailSignInLink}[i%2], home)
				seen[email] += fmt.Sprintln("asked", w.store.verbs())
			}
			w.Mails(email)
			for i := range 12 {
				w.store.watch()
				err := errOf(n.byCode(not(w.LastCode(email)), []tollkeeper.Client{home, from("203.0.113.9")}[i%2]))
				seen[email] += fmt.Sprintln(codeOf(err), retryAfter(err), w.store.verbs())
			}
		}
		if seen["known@example.com"] != seen["nobody@example.com"] {
			t.Errorf("known:\n%s\nnobody:\n%s", seen["known@example.com"], seen["nobody@example.com"])
		}
		if a, b := len(w.Mails("known@example.com", tollkeeper.MailSignInCode, tollkeeper.MailSignInLink)), len(w.Mails("nobody@example.com")); a != b || a != 3 {
			t.Errorf("%d and %d mails", a, b)
		}
	}, func(c *tollkeeper.Config) {
		unlimited(c)
		c.Limits.CodeAddress = []tollkeeper.Limit{tollkeeper.Rate(3, time.Hour)}
	})
}

// A newcomer is a sign-up as any other: behind its rate and its hook, and paid for by the parent, once.
func TestSignUpByMailIsASignUp(t *testing.T) {
	var asked []string
	refuse := false
	hook := func(c *tollkeeper.Config) {
		c.Hooks.BeforeSignUp = func(_ context.Context, a *tollkeeper.SignUpAttempt) error {
			if a.Method == "sign-up" {
				return nil
			}
			if asked = append(asked, a.Method+" "+a.Email+a.Captcha); refuse {
				return tollkeeper.ErrRefused.WithMessage("Not today")
			}
			a.Starts.Name, a.Starts.Metadata = "Called", []byte(`{"plan":"free"}`)
			return nil
		}
	}
	for _, way := range []string{"link", "code"} {
		t.Run(way, func(t *testing.T) {
			asked, refuse = nil, true
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				n := newcomer{w, "n@example.com", tollkeeper.UnderKey(p.PublicKey)}
				n.ask(tollkeeper.MailSignInLink, home)
				token, code := w.LastToken(n.email), w.LastCode(n.email)
				prove := func() (tollkeeper.SignInResult, error) {
					if way == "link" {
						return n.byLink(token)
					}
					return n.byCode(code, home)
				}
				before := w.Balance(p)
				for range 6 { // what the host refuses is no wrong code
					w.want(errOf(prove()), tollkeeper.ErrRefused)
				}
				asked, refuse = asked[5:], false
				res, err := prove()
				w.ok(err)
				if x := res.Subject.Account; x.Name != "Called" || string(x.Metadata) != `{"plan":"free"}` || x.Parent != p.ID || fmt.Sprint(asked) != fmt.Sprintf("[%[1]s n@example.com %[1]s n@example.com]", way) {
					t.Errorf("%+v, asked %v", x, asked)
				}
				after := w.Balance(p)
				if before.Credits-after.Credits != 5 || after.SignUps != before.SignUps+1 || after.SignIns != before.SignIns {
					t.Errorf("%+v, then %+v", before, after)
				}
			}, unlimited, hook)
		})
	}
	t.Run("its rate", func(t *testing.T) {
		story(t, func(w *world) {
			var err error
			for i := range 3 {
				n := newcomer{w, fmt.Sprintf("n%d@example.com", i), tollkeeper.Scope{}}
				n.ask(tollkeeper.MailSignInLink, home)
				_, err = n.byLink(w.LastToken(n.email))
			}
			w.want(err, tollkeeper.ErrRateLimited)
		}, unlimited, func(c *tollkeeper.Config) { c.Limits.SignUp = []tollkeeper.Limit{tollkeeper.Rate(2, time.Hour)} })
	})
	t.Run("a tenant", func(t *testing.T) {
		story(t, func(w *world) {
			n := newcomer{w, "n@example.com", tollkeeper.Tenants}
			n.ask(tollkeeper.MailSignInLink, home)
			res, err := n.byLink(w.LastToken(n.email))
			w.ok(err)
			b, err := w.Auth.CreditAnalysis(ctx, w.Identity(string(res.Token)))
			if w.ok(err); b.Balance.Credits == 0 || res.Subject.Child() {
				t.Errorf("%+v", b)
			}
		}, unlimited)
	})
}

// Whatever the store is given, no code, no link and no address in a URL stands in it.
func TestWhatIsMailedToNewcomersStaysInTheMail(t *testing.T) {
	story(t, func(w *world) {
		n := newcomer{w, "n@example.com", tollkeeper.Scope{}}
		n.ask(tollkeeper.MailSignInLink, home)
		for _, secret := range []string{w.LastCode(n.email), w.LastToken(n.email)} {
			if w.store.saw(secret) {
				t.Errorf("the store was given %q", secret)
			}
		}
		m, err := w.store.Store.ClaimMail(ctx, 1, time.Hour, w.Now().Add(time.Hour))
		if w.ok(err); len(m) != 0 {
			t.Errorf("%+v", m)
		}
		if _, err := w.store.Store.FindAccount(ctx, store.Lookup{Email: n.email}); err == nil {
			t.Error("there is an account")
		}
	}, unlimited)
}

// Where attempts are counted in another store, marks are there, and a sign-up by mail is as good.
func TestSignUpByMailWithAttemptsElsewhere(t *testing.T) {
	for _, way := range []string{"link", "code"} {
		story(t, func(w *world) {
			n := newcomer{w, "n@example.com", tollkeeper.Scope{}}
			n.ask(tollkeeper.MailSignInLink, home)
			prove := func() error { return errOf(n.byLink(w.LastToken(n.email))) }
			if way == "code" {
				prove = func() error { return errOf(n.byCode(w.LastCode(n.email), home)) }
			}
			w.ok(prove())
			x, err := w.Auth.Host().FindByEmail(ctx, n.where, n.email)
			w.ok(err)
			w.ok(w.Auth.Host().DeleteAccount(ctx, x.Account.ID))
			if err := prove(); err == nil {
				t.Errorf("the %s serves twice", way)
			}
		}, unlimited, func(c *tollkeeper.Config) { c.Limits.Attempts = memory.New() })
	}
}
