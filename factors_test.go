package tollkeeper_test

import (
	"bytes"
	"encoding/base32"
	"errors"
	"image/png"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// enrolled is an account with a second factor.
type enrolled struct {
	authtest.Account
	authtest.Factor
}

func enrol(k *authtest.Kit, a authtest.Account) enrolled { return enrolled{a, k.EnrolFactor(a)} }

func (x enrolled) challenge(k *authtest.Kit) string { return string(k.SignIn(x.Account).Challenge) }

func verify(k *authtest.Kit, challenge, code string) (tollkeeper.SignInResult, error) {
	return k.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: tollkeeper.SecretText(challenge), Code: tollkeeper.SecretText(code)})
}

func TestSecondFactor(t *testing.T) {
	k := authtest.New(t)
	x := enrol(k, k.Parent())

	t.Run("the code that confirmed it does not sign in", func(t *testing.T) {
		if _, err := verify(k, x.challenge(k), k.FactorCode(x.Factor)); !errors.Is(err, tollkeeper.ErrInvalidCode) {
			t.Fatalf("err = %v, want ErrInvalidCode: one code once", err)
		}
	})
	t.Run("a sign-in stops at the challenge and ends with the code", func(t *testing.T) {
		k.Advance(time.Minute)
		res := k.SignIn(x.Account)
		if res.Token != "" || res.Refresh != "" || res.TenantKey != "" || res.Challenge == "" {
			t.Fatal("the first factor alone opened something")
		}
		if _, err := k.Auth.Authenticate(ctx, res.Challenge); !errors.Is(err, tollkeeper.ErrInvalidToken) {
			t.Fatal("a challenge is no access token:", err)
		}
		done, err := verify(k, string(res.Challenge), k.FactorCode(x.Factor))
		if err != nil || done.Token == "" {
			t.Fatal("the second factor did not end it:", err)
		}
		if id := k.Identity(string(done.Token)); !id.HasFactor {
			t.Fatal("the identity does not know of the second factor")
		}
	})
	t.Run("a recovery code opens once, however it is typed", func(t *testing.T) {
		code := strings.ToUpper(strings.ReplaceAll(x.Recovery[0], "-", " "))
		if _, err := verify(k, x.challenge(k), code); err != nil {
			t.Fatal(err)
		}
		if _, err := verify(k, x.challenge(k), code); !errors.Is(err, tollkeeper.ErrInvalidCode) {
			t.Fatalf("used twice: %v", err)
		}
	})
	t.Run("a challenge ends after five minutes and with the account's sessions", func(t *testing.T) {
		old := x.challenge(k)
		k.Advance(5 * time.Minute)
		if _, err := verify(k, old, k.FactorCode(x.Factor)); !errors.Is(err, tollkeeper.ErrInvalidChallenge) {
			t.Fatal("too old:", err)
		}
		voided := x.challenge(k)
		done, err := verify(k, x.challenge(k), k.FactorCode(x.Factor))
		if err != nil {
			t.Fatal(err)
		}
		if err := k.Auth.EndOtherSessions(ctx, k.Identity(string(done.Token))); err != nil {
			t.Fatal(err)
		}
		k.Advance(time.Minute)
		if _, err := verify(k, voided, k.FactorCode(x.Factor)); !errors.Is(err, tollkeeper.ErrInvalidChallenge) {
			t.Fatal("the epoch has moved:", err)
		}
	})
}

func TestSecondFactorGuessing(t *testing.T) {
	k := authtest.New(t)
	x := enrol(k, k.Parent())
	k.Advance(time.Hour)
	t.Run("five tries, which the first factor does not give back", func(t *testing.T) {
		for range 5 {
			if _, err := verify(k, x.challenge(k), "000000"); !errors.Is(err, tollkeeper.ErrInvalidCode) {
				t.Fatal(err)
			}
			k.Advance(time.Minute)
		}
		_, err := verify(k, x.challenge(k), k.FactorCode(x.Factor))
		e, _ := errors.AsType[*tollkeeper.Error](err)
		if !errors.Is(err, tollkeeper.ErrRateLimited) || e.RetryAfter <= 0 {
			t.Fatalf("the sixth try: %v, want ErrRateLimited with RetryAfter", err)
		}
	})
	t.Run("after a hundred in a row only a recovery code opens", func(t *testing.T) {
		for n := 5; n < 100; {
			k.Advance(16 * time.Minute)
			c := x.challenge(k)
			for range 5 {
				if _, err := verify(k, c, "000000"); !errors.Is(err, tollkeeper.ErrInvalidCode) {
					t.Fatal(n, err)
				}
				n++
			}
		}
		k.Advance(24 * time.Hour)
		if _, err := verify(k, x.challenge(k), k.FactorCode(x.Factor)); !errors.Is(err, tollkeeper.ErrRateLimited) {
			t.Fatalf("the right code after a hundred wrong ones: %v", err)
		}
		if _, err := verify(k, x.challenge(k), x.Recovery[1]); err != nil {
			t.Fatal("a recovery code must open:", err)
		}
		k.Advance(time.Minute)
		if _, err := verify(k, x.challenge(k), k.FactorCode(x.Factor)); err != nil {
			t.Fatal("and forgive the rest:", err)
		}
	})
}

func TestSecondFactorIsAskedOnEveryWayIn(t *testing.T) {
	k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Refresh.Idle = time.Hour }))
	parent := k.Parent()
	x := enrol(k, k.Child(parent))
	ways := map[string]func() (tollkeeper.SignInResult, error){}
	for _, audience := range constants[tollkeeper.Audience](t, "store", "Audience") {
		ways["password/"+string(audience)] = func() (tollkeeper.SignInResult, error) {
			return k.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: x.Email, Password: tollkeeper.Password(x.Password), Scope: tollkeeper.UnderKey(parent.PublicKey), Audience: audience})
		}
		ways["code/"+string(audience)] = func() (tollkeeper.SignInResult, error) {
			k.Advance(time.Hour)
			if err := k.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: x.Email, Scope: tollkeeper.UnderKey(parent.PublicKey), Audience: audience}); err != nil {
				return tollkeeper.SignInResult{}, err
			}
			return k.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: x.Email, Code: tollkeeper.SecretText(k.LastCode(x.Email)), Scope: tollkeeper.UnderKey(parent.PublicKey), Audience: audience})
		}
		ways["reset/"+string(audience)] = func() (tollkeeper.SignInResult, error) {
			k.Advance(time.Hour)
			if err := k.Auth.RequestReset(ctx, tollkeeper.MailRequest{Email: x.Email, Scope: tollkeeper.UnderKey(parent.PublicKey), Audience: audience}); err != nil {
				return tollkeeper.SignInResult{}, err
			}
			x.Password = "another " + string(audience) + " 99"
			if err := errOf(k.Auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: tollkeeper.SecretText(k.LastToken(x.Email)), Password: tollkeeper.Password(x.Password), Audience: audience})); err != nil {
				return tollkeeper.SignInResult{}, err
			}
			return k.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: x.Email, Password: tollkeeper.Password(x.Password), Scope: tollkeeper.UnderKey(parent.PublicKey), Audience: audience})
		}
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			before, err := k.Store.Balance(ctx, parent.ID)
			if err != nil {
				t.Fatal(err)
			}
			k.Advance(time.Hour)
			res, err := way()
			if err != nil || res.Token != "" || res.Refresh != "" || res.Challenge == "" {
				t.Fatalf("%v, err %v: want a challenge and nothing else", res, err)
			}
			if after, _ := k.Store.Balance(ctx, parent.ID); after.Credits != before.Credits {
				t.Fatalf("%d credits were charged before the second proof", before.Credits-after.Credits)
			}
			done, err := verify(k, string(res.Challenge), k.FactorCode(x.Factor))
			if err != nil || done.Token == "" || done.Refresh == "" {
				t.Fatal("the second proof must end it:", err)
			}
			if after, _ := k.Store.Balance(ctx, parent.ID); after.Credits != before.Credits-1 {
				t.Fatalf("charged %d credits, want 1", before.Credits-after.Credits)
			}
			if next, err := k.Auth.Refresh(ctx, done.Refresh, tollkeeper.Client{}); err != nil || k.Identity(string(next.Token)).Account != x.ID {
				t.Fatal("a session that passed the gate is refreshed without it:", err)
			}
		})
	}
}

func TestSecondFactorRaces(t *testing.T) {
	t.Run("fifty at once with one code: one session", func(t *testing.T) {
		k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Limits.Factor = tollkeeper.Limit{Free: 1000, Window: time.Minute} }))
		x := enrol(k, k.Parent())
		k.Advance(time.Minute)
		challenge, code := x.challenge(k), k.FactorCode(x.Factor)
		var won atomic.Int64
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				_, err := verify(k, challenge, code)
				if err == nil {
					won.Add(1)
				} else if !errors.Is(err, tollkeeper.ErrInvalidCode) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d sessions from one code", won.Load())
		}
	})
	t.Run("fifty at once with one recovery code: one session", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			f := w.EnrolFactor(p)
			challenges := make([]tollkeeper.SecretText, 50)
			for i := range challenges {
				challenges[i] = w.signIn(p).Challenge
			}
			w.store.faults(together("ConsumeSecret", 50), nil)
			got := tally(atOnce(50, func(i int) error {
				in := tollkeeper.FactorRequest{Challenge: challenges[i], Code: tollkeeper.SecretText(f.Recovery[0])}
				return errOf(w.Auth.SignInWithFactor(ctx, in))
			}))
			w.store.faults(nil, nil)
			_, err := w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: w.signIn(p).Challenge, Code: tollkeeper.SecretText(f.Recovery[1])})
			if got["ok"] != 1 || got["invalid_code"] != 49 || err != nil {
				t.Error(got, err)
			}
		}, unlimited, func(c *tollkeeper.Config) { c.Limits.Factor = tollkeeper.Limit{Free: 1000, Window: time.Minute} })
	})
}

func TestSecondFactorEnrolment(t *testing.T) {
	k := authtest.New(t)
	a := k.Parent()
	id := k.SignedIn(a)
	t.Run("needs fresh proof", func(t *testing.T) {
		k.Advance(6 * time.Minute)
		if _, err := k.Auth.EnrolFactor(ctx, id, tollkeeper.FactorEnrolment{}); !errors.Is(err, tollkeeper.ErrNotRecent) {
			t.Fatal(err)
		}
		if _, err := k.Auth.EnrolFactor(ctx, id, tollkeeper.FactorEnrolment{Password: "wrong"}); !errors.Is(err, tollkeeper.ErrInvalidCredentials) {
			t.Fatal(err)
		}
	})
	t.Run("shows secret, URL and a picture, and is inert until confirmed", func(t *testing.T) {
		e, err := k.Auth.EnrolFactor(ctx, id, tollkeeper.FactorEnrolment{Password: tollkeeper.Password(a.Password)})
		if err != nil {
			t.Fatal(err)
		}
		if seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(string(e.Seed)); err != nil || len(seed) != 20 {
			t.Fatalf("secret of %d bytes, %v: want 160 bits", len(seed), err)
		}
		if !strings.HasPrefix(string(e.URL), "otpauth://totp/") || !strings.Contains(string(e.URL), string(e.Seed)) {
			t.Fatal("URL:", e.URL)
		}
		if _, err := png.Decode(bytes.NewReader(e.PNG())); err != nil {
			t.Fatal("picture:", err)
		}
		if k.SignIn(a).Token == "" {
			t.Fatal("a seed that was not confirmed already asks for codes")
		}
		if _, err := k.Auth.ConfirmFactor(ctx, id, "000000", tollkeeper.Client{}); !errors.Is(err, tollkeeper.ErrInvalidCode) {
			t.Fatal(err)
		}
	})
	t.Run("ends other sessions, keeps this one, and the owner is told", func(t *testing.T) {
		other := k.SignIn(a).Token
		x := enrolled{Account: a}
		e, err := k.Auth.EnrolFactor(ctx, id, tollkeeper.FactorEnrolment{Password: tollkeeper.Password(a.Password)})
		if err != nil {
			t.Fatal(err)
		}
		x.Seed = string(e.Seed)
		codes, err := k.Auth.ConfirmFactor(ctx, id, tollkeeper.SecretText(k.FactorCode(x.Factor)), tollkeeper.Client{})
		if err != nil || len(codes) != 10 {
			t.Fatal(len(codes), err)
		}
		if _, err := k.Auth.Authenticate(ctx, other); !errors.Is(err, tollkeeper.ErrInvalidToken) {
			t.Fatal("another session lived on:", err)
		}
		mails := k.Mails(a.Email)
		if last := mails[len(mails)-1]; !strings.Contains(string(last.Text), "second factor") || strings.Contains(string(last.Text), string(e.Seed)) {
			t.Fatal("notice:", last.Text)
		}
		k.Advance(time.Minute)
		if err := k.Auth.RemoveFactor(ctx, id, tollkeeper.FactorRemoval{Password: tollkeeper.Password(a.Password), Code: tollkeeper.SecretText(k.FactorCode(x.Factor))}); err != nil {
			t.Fatal("remove:", err)
		}
		if k.SignIn(a).Token == "" {
			t.Fatal("removed, and still asked for")
		}
	})
}

func TestSecondFactorSeedIsSealedForItsOwner(t *testing.T) {
	kept := memory.New()
	k := authtest.New(t, authtest.WithStore(kept))
	x, y := enrol(k, k.Parent()), enrol(k, k.Parent())
	sx, err := kept.FindAccount(ctx, store.Lookup{ID: x.ID, Credentials: true})
	if err != nil {
		t.Fatal(err)
	}
	if raw, _ := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(x.Seed); bytes.Contains(sx.Factors[0].Sealed, raw) {
		t.Fatal("the seed is stored in plain")
	}
	sy, err := kept.FindAccount(ctx, store.Lookup{ID: y.ID, Credentials: true})
	if err != nil {
		t.Fatal(err)
	}
	change := store.Change{Account: sy.Account, PutFactors: sy.Factors}
	change.PutFactors[0].Sealed = sx.Factors[0].Sealed // somebody who can write to the database swaps rows
	if _, _, err := kept.UpdateAccount(ctx, change, k.Now()); err != nil {
		t.Fatal(err)
	}
	k.Advance(time.Minute)
	if _, err := verify(k, y.challenge(k), k.FactorCode(x.Factor)); err == nil {
		t.Fatal("a seed of another account was accepted")
	}
}

func TestSecondFactorPolicy(t *testing.T) {
	k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Factors.RequiredRoles = []tollkeeper.Role{tollkeeper.RoleAdmin} }))
	parent := k.Parent()
	admin, user := k.Admin(parent), k.Child(parent)
	if id := k.SignedIn(user); id.Limited != tollkeeper.Unlimited {
		t.Fatal("a user is not concerned:", id.Limited)
	}
	id := k.SignedIn(admin)
	if id.Limited != tollkeeper.LimitedSecondFactor {
		t.Fatal("an admin without a second factor:", id.Limited)
	}
	if _, err := k.Auth.Accounts(ctx, id, tollkeeper.AccountQuery{}); !errors.Is(err, tollkeeper.ErrLimitedSession) {
		t.Fatal("and they may do nothing but enrol:", err)
	}
	e, err := k.Auth.EnrolFactor(ctx, id, tollkeeper.FactorEnrolment{Password: tollkeeper.Password(admin.Password)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Auth.ConfirmFactor(ctx, id, tollkeeper.SecretText(k.FactorCode(authtest.Factor{Seed: string(e.Seed)})), tollkeeper.Client{}); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Auth.Accounts(ctx, k.SignedIn(user), tollkeeper.AccountQuery{}); !errors.Is(err, tollkeeper.ErrForbidden) {
		t.Fatal(err)
	}
}

// A seed that no master key opens any more spoils its own factor, not the one beside it.
func TestAFactorThatCannotBeReadLeavesTheOthers(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.confirmed(p)
		f := w.EnrolFactor(p)
		s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: p.ID})
		w.ok(err)
		lost := store.Factor{ID: uuid.UUID{15: 1}, Kind: store.FactorTOTP, Sealed: []byte("of a master key that is gone"), CreatedAt: w.Now()}
		_, _, err = w.store.Store.UpdateAccount(ctx, store.Change{Account: s.Account, PutFactors: []store.Factor{lost}}, w.Now())
		w.ok(err)
		w.Advance(time.Minute)
		_, err = w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: w.signIn(p).Challenge, Code: "000000"})
		w.want(err, tollkeeper.ErrInternal)
		done, err := w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: w.signIn(p).Challenge, Code: tollkeeper.SecretText(w.FactorCode(f))})
		w.ok(err)
		w.Identity(string(done.Token))
	}, unlimited)
}

// One code once, whatever it is shown to: of everything that takes it at the same moment one gets it.
func TestOneCodeServesOneOfManyMethodsAtOnce(t *testing.T) {
	for range 20 {
		w := newWorld(t, unlimited, func(c *tollkeeper.Config) { c.Limits.Factor = tollkeeper.Limit{Free: 1000, Window: time.Minute} })
		p := w.Parent()
		f := w.EnrolFactor(p)
		w.Advance(time.Minute)
		done, err := verify(w.Kit, string(w.SignIn(p).Challenge), w.FactorCode(f))
		w.ok(err)
		by := w.Identity(string(done.Token))
		w.Advance(time.Minute)
		code := tollkeeper.SecretText(w.FactorCode(f))
		challenges := []tollkeeper.SecretText{w.SignIn(p).Challenge, w.SignIn(p).Challenge}
		w.store.faults(nil, together("FindAccount", 4)) // all have read before one goes on
		errs := atOnce(4, func(i int) error {
			switch i {
			case 0, 1:
				return errOf(w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: challenges[i], Code: code}))
			case 2:
				return w.Auth.Reauthenticate(ctx, by, tollkeeper.Confirmation{Password: password, Code: code})
			}
			return errOf(w.Auth.NewRecoveryCodes(ctx, by, tollkeeper.FactorProof{Code: code}))
		})
		if n := tally(errs)["ok"]; n != 1 {
			t.Fatalf("%d times: %v", n, errs)
		}
	}
}
