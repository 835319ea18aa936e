package tollkeeper_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// looked counts the guesses that came as far as a hash, a second apart; between is done after each.
func (w *world) looked(n int, guess func(i int) error, between func(i int)) (looked int) {
	w.Helper()
	for i := range n {
		if errors.Is(guess(i), tollkeeper.ErrInvalidCredentials) {
			looked++
		}
		w.Advance(time.Second)
		between(i)
	}
	return looked
}

// Whoever rules a tenant rules a child with anybody's address, or username. Their word about it, and its own proofs,
// open nothing of the account that has the name elsewhere.
func TestTheWordOfAnotherTenantOpensNothing(t *testing.T) {
	for name, c := range map[string]struct {
		victim func(w *world) authtest.Account
		guess  func(w *world, victim, own authtest.Account, i int) error
		word   func(w *world, own, child authtest.Account)
		most   int
	}{
		"of a parent, from one network": {
			func(w *world) authtest.Account { return w.parent("victim@home.example") },
			func(w *world, victim, _ authtest.Account, _ int) error {
				return w.guess(victim, "wrong", "203.0.113.1")
			},
			func(w *world, own, child authtest.Account) { w.ok(w.Auth.Unlock(ctx, own.Identity, child.ID)) }, 10,
		},
		"of a child, from anywhere": {
			func(w *world) authtest.Account { return w.child(w.parent("p@example.com"), "victim@home.example") },
			func(w *world, victim, own authtest.Account, i int) error {
				if i%20 != 0 {
					victim.ParentKey = own.PublicKey
				}
				return w.guess(victim, "wrong", farAway(i))
			},
			func(w *world, own, child authtest.Account) { w.ok(w.Auth.Unlock(ctx, own.Identity, child.ID)) }, 100,
		},
		"of a parent's username, with a proof": {
			func(w *world) authtest.Account {
				return w.SignUp("victim@home.example", password, func(r *tollkeeper.SignUpRequest) { r.Username = "victim" })
			},
			func(w *world, victim, _ authtest.Account, i int) error {
				r := tollkeeper.SignInRequest{Username: "victim", Password: "wrong", Scope: tollkeeper.Tenants, Client: from(farAway(i))}
				return errOf(w.Auth.SignIn(ctx, r))
			},
			func(w *world, _, child authtest.Account) {
				if child.Email != "victim@home.example" { // whose proof the stranger has
					w.resetFrom(child, "203.0.113.9")
				}
			}, 20,
		},
		"of a username and network, with a proof": {
			func(w *world) authtest.Account {
				return w.SignUp("victim@home.example", password, func(r *tollkeeper.SignUpRequest) { r.Username = "victim" })
			},
			func(w *world, victim, own authtest.Account, i int) error {
				scopes := []tollkeeper.Scope{tollkeeper.Tenants, tollkeeper.UnderKey(own.PublicKey), tollkeeper.Under(own.ID)}
				r := tollkeeper.SignInRequest{Username: "victim", Password: "wrong", Scope: scopes[i%3], Client: from("203.0.113.1")}
				return errOf(w.Auth.SignIn(ctx, r))
			},
			func(w *world, _, child authtest.Account) { w.resetFrom(child, "203.0.113.9") }, 20,
		},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				victim, own := c.victim(w), w.parent("own@evil.example")
				email := victim.Email
				if contains(name, "username") {
					email = "mine@evil.example"
				}
				child := w.SignUpBelow(own, email, password, func(r *tollkeeper.SignUpRequest) { r.Username = "victim" })
				n := w.looked(200, func(i int) error { return c.guess(w, victim, own, i) }, func(i int) {
					if i%20 == 19 {
						w.Advance(time.Minute) // or no reset is mailed
						c.word(w, own, child)
					}
				})
				if n > c.most {
					t.Errorf("%d of 200 guesses were looked at, want at most %d", n, c.most)
				}
			}, asConfigured)
		})
	}
}

// Whoever signed in from a network is known there under every spelling of the scope.
func TestANetworkIsKnownUnderEverySpelling(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		s, err := w.Auth.Host().Account(ctx, c.ID)
		w.ok(err)
		spellings := []tollkeeper.Scope{tollkeeper.UnderKey(p.PublicKey), tollkeeper.UnderNumber(s.Parent.Number), tollkeeper.Under(p.ID)}
		in := func(scope tollkeeper.Scope, password, at string) error {
			r := tollkeeper.SignInRequest{Email: c.Email, Password: tollkeeper.Password(password), Scope: scope, Client: from(at)}
			return errOf(w.Auth.SignIn(ctx, r))
		}
		for i, signedIn := range spellings {
			at := fmt.Sprintf("198.51.%d.7", i)
			w.ok(in(signedIn, password, at))
			for j, scope := range spellings {
				for n := range 30 {
					_ = in(scope, "wrong", farAway(n))
				}
				if err := in(scope, password, at); err != nil {
					t.Errorf("signed in by spelling %d, shut out by spelling %d: %v", i, j, err)
				}
			}
			w.Advance(2 * time.Hour)
		}
	}, unlimited)
}

// A username is another's in each scope: what is counted of it on a network over all scopes waits out its quarter of an
// hour, whoever proves a mailbox. By the email, and from elsewhere, the way is open.
func TestAResetLeavesTheCeilingOfAUsernameOnANetwork(t *testing.T) {
	story(t, func(w *world) {
		p := w.SignUp("p@example.com", password, func(r *tollkeeper.SignUpRequest) { r.Username = "ann" })
		in := func(password, at string) error {
			r := tollkeeper.SignInRequest{Username: "ann", Password: tollkeeper.Password(password), Scope: tollkeeper.Tenants, Client: from(at)}
			return errOf(w.Auth.SignIn(ctx, r))
		}
		for range 20 {
			w.want(in("wrong", "192.0.2.1"), tollkeeper.ErrInvalidCredentials)
			w.Advance(time.Second)
		}
		w.resetFrom(p, "203.0.113.9")
		w.Advance(time.Second)
		w.want(in(fresh, "192.0.2.1"), tollkeeper.ErrLocked)
		w.ok(in(fresh, "198.51.100.9"))
		w.ok(w.guess(p, fresh, "192.0.2.1"))
		w.Advance(15 * time.Minute)
		w.ok(in(fresh, "192.0.2.1"))
	}, unlimited, func(c *tollkeeper.Config) {
		c.Limits.Lock = tollkeeper.Limit{Free: 1000, Base: time.Second, Max: time.Second, Window: time.Hour}
		c.Limits.AccountCeiling = tollkeeper.Limit{Free: 1000, Window: time.Hour}
	})
}
