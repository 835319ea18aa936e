package tollkeeper_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// Whatever stops a sign-in but a wrong proof is in the log: whose, where, from which network and why.
func TestWhatStopsASignInIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		stop    func(w *world, p, c authtest.Account)
		want    *tollkeeper.Error
		unnamed bool // a throttle knows nobody
	}{
		"the lock": {func(w *world, _, c authtest.Account) { w.fails(c, 5, at("192.0.2.1")) }, tollkeeper.ErrLocked, true},
		"a rate": {func(w *world, p, _ authtest.Account) {
			for range 7 {
				w.ok(w.guess(p, password, "192.0.2.1"))
			}
		}, tollkeeper.ErrRateLimited, true},
		"no credits": {func(w *world, p, _ authtest.Account) { w.drain(p) }, tollkeeper.ErrInsufficientCredits, false},
		"an account at rest": {func(w *world, p, c authtest.Account) {
			w.ok(w.Auth.SetStatus(ctx, p.Identity, c.ID, tollkeeper.StatusDisabled))
		}, tollkeeper.ErrInactive, false},
		"a deletion meanwhile": {func(w *world, p, c authtest.Account) {
			w.store.faults(func(verb string) error {
				if verb == "CreateSession" {
					return w.store.Store.DeleteAccount(ctx, store.Deletion{Scope: p.ID, ID: c.ID}, w.Now())
				}
				return nil
			}, nil)
		}, tollkeeper.ErrAccountGone, false},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				x := w.child(p, "c@example.com")
				w.Advance(time.Hour)
				c.stop(w, p, x)
				r := attempt(x, password)
				r.Client = from("192.0.2.1")
				_, err := w.Auth.SignIn(ctx, r)
				w.want(err, c.want)
				told := w.Events(tollkeeper.EventSignInRefused)
				e := told[len(told)-1]
				if e.Code != c.want.Code || e.Audience != tollkeeper.AudienceOrganization || e.Network != "192.0.2.1/32" || (e.Account == x.ID) == c.unnamed {
					t.Errorf("%+v", e)
				}
			}, func(c *tollkeeper.Config) {
				c.Limits.SignIn = map[tollkeeper.Audience][]tollkeeper.Limit{tollkeeper.AudienceOrganization: {tollkeeper.Rate(7, time.Minute)}}
			})
		})
	}
}

// A right password that nobody pays for is no failure: it forgets those before it.
func TestARightPasswordWithoutCreditsForgetsFailures(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		w.drain(p)
		for range 3 {
			w.fails(c, 4, at("192.0.2.1"))
			w.want(w.guess(c, password, "192.0.2.1"), tollkeeper.ErrInsufficientCredits)
		}
	}, unlimited)
}

// A hash that was made anew is in the log. What keeps it from being written is told to the host, and keeps nobody out;
// that another change was quicker is no news.
func TestAHashMadeAnewIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		fault error
		told  int
		log   string
	}{
		"written":           {nil, 1, ""},
		"the store is away": {errDriver, 0, "password hash not renewed"},
		"changed meanwhile": {store.Conflict{}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				again := w.Another(authtest.WithConfig(func(c *tollkeeper.Config) {
					c.Passwords.Hash.Time = 2
					c.Logger = slog.New(slog.NewTextHandler(&log, nil))
				}))
				w.store.faults(func(verb string) error {
					if verb == "UpdateAccount" {
						return c.fault
					}
					return nil
				}, nil)
				for range 2 {
					_, err := again.Auth.SignIn(ctx, attempt(p, password))
					w.ok(err)
				}
				w.store.faults(nil, nil)
				synctest.Wait() // the log is the worker's, too
				told := again.Events(tollkeeper.EventPasswordRehashed)
				if len(told) != c.told || len(told) > 0 && told[0].Account != p.ID {
					t.Errorf("%+v", told)
				}
				if strings.Contains(log.String(), "not renewed") != (c.log != "") || !strings.Contains(log.String(), c.log) {
					t.Errorf("the log says %q", log.String())
				}
				w.signIn(p)
			}, unlimited)
		})
	}
}

// A store that cannot make the session costs no try, wherever attempts are counted, and a right password forgets the
// wrong ones before it there, too.
func TestAttemptsAreSettledWhereverTheyAreCounted(t *testing.T) {
	for name, elsewhere := range map[string]func(c *tollkeeper.Config){
		"in the store":   func(*tollkeeper.Config) {},
		"in another one": func(c *tollkeeper.Config) { c.Limits.Attempts = memory.New() },
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				w.store.faults(failing("CreateSession"), nil)
				for range 7 {
					w.want(w.guess(p, password, "192.0.2.1"), tollkeeper.ErrUnavailable)
				}
				w.store.faults(nil, nil)
				if told := w.Events(tollkeeper.EventSignInRefused); len(told) != 0 {
					t.Errorf("the account refuses nothing: %+v", told)
				}
				for range 3 {
					w.fails(p, 4, at("192.0.2.1"))
					w.ok(w.guess(p, password, "192.0.2.1"))
				}
				w.fails(p, 4, at("192.0.2.1"))
				w.store.faults(failing("CreateSession"), nil)
				w.want(w.guess(p, password, "192.0.2.1"), tollkeeper.ErrUnavailable)
				w.store.faults(nil, nil)
				w.fails(p, 1, at("192.0.2.1"))
				w.want(w.guess(p, password, "192.0.2.1"), tollkeeper.ErrLocked)
			}, unlimited, elsewhere)
		})
	}
}

// Where the master key of a tenant is not configured, its right passwords cost no try.
func TestAMissingMasterKeyCostsNoTry(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		other := w.Another(authtest.WithConfig(func(c *tollkeeper.Config) { c.Secrets = []tollkeeper.MasterKey{tollkeeper.NewMasterKey()} }))
		for range 7 {
			if _, err := other.Auth.SignIn(ctx, attempt(p, password)); codeOf(err) != "internal" {
				t.Fatal(err)
			}
		}
	}, unlimited)
}

// An issuer's word opens what wrong passwords closed in its scope.
func TestAnIssuersWordOpensItsScope(t *testing.T) {
	story(t, func(w *world) {
		h := hijacked(w)
		w.confirmed(h.account)
		w.Advance(time.Minute)
		w.fails(h.account, 5, at("192.0.2.1"))
		w.want(w.guess(h.account, password, "192.0.2.1"), tollkeeper.ErrLocked)
		w.ok(errOf(w.Auth.SignInWithIDToken(ctx, tollkeeper.IDTokenRequest{
			Issuer: "https://other.example", IDToken: "owner", Scope: keyed(h.account), Client: home,
		})))
		w.ok(w.guess(h.account, password, "192.0.2.1"))
	}, unlimited, withIssuers, often)
}

// A sign-in from a network that is new is told by mail; from nowhere there is nothing to tell.
func TestANewNetworkIsTold(t *testing.T) {
	for name, account := range map[string]func(w *world) authtest.Account{
		"a child":                    func(w *world) authtest.Account { return w.child(w.parent("p@example.com"), "c@example.com") },
		"one of the app's own users": func(w *world) authtest.Account { return w.user("c@example.com") },
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				a := account(w)
				w.confirmed(a)
				in := func(c tollkeeper.Client) int {
					w.Advance(time.Hour)
					before := len(w.Mails(a.Email, tollkeeper.MailNotice))
					w.ok(errOf(w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: a.Email, Password: password, Scope: a.Scope(), Client: c})))
					return len(w.Mails(a.Email, tollkeeper.MailNotice)) - before
				}
				in(home)
				if a, b, c := in(from("192.0.2.1")), in(from("192.0.2.1")), in(tollkeeper.Client{}); a != 1 || b != 0 || c != 0 {
					t.Errorf("%d notices of a new network, %d of a known one, %d of none", a, b, c)
				}
			}, unlimited, often)
		})
	}
}

// Where a host has it so, the organization's family hears that nobody has the address. A wrong password of somebody is
// what it is, and the other families hear nothing.
func TestDiscloseUnknown(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		for _, c := range []struct {
			email    string
			audience tollkeeper.Audience
			want     error
		}{
			{"nobody@example.com", tollkeeper.AudienceOrganization, tollkeeper.ErrAccountGone},
			{"no address", tollkeeper.AudienceOrganization, tollkeeper.ErrAccountGone},
			{p.Email, tollkeeper.AudienceOrganization, tollkeeper.ErrInvalidCredentials},
			{"nobody@example.com", tollkeeper.AudienceHost, tollkeeper.ErrInvalidCredentials},
		} {
			_, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: c.email, Password: "wrong", Scope: tollkeeper.Tenants, Audience: c.audience})
			w.want(err, c.want)
		}
	}, unlimited, func(c *tollkeeper.Config) { c.Accounts.DiscloseUnknown = true })
}

// Who is not let in has no hash made anew, however right the password is.
func TestNobodyWhoIsShutOutHasAHashMadeAnew(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.ok(w.Auth.Host().SetStatus(ctx, p.ID, tollkeeper.StatusDisabled))
		again := w.Another(authtest.WithConfig(func(c *tollkeeper.Config) { c.Passwords.Hash.Time = 2 }))
		_, err := again.Auth.SignIn(ctx, attempt(p, password))
		w.want(err, tollkeeper.ErrInactive)
		if told := again.Events(tollkeeper.EventPasswordRehashed); len(told) != 0 {
			t.Errorf("%+v", told)
		}
	}, unlimited)
}

// Where there is no time left to make a hash anew, the old one stays.
func TestAHashThatIsNotMadeLeavesTheOldOne(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		again := w.Another(authtest.WithConfig(func(c *tollkeeper.Config) { c.Passwords.Hash.Time = 2 }))
		leaving, leave := context.WithCancel(ctx)
		w.store.faults(nil, func(verb string) error {
			if verb == "CreateSession" {
				leave()
			}
			return nil
		})
		w.store.watch()
		_, err := again.Auth.SignIn(leaving, attempt(p, password))
		w.ok(err)
		w.store.faults(nil, nil)
		if verbs := w.store.verbs(); slices.Contains(verbs, "UpdateAccount") {
			t.Errorf("%v", verbs)
		}
		w.signIn(p)
	}, unlimited)
}
