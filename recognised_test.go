package tollkeeper_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// A network that a mailed code came from is recognised for a month: strangers who fail elsewhere do not shut it out.
func TestACodesNetworkIsRecognisedForAMonth(t *testing.T) {
	story(t, func(w *world) {
		c := w.child(w.parent("p@example.com"), "c@example.com")
		w.confirmed(c)
		w.Advance(time.Hour)
		w.ok(w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: c.Email, Scope: keyed(c), Client: home}))
		_, err := w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: c.Email, Code: tollkeeper.SecretText(w.LastCode(c.Email)), Scope: keyed(c), Client: home})
		w.ok(err)
		w.Advance(30 * 24 * time.Hour)
		w.fails(c, 30, farAway)
		w.want(w.guess(c, password, "192.0.2.1"), tollkeeper.ErrLocked)
		w.ok(w.guess(c, password, home.Addr.String()))
	}, unlimited)
}

// The first 256 bytes of a device count, and the first 254 of what is no name: nobody has the memory grow by longer ones.
func TestLongNamesCountByTheirBeginning(t *testing.T) {
	long := func(n int, end string) string { return strings.Repeat("d", n) + end }
	for n, known := range map[int]bool{256: true, 255: false} {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			r := attempt(p, password)
			r.Client = tollkeeper.Client{Device: long(n, "x")}
			w.ok(errOf(w.Auth.SignIn(ctx, r)))
			w.fails(p, 30, farAway)
			r.Client.Device = long(n, "y")
			if _, err := w.Auth.SignIn(ctx, r); (err == nil) != known {
				t.Errorf("another end after %d bytes: %v", n, err)
			}
		}, unlimited)
	}
	for n, same := range map[int]bool{254: true, 253: false} {
		for what, ask := range map[string]func(r *tollkeeper.SignInRequest, name string){
			"email":    func(r *tollkeeper.SignInRequest, name string) { r.Email = name },
			"username": func(r *tollkeeper.SignInRequest, name string) { r.Username = name },
		} {
			story(t, func(w *world) {
				var err error
				for i := range 6 {
					r := tollkeeper.SignInRequest{Password: "wrong", Client: home}
					ask(&r, long(n, string(rune('a'+i))))
					_, err = w.Auth.SignIn(ctx, r)
				}
				if (codeOf(err) == "locked") != same {
					t.Errorf("%s that differs after %d bytes: %v", what, n, err)
				}
			}, unlimited)
		}
	}
}

// Who asked for a code without an address is known by the device: strangers who guess at codes do not shut it out.
func TestADeviceThatAskedMayTry(t *testing.T) {
	story(t, func(w *world) {
		c := w.child(w.parent("p@example.com"), "c@example.com")
		try := func(code, device string) error {
			return errOf(w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{
				Email: c.Email, Code: tollkeeper.SecretText(code), Scope: keyed(c), Client: tollkeeper.Client{Device: device},
			}))
		}
		w.ok(w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: c.Email, Scope: keyed(c), Client: tollkeeper.Client{Device: "laptop"}}))
		code := w.LastCode(c.Email)
		for range 3 {
			w.want(try("000000", ""), tollkeeper.ErrInvalidCredentials)
		}
		w.want(try(code, "another"), tollkeeper.ErrRateLimited)
		w.ok(try(code, "laptop"))
	}, unlimited, func(c *tollkeeper.Config) { c.Limits.CodeTries = tollkeeper.Limit{Free: 3, Window: time.Hour} })
}

// What a reset opens stays open for as long as the failures before it are remembered.
func TestAPardonOutlastsWhatItPardons(t *testing.T) {
	const days = 24 * time.Hour
	ceiling := tollkeeper.Limit{Free: 4, Window: 3 * days}
	for name, limit := range map[string]func(l *tollkeeper.Limits){
		"of the lock": func(l *tollkeeper.Limits) {
			l.Lock = tollkeeper.Limit{Free: 4, Base: time.Minute, Max: time.Minute, Window: 3 * days}
		},
		"of the account": func(l *tollkeeper.Limits) { l.AccountCeiling = ceiling },
		"of the address": func(l *tollkeeper.Limits) { l.EmailCeiling = ceiling },
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				c := w.child(w.parent("p@example.com"), "c@example.com")
				w.fails(c, 4, at("192.0.2.1"))
				w.want(w.guess(c, password, "192.0.2.1"), tollkeeper.ErrLocked)
				w.resetFrom(c, home.Addr.String())
				w.Advance(2 * days)
				w.fails(c, 1, at("192.0.2.1"))
				w.ok(w.guess(c, fresh, "192.0.2.1"))
			}, unlimited, func(c *tollkeeper.Config) { limit(&c.Limits) })
		})
	}
}

// An address that has another owner by now is counted as its own: who was recognised by the one before is no more than
// a stranger, whose right passwords hold no place and forget wrong ones.
func TestANewOwnerOfAnAddressIsCountedAnew(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		old := w.child(p, "c@example.com")
		w.ok(w.guess(old, password, home.Addr.String()))
		w.ok(w.Auth.Host().DeleteAccount(ctx, old.ID))
		c := w.child(p, "c@example.com")
		for range 30 {
			w.fails(c, 4, at(home.Addr.String()))
			w.ok(w.guess(c, password, home.Addr.String()))
		}
	}, unlimited, func(c *tollkeeper.Config) {
		many := tollkeeper.Limit{Free: 10_000, Window: time.Hour}
		c.Limits.AccountCeiling, c.Limits.EmailCeiling, c.Limits.PairCeiling = many, many, many
	})
}

// A mailbox that is proven in a house opens nothing of a tenant with the same address.
func TestAProofInTheHouseOpensNoTenant(t *testing.T) {
	story(t, func(w *world) {
		p, u := w.parent("same@example.com"), w.user("same@example.com")
		w.fails(p, 5, at("192.0.2.1"))
		w.want(w.guess(p, password, "192.0.2.1"), tollkeeper.ErrLocked)
		mine := func(a authtest.Account) tollkeeper.MailRequest {
			return tollkeeper.MailRequest{Email: a.Email, Scope: tollkeeper.Scope{}, Client: home}
		}
		w.ok(w.Auth.RequestReset(ctx, mine(u)))
		_, err := w.Auth.ResetPassword(ctx, tollkeeper.ResetRequest{
			Token: tollkeeper.SecretText(w.LastToken(u.Email, tollkeeper.MailReset)), Password: fresh, Client: home,
		})
		w.ok(err)
		w.want(w.guess(p, password, "192.0.2.1"), tollkeeper.ErrLocked)
	}, unlimited)
}

// One of the app's own users whom a host names by the id of the house is recognised by that way, too.
func TestAUserByTheIdOfTheHouseIsRecognised(t *testing.T) {
	story(t, func(w *world) {
		u := w.user("u@example.com")
		s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: u.ID})
		w.ok(err)
		guess := func(secret tollkeeper.Password, address string) error {
			return errOf(w.Auth.SignIn(ctx, tollkeeper.SignInRequest{
				Email: u.Email, Password: secret, Scope: tollkeeper.Under(s.Account.Parent), Client: from(address),
			}))
		}
		w.ok(guess(password, home.Addr.String()))
		for i := range 30 {
			_ = guess("wrong", farAway(i))
		}
		w.want(guess(password, "192.0.2.1"), tollkeeper.ErrLocked)
		w.ok(guess(password, home.Addr.String()))
	}, unlimited)
}
