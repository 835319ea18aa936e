package tollkeeper_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// victim is an account that strangers have set eyes on. Its owner is at home, where they signed in by both names.
type victim struct {
	*world
	account authtest.Account
	name    string // its username
	tenants int    // that strangers have
}

// stranger signs a tenant up.
func (v *victim) stranger() authtest.Account {
	v.tenants++
	return v.parent(fmt.Sprintf("own%d@evil.example", v.tenants))
}

func newVictim(w *world) *victim {
	v := &victim{world: w, name: "victim"}
	v.account = w.SignUpBelow(w.parent("p@example.com"), "victim@example.com", password, func(r *tollkeeper.SignUpRequest) { r.Username = v.name })
	w.confirmed(v.account)
	w.ok(w.guess(v.account, password, home.Addr.String()))
	w.Advance(time.Second) // what counts at the moment of a proof is pardoned by it
	return v
}

// byName signs in by the username.
func (v *victim) byName(password, address string) error {
	r := tollkeeper.SignInRequest{Username: v.name, Password: tollkeeper.Password(password), Scope: keyed(v.account), Client: from(address)}
	return errOf(v.Auth.SignIn(ctx, r))
}

// assaults are what strangers on other networks do to shut somebody out.
var assaults = map[string]func(v *victim){
	"guess from many networks": func(v *victim) { v.fails(v.account, 60, farAway) },
	"guess at the username": func(v *victim) {
		for i := range 60 {
			_ = v.byName("wrong", farAway(i))
		}
	},
	"guess below tenants of their own": func(v *victim) {
		for i := range 7 { // a hundred failures over all scopes, twenty in each
			own := v.stranger()
			v.fails(authtest.Account{Email: v.account.Email, ParentKey: own.PublicKey}, 20, func(n int) string { return farAway(20*i + n) })
		}
		elsewhere := authtest.Account{Email: v.account.Email, ParentKey: v.stranger().PublicKey}
		v.want(v.guess(elsewhere, "wrong", "192.0.2.99"), tollkeeper.ErrLocked)
	},
	"guess at an account of their own with the same address": func(v *victim) {
		own := v.child(v.stranger(), v.account.Email)
		for i := range 60 {
			_, _ = v.guess(own, password, farAway(i)), v.guess(own, "wrong", farAway(i))
		}
	},
	"guess without an address": func(v *victim) {
		for range 60 {
			_, _ = v.try(v.account, "wrong")
		}
	},
	"guess all at once": func(v *victim) { atOnce(300, func(i int) error { return v.guess(v.account, "wrong", farAway(i)) }) },
	"ask for codes and try them": func(v *victim) {
		for i := range 20 {
			thief := from(farAway(i))
			_ = v.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: v.account.Email, Scope: keyed(v.account), Client: thief})
			for range 5 {
				_, _ = v.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: v.account.Email, Code: "000000", Scope: keyed(v.account), Client: thief})
			}
		}
	},
	"ask for mail of every kind": func(v *victim) {
		for i := range 120 {
			r := tollkeeper.MailRequest{Email: v.account.Email, Scope: keyed(v.account), Client: from(farAway(i))}
			_, _, _ = v.Auth.RequestReset(ctx, r), v.Auth.RequestVerification(ctx, r), v.Auth.RequestCode(ctx, r)
			time.Sleep(time.Minute) // so that each mail has gone before the next
		}
	},
	"sign up with the same address": func(v *victim) {
		for i := range 20 {
			r := tollkeeper.SignUpRequest{Email: v.account.Email, Password: "a stranger's 1", Scope: keyed(v.account), Client: from(farAway(i))}
			_, _ = v.Auth.SignUp(ctx, r)
		}
	},
}

// asConfigured leaves the limits as they are by default, but those of networks, of which strangers have as many as they
// like.
func asConfigured(c *tollkeeper.Config) {
	unlimited(c)
	c.Limits.CodeTries, c.Limits.Mail = tollkeeper.Limit{}, nil
}

// Strangers who do not know the password stop nobody on a network that they came in from, and nobody who has the mailbox
// anywhere else (R18).
func TestStrangersShutNobodyOut(t *testing.T) {
	for what, attack := range assaults {
		t.Run(what, func(t *testing.T) {
			story(t, func(w *world) {
				v := newVictim(w)
				attack(v)
				w.ok(w.guess(v.account, password, home.Addr.String()))
				w.ok(v.byName(password, home.Addr.String()))
				attack(v)
				time.Sleep(31 * time.Minute) // beyond what an address gets there is one link each half hour
				w.resetFrom(v.account, "192.0.2.1")
				w.ok(w.guess(v.account, fresh, "192.0.2.1"))
				w.ok(w.guess(v.account, fresh, "192.0.2.200"))
				w.ok(v.byName(fresh, "192.0.2.201"))
			}, asConfigured)
		})
	}
}

// Failures on a network of one's own stop nobody else there, and not the same person elsewhere.
func TestALockIsOfOneAccountOnOneNetwork(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		one, two := w.child(p, "one@example.com"), w.child(p, "two@example.com")
		w.fails(one, 5, at("192.0.2.1"))
		w.want(w.guess(one, password, "192.0.2.1"), tollkeeper.ErrLocked)
		w.ok(w.guess(two, password, "192.0.2.1"))
		w.ok(w.guess(one, password, "192.0.2.2"))
		// So does the password that a session repeats: who stole it stops its owner on their own network only.
		by := w.Identity(one.Token)
		repeat := func(secret tollkeeper.Password, address string) error {
			return w.Auth.Reauthenticate(ctx, by, tollkeeper.Confirmation{Password: secret, Client: from(address)})
		}
		for range 5 {
			w.want(repeat("wrong", "203.0.113.1"), tollkeeper.ErrInvalidCredentials)
		}
		w.want(repeat(password, "203.0.113.1"), tollkeeper.ErrLocked)
		w.ok(repeat(password, "192.0.2.2"))
		w.ok(w.guess(one, password, "203.0.113.1"))
	}, unlimited)
}

// tries are the proofs that can be guessed, each with how many guesses at once are looked at.
var tries = map[string]struct {
	most int
	try  func(w *world, p authtest.Account, by *tollkeeper.Identity, challenge tollkeeper.SecretText, i int) error
}{
	"a password from one network": {5, func(w *world, p authtest.Account, _ *tollkeeper.Identity, _ tollkeeper.SecretText, _ int) error {
		return w.guess(p, "wrong", "192.0.2.1")
	}},
	"a password from many": {20, func(w *world, p authtest.Account, _ *tollkeeper.Identity, _ tollkeeper.SecretText, i int) error {
		return w.guess(p, "wrong", farAway(i))
	}},
	"the own password, repeated": {5, func(w *world, _ authtest.Account, by *tollkeeper.Identity, _ tollkeeper.SecretText, _ int) error {
		return w.Auth.ChangePassword(ctx, by, tollkeeper.PasswordChange{Current: "wrong", New: fresh, Client: home})
	}},
	"a code of an app": {5, func(w *world, _ authtest.Account, _ *tollkeeper.Identity, challenge tollkeeper.SecretText, _ int) error {
		return errOf(w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: challenge, Code: "000000"}))
	}},
	"a recovery code": {5, func(w *world, _ authtest.Account, _ *tollkeeper.Identity, challenge tollkeeper.SecretText, _ int) error {
		return errOf(w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: challenge, Code: "aaaa-aaaa-aaaa-aaaa"}))
	}},
	"a code before a change of factors": {5, func(w *world, _ authtest.Account, by *tollkeeper.Identity, _ tollkeeper.SecretText, _ int) error {
		return errOf(w.Auth.NewRecoveryCodes(ctx, by, tollkeeper.FactorProof{Code: "000000", Client: home}))
	}},
	"a mailed code": {10, func(w *world, p authtest.Account, _ *tollkeeper.Identity, _ tollkeeper.SecretText, i int) error {
		return errOf(w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: p.Email, Code: "000000", Scope: keyed(p), Client: from(farAway(i))}))
	}},
}

// R17, R21: whatever is guessed, many at once are looked at exactly as often as one after the other, and none while
// nobody can count.
func TestEveryKindOfGuessIsCountedExactly(t *testing.T) {
	for what, c := range tries {
		t.Run(what, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				w.confirmed(p)
				f := w.EnrolFactor(p)
				w.Advance(time.Hour)
				challenge := w.signIn(p).Challenge
				done, err := w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: challenge, Code: tollkeeper.SecretText(w.FactorCode(f))})
				w.ok(err)
				by := w.Identity(string(done.Token))
				challenge = w.signIn(p).Challenge
				guess := func(i int) error { return c.try(w, p, by, challenge, i) }
				w.store.faults(failing("Take"), nil)
				for _, err := range atOnce(20, guess) {
					w.want(err, tollkeeper.ErrUnavailable)
				}
				w.store.faults(nil, nil)
				looked, began := 0, time.Now()
				for _, err := range atOnce(60, guess) {
					if errors.Is(err, tollkeeper.ErrInvalidCredentials) || errors.Is(err, tollkeeper.ErrInvalidCode) {
						looked++
					} else if err == nil {
						t.Fatal("a wrong one was right")
					}
				}
				if looked != c.most {
					t.Errorf("%d of 60 were looked at, want %d", looked, c.most)
				}
				if d := time.Since(began); d > 2*time.Second { // as long as one waits for a place
					t.Errorf("they took %v: their places were not settled", d)
				}
				if err := guess(61); !errors.Is(err, tollkeeper.ErrLocked) && !errors.Is(err, tollkeeper.ErrRateLimited) {
					t.Errorf("and then: %v", err)
				}
			}, unlimited, func(c *tollkeeper.Config) { c.Limits.CodeTries = tollkeeper.Limit{} })
		})
	}
}

// What a reset has pardoned does not come back, as long as it would have counted.
func TestWhatAResetPardonedStaysPardoned(t *testing.T) {
	story(t, func(w *world) {
		c := w.child(w.parent("p@example.com"), "c@example.com")
		w.fails(c, 20, farAway)
		w.want(w.guess(c, password, "192.0.2.1"), tollkeeper.ErrLocked)
		w.resetFrom(c, "198.51.100.9")
		for range 5 {
			w.Advance(10 * time.Minute)
			w.ok(w.guess(c, fresh, "192.0.2.1"))
			w.Advance(time.Second)
		}
	}, unlimited)
}

// Whoever stole a session may try passwords in it until nobody can repeat the own one. A reset opens that, too.
func TestAResetOpensWhatAStolenSessionClosed(t *testing.T) {
	story(t, func(w *world) {
		c := w.child(w.parent("p@example.com"), "c@example.com")
		repeat := func(by *tollkeeper.Identity, secret tollkeeper.Password, address string) error {
			return w.Auth.Reauthenticate(ctx, by, tollkeeper.Confirmation{Password: secret, Client: from(address)})
		}
		for i := range 110 {
			_ = repeat(c.Identity, "wrong", farAway(i))
		}
		w.want(repeat(c.Identity, password, "192.0.2.1"), tollkeeper.ErrLocked)
		w.resetFrom(c, "192.0.2.1")
		r := attempt(c, fresh)
		r.Client = from("192.0.2.1")
		res, err := w.Auth.SignIn(ctx, r)
		w.ok(err)
		w.ok(repeat(w.Identity(string(res.Token)), fresh, "192.0.2.1"))
	}, unlimited)
}

// A code is good on another network than the one that it was asked from: people ask at a desk and read mail elsewhere.
func TestACodeIsGoodWhereNobodyAskedForIt(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.confirmed(p)
		code := tollkeeper.SecretText(w.mailCode(p))
		res, err := w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: p.Email, Code: code, Scope: keyed(p), Client: from("192.0.2.1")})
		w.ok(err)
		w.Identity(string(res.Token))
	}, unlimited)
}

// However often somebody comes in, for thirty days after the last time strangers stop them there by nothing.
func TestANetworkIsKnownForThirtyDays(t *testing.T) {
	const day = 24 * time.Hour
	for _, gap := range []time.Duration{0, 23 * time.Hour, day, 14 * day, 29 * day} {
		story(t, func(w *world) {
			v := newVictim(w)
			for range 3 {
				w.Advance(gap)
				w.ok(w.guess(v.account, password, home.Addr.String()))
			}
			w.Advance(30*day - time.Minute)
			w.fails(v.account, 30, farAway)
			w.want(w.guess(v.account, password, "192.0.2.1"), tollkeeper.ErrLocked)
			w.ok(w.guess(v.account, password, home.Addr.String()))
		}, asConfigured)
	}
}
