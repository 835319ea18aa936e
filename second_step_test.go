package tollkeeper_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// armed are a parent and its child, who has an app and is asked for its code.
func armed(w *world) (c authtest.Account, f authtest.Factor) {
	w.Helper()
	c = w.child(w.parent("p@example.com"), "c@example.com")
	w.confirmed(c)
	f = w.EnrolFactor(c)
	w.Advance(time.Minute)
	return c, f
}

// second ends the sign-in of an account by a code, from home.
func (w *world) second(c authtest.Account, code string) (tollkeeper.SignInResult, error) {
	w.Helper()
	first := w.signIn(c).Challenge
	return w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: first, Code: tollkeeper.SecretText(code), Client: home})
}

// A recovery code is good once the store has taken it, and not before.
func TestARecoveryCodeThatTheStoreCannotTakeIsNoProof(t *testing.T) {
	story(t, func(w *world) {
		c, f := armed(w)
		w.store.faults(failing("ConsumeSecret"), nil)
		for range 7 { // nobody looked at them: none is a failure
			res, err := w.second(c, f.Recovery[0])
			if w.want(err, tollkeeper.ErrUnavailable); res.Token != "" {
				t.Fatal("a session without a proof")
			}
		}
		w.store.faults(nil, nil)
		w.ok(errOf(w.second(c, f.Recovery[0])))
	}, unlimited)
}

// Each proof of a second factor is told, a wrong one too, with the network that it came from.
func TestSecondProofsAreTold(t *testing.T) {
	story(t, func(w *world) {
		c, f := armed(w)
		for code, name := range map[string]tollkeeper.EventName{"000000": tollkeeper.EventFactorFailed, f.Recovery[0]: tollkeeper.EventRecoveryCodeUsed} {
			_, _ = w.second(c, code)
			told := w.Events(name)
			if len(told) != 1 || told[0].Account != c.ID || told[0].Network == "" {
				t.Errorf("%s: %+v", name, told)
			}
		}
	}, unlimited)
}

// A store that is away costs no try of a code.
func TestAChangeThatFindsNoStoreCostsNoTry(t *testing.T) {
	story(t, func(w *world) {
		c, f := armed(w)
		res, err := w.second(c, w.FactorCode(f))
		w.ok(err)
		by := w.Identity(string(res.Token))
		w.Advance(time.Minute)
		w.store.faults(failing("FindAccount"), nil)
		for range 7 {
			w.want(errOf(w.Auth.NewRecoveryCodes(ctx, by, tollkeeper.FactorProof{Code: "000000", Client: home})), tollkeeper.ErrUnavailable)
		}
		w.store.faults(nil, nil)
		w.ok(errOf(w.Auth.NewRecoveryCodes(ctx, by, tollkeeper.FactorProof{Code: tollkeeper.SecretText(w.FactorCode(f)), Client: home})))
	}, unlimited)
}

// A code that served somebody else between the look at it and the change is a used one.
func TestACodeThatServesTwiceAtOnceIsInvalid(t *testing.T) {
	for name, c := range map[string]struct {
		verb string
		do   func(w *world, c authtest.Account, by *tollkeeper.Identity, code string) error
	}{
		"for a sign-in": {"CreateSession", func(w *world, c authtest.Account, _ *tollkeeper.Identity, code string) error {
			return errOf(w.second(c, code))
		}},
		"for a change": {"UpdateAccount", func(w *world, _ authtest.Account, by *tollkeeper.Identity, code string) error {
			return errOf(w.Auth.NewRecoveryCodes(ctx, by, tollkeeper.FactorProof{Code: tollkeeper.SecretText(code), Client: home}))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				x, f := armed(w)
				res, err := w.second(x, w.FactorCode(f))
				w.ok(err)
				by := w.Identity(string(res.Token))
				w.Advance(time.Minute)
				code, raced := w.FactorCode(f), false
				w.store.faults(func(verb string) error {
					if verb == c.verb && !raced {
						raced = true
						w.ok(errOf(w.second(x, code)))
					}
					return nil
				}, nil)
				w.want(c.do(w, x, by, code), tollkeeper.ErrInvalidCode)
			}, unlimited)
		})
	}
}

// put writes a factor into the account's row, as other methods than ours would have.
func (w *world) put(c authtest.Account, f store.Factor, kinds store.FactorSet) {
	w.Helper()
	s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: c.ID})
	w.ok(err)
	s.Account.Factors |= kinds
	f.ID, f.Account, f.CreatedAt = uuid.Must(uuid.NewV7()), c.ID, w.Now()
	_, _, err = w.store.Store.UpdateAccount(ctx, store.Change{Account: s.Account, PutFactors: []store.Factor{f}}, w.Now())
	w.ok(err)
}

// A passkey beside an app is no app: codes are compared with the app, and the account keeps both.
func TestAnAppBesideAPasskey(t *testing.T) {
	story(t, func(w *world) {
		c := w.child(w.parent("p@example.com"), "c@example.com")
		w.confirmed(c)
		w.put(c, store.Factor{Kind: store.FactorPasskey, Credential: []byte("key")}, 0)
		f := w.EnrolFactor(c)
		w.Advance(time.Minute)
		s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: c.ID})
		w.ok(err)
		if s.Account.Factors != store.HasTOTP|store.HasPasskey {
			t.Errorf("factors %v", s.Account.Factors)
		}
		w.want(errOf(w.second(c, "000000")), tollkeeper.ErrInvalidCode)
		w.ok(errOf(w.second(c, w.FactorCode(f))))
	}, unlimited)
}

// A seed that cannot be read has no code, also not that of an empty one.
func TestAnUnreadableSeedHasNoCode(t *testing.T) {
	story(t, func(w *world) {
		c, _ := armed(w)
		s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: c.ID, Credentials: true})
		w.ok(err)
		bad := s.Factors[0]
		bad.Sealed = []byte("of another master key")
		_, _, err = w.store.Store.UpdateAccount(ctx, store.Change{Account: s.Account, PutFactors: []store.Factor{bad}}, w.Now())
		w.ok(err)
		code, err := totp.GenerateCode("", w.Now())
		w.ok(err)
		if res, err := w.second(c, code); codeOf(err) != "internal" || res.Token != "" {
			t.Errorf("%v, a token %t", err, res.Token != "")
		}
	}, unlimited)
}

// A hundred wrong codes close one account, and no other; a right one forgets those before it.
func TestTheCeilingOfCodesIsTheAccountsOwn(t *testing.T) {
	story(t, func(w *world) {
		c, f := armed(w)
		other := w.child(w.parent("q@example.com"), "d@example.com")
		w.confirmed(other)
		g := w.EnrolFactor(other)
		w.Advance(time.Minute)
		for range 3 {
			for range 3 {
				w.want(errOf(w.second(c, "000000")), tollkeeper.ErrInvalidCode)
			}
			w.ok(errOf(w.second(c, w.FactorCode(f))))
			w.Advance(time.Minute)
		}
		for range 4 {
			w.want(errOf(w.second(c, "000000")), tollkeeper.ErrInvalidCode)
		}
		w.want(errOf(w.second(c, w.FactorCode(f))), tollkeeper.ErrRateLimited)
		w.ok(errOf(w.second(other, w.FactorCode(g))))
	}, unlimited, func(c *tollkeeper.Config) {
		c.Limits.Factor = tollkeeper.Limit{Free: 1000, Window: time.Hour}
		c.Limits.FactorCeiling = tollkeeper.Limit{Free: 4, Window: 24 * time.Hour}
	})
}

// A right code, of an app or for recovery, forgets the wrong ones before it.
func TestARightCodeForgetsFailures(t *testing.T) {
	story(t, func(w *world) {
		c, f := armed(w)
		for i := range 3 {
			for _, wrong := range []string{"000000", "aaaa-aaaa-aaaa-aaaa"} {
				for range 4 {
					w.want(errOf(w.second(c, wrong)), tollkeeper.ErrInvalidCode)
				}
			}
			w.ok(errOf(w.second(c, w.FactorCode(f))))
			w.ok(errOf(w.second(c, f.Recovery[i])))
			w.Advance(time.Minute)
		}
	}, unlimited)
}

// A password that is repeated rightly forgets the wrong ones before it.
func TestARepeatedPasswordForgetsFailures(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		change := func(current tollkeeper.Password) error {
			return w.Auth.Reauthenticate(ctx, p.Identity, tollkeeper.Confirmation{Password: current, Client: home})
		}
		for range 3 {
			for range 4 {
				w.want(change("wrong"), tollkeeper.ErrInvalidCredentials)
			}
			w.ok(change(password))
		}
	}, unlimited)
}

// An identity is linked once the second step has ended the sign-in, with what its first step showed, and each later
// sign-in by it is a use. What the first step took away as the first proof of a mailbox is told with its challenge.
func TestAnIssuersSecondStep(t *testing.T) {
	story(t, func(w *world) {
		g := newGuarded(w)
		linked := func() []store.Linked {
			s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: g.child.ID, Credentials: true})
			w.ok(err)
			return s.Linked
		}
		first, err := g.byIssuer()
		w.ok(err)
		if n := len(linked()); n != 0 {
			t.Fatalf("%d identities by half of the proof", n)
		}
		w.store.faults(failing("CreateSession"), nil)
		for _, f := range g.factors {
			_, _ = w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: first.Challenge, Code: tollkeeper.SecretText(w.FactorCode(f)), Client: home})
		}
		w.store.faults(nil, nil)
		if n := len(linked()); n != 0 {
			t.Fatalf("%d identities without a session", n)
		}
		w.Advance(time.Minute)
		g.through(first, nil)
		at := w.Now()
		if l := linked(); len(l) != 1 || l[0].Email != "victim@home.example" || !l[0].LinkedAt.Equal(at) || !l[0].UsedAt.Equal(at) {
			t.Fatalf("%+v", l)
		}
		w.Advance(time.Hour)
		g.through(g.byIssuer())
		if l := linked(); len(l) != 1 || !l[0].LinkedAt.Equal(at) || !l[0].UsedAt.Equal(w.Now()) {
			t.Errorf("%+v", l)
		}
		g.unprove()
		if res, err := g.byCode(g.child, nil); err != nil || res.Challenge == "" || !res.Dropped.Password || len(res.Dropped.Identities) != 1 {
			t.Errorf("%+v, %v", res.Dropped, err)
		}
	}, unlimited, withIssuers, often, refreshed)
}

// A change of the account meanwhile is no wrong code.
func TestAConfirmationThatLosesARaceIsAConflict(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.confirmed(p)
		p.Identity = w.SignedIn(p)
		e, err := w.Auth.EnrolFactor(ctx, p.Identity, tollkeeper.FactorEnrolment{Password: password})
		w.ok(err)
		w.store.faults(func(verb string) error {
			if verb == "UpdateAccount" {
				return store.Conflict{}
			}
			return nil
		}, nil)
		code := tollkeeper.SecretText(w.FactorCode(authtest.Factor{Seed: string(e.Seed)}))
		if _, err := w.Auth.ConfirmFactor(ctx, p.Identity, code, home); codeOf(err) != "conflict" {
			t.Error(err)
		}
	}, unlimited)
}
