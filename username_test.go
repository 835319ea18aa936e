package tollkeeper_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/crypto/argon2"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// called signs one of the app's own users up who has a username.
func (w *world) called(username, email string) authtest.Account {
	w.Helper()
	return w.SignUp(email, password, func(r *tollkeeper.SignUpRequest) { r.Scope, r.Username = tollkeeper.Scope{}, username })
}

// byName signs in to the account by its username, from an address.
func (w *world) byName(x authtest.Account, password, address string) (tollkeeper.SignInResult, error) {
	r := tollkeeper.SignInRequest{Username: x.Username, Password: tollkeeper.Password(password), Scope: x.Scope(), Client: from(address)}
	return w.Auth.SignIn(ctx, r)
}

// guessAt signs in to the account by its email, as byName does by its username.
func (w *world) guessAt(x authtest.Account, password, address string) error {
	r := tollkeeper.SignInRequest{Email: x.Email, Password: tollkeeper.Password(password), Scope: x.Scope(), Client: from(address)}
	return errOf(w.Auth.SignIn(ctx, r))
}

// counter counts hashes.
type counter struct{ n atomic.Int64 }

// install has all hashes of an instance computed by the counter, which counts those at the instance's own cost, a memory
// of 256 KiB.
func (h *counter) install(c *tollkeeper.Config) {
	const memory = 256
	c.Passwords.Hash.Memory = memory
	c.Passwords.Hash.Derive = func(password, salt []byte, time, m uint32, threads uint8, size uint32) []byte {
		if m == memory {
			h.n.Add(1)
		}
		return argon2.IDKey(password, salt, time, m, threads, size)
	}
}

// of returns how many hashes f makes.
func (h *counter) of(f func()) int64 {
	before := h.n.Load()
	f()
	return h.n.Load() - before
}

func TestSignInByUsername(t *testing.T) {
	story(t, func(w *world) {
		p, q := w.parent("p@example.com"), w.parent("q@example.com")
		below := func(of authtest.Account, email, username string) authtest.Account {
			return w.SignUpBelow(of, email, password, func(r *tollkeeper.SignUpRequest) { r.Username = username })
		}
		ann, inQ, user := below(p, "ann@example.com", "Ann_1"), below(q, "other@example.com", "ann_1"), w.called("ann_1", "user@example.com")
		tenant := w.SignUp("tenant@example.com", password, func(r *tollkeeper.SignUpRequest) { r.Username = "Tenant" })
		disabled := below(p, "gone@example.com", "gone")
		w.ok(w.Auth.SetStatus(ctx, p.Identity, disabled.ID, tollkeeper.StatusDisabled))
		organization := tollkeeper.AudienceOrganization
		for name, c := range map[string]struct {
			r    tollkeeper.SignInRequest
			who  authtest.Account
			want error
		}{
			"as it was typed":                 {tollkeeper.SignInRequest{Username: "Ann_1", Scope: tollkeeper.Under(p.ID)}, ann, nil},
			"in other letters":                {tollkeeper.SignInRequest{Username: "aNN_1", Scope: tollkeeper.UnderKey(p.PublicKey)}, ann, nil},
			"with white space around it":      {tollkeeper.SignInRequest{Username: " ann_1\n", Scope: tollkeeper.UnderNumber(p.Number)}, ann, nil},
			"of another scope":                {tollkeeper.SignInRequest{Username: "Ann_1", Scope: tollkeeper.Under(q.ID)}, inQ, nil},
			"of the app's own users":          {tollkeeper.SignInRequest{Username: "ann_1"}, user, nil},
			"of a tenant":                     {tollkeeper.SignInRequest{Username: "tenant", Scope: tollkeeper.Tenants}, tenant, nil},
			"a wrong password":                {tollkeeper.SignInRequest{Username: "ann_1", Password: "wrong"}, user, tollkeeper.ErrInvalidCredentials},
			"nobody's":                        {tollkeeper.SignInRequest{Username: "nobody"}, user, tollkeeper.ErrInvalidCredentials},
			"no username":                     {tollkeeper.SignInRequest{Username: "ann 1"}, user, tollkeeper.ErrInvalidCredentials},
			"an email as a username":          {tollkeeper.SignInRequest{Username: user.Email}, user, tollkeeper.ErrInvalidCredentials},
			"a username as an email":          {tollkeeper.SignInRequest{Email: "ann_1"}, user, tollkeeper.ErrInvalidCredentials},
			"of an account below, as a stray": {tollkeeper.SignInRequest{Username: "gone", Scope: tollkeeper.Tenants, Audience: organization}, user, tollkeeper.ErrInvalidCredentials},
			"of a tenant, in the widget":      {tollkeeper.SignInRequest{Username: "tenant", Scope: tollkeeper.UnderKey(p.PublicKey), Audience: organization}, user, tollkeeper.ErrInvalidCredentials},
			"of a disabled account":           {tollkeeper.SignInRequest{Username: "gone", Scope: tollkeeper.Under(p.ID)}, user, tollkeeper.ErrInactive},
			"below nobody":                    {tollkeeper.SignInRequest{Username: "ann_1", Scope: tollkeeper.UnderNumber(987654)}, user, tollkeeper.ErrUnknownParent},
			"both names":                      {tollkeeper.SignInRequest{Username: "ann_1", Email: user.Email}, user, tollkeeper.ErrInvalidInput},
			"neither":                         {tollkeeper.SignInRequest{}, user, tollkeeper.ErrMissing},
			"in no scope":                     {tollkeeper.SignInRequest{Username: "ann_1", Scope: tollkeeper.Under(uuid.Nil)}, user, tollkeeper.ErrInvalidInput},
		} {
			if c.r.Password == "" {
				c.r.Password = password
			}
			w.store.watch()
			res, err := w.Auth.SignIn(ctx, c.r)
			if !errors.Is(err, c.want) || err == nil && res.Subject.Account.ID != c.who.ID {
				t.Errorf("%s: %v, %v", name, res.Subject.Account.Email, err)
			}
			if before := c.want == tollkeeper.ErrInvalidInput || c.want == tollkeeper.ErrMissing; before && len(w.store.verbs()) != 0 {
				t.Errorf("%s: %v", name, w.store.verbs())
			}
		}
		if w.store.saw("ann_1") {
			t.Error("a username is in what the store counts")
		}
	}, unlimited)
}

// An unknown username fares as an unknown email, and as a wrong password: one answer, one hash, the same writes.
func TestUnknownUsernamesFareLikeUnknownEmails(t *testing.T) {
	var counted counter
	for name, r := range map[string]tollkeeper.SignInRequest{
		"known":     {Username: "ann"},
		"unknown":   {Username: "nobody"},
		"malformed": {Username: "no body"},
		"email":     {Email: "nobody@example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			alone(t, func(w *world) {
				w.called("ann", "ann@example.com")
				r.Password, r.Client = "wrong", home
				w.store.watch()
				hashed := counted.of(func() { w.want(errOf(w.Auth.SignIn(ctx, r)), tollkeeper.ErrInvalidCredentials) })
				want := "[Take FindAccount Release]"
				if name == "malformed" {
					want = "[Take Release]" // as of an email that is none: what was typed shows it
				}
				if got := fmt.Sprint(w.store.verbs()); got != want || hashed != 1 {
					t.Errorf("%s with %d hashes", got, hashed)
				}
				for range 4 {
					w.want(errOf(w.Auth.SignIn(ctx, r)), tollkeeper.ErrInvalidCredentials)
				}
				err := errOf(w.Auth.SignIn(ctx, r))
				if w.want(err, tollkeeper.ErrLocked); retryAfter(err) != 30*time.Second {
					t.Errorf("locked for %v", retryAfter(err))
				}
			}, unlimited, counted.install)
		})
	}
}

// Each name has locks and ceilings of its own, however it is spelt: who knows both has at most twice the guesses, and
// learns from no lock that both are of one account.
func TestEachNameHasItsOwnLocks(t *testing.T) {
	story(t, func(w *world) {
		ann := w.called("Ann", "ann@example.com")
		by := map[string]func(i int, address string) error{
			"email": func(_ int, address string) error { return w.guessAt(ann, "wrong", address) },
			"username": func(i int, address string) error {
				x := ann
				x.Username = []string{"ann", "ANN", " aNn"}[i%3]
				return errOf(w.byName(x, "wrong", address))
			},
		}
		for name, try := range by {
			for i := range 5 {
				if err := try(i, "192.0.2.1"); !errors.Is(err, tollkeeper.ErrInvalidCredentials) {
					t.Fatalf("%s, guess %d: %v", name, i, err)
				}
			}
			w.want(try(5, "192.0.2.1"), tollkeeper.ErrLocked)
		}
		looked := 0
		for name, try := range by {
			for i := range 60 {
				if err := try(i, farAway(i)); errors.Is(err, tollkeeper.ErrInvalidCredentials) {
					looked++
				} else if !errors.Is(err, tollkeeper.ErrLocked) {
					t.Fatalf("%s: %v", name, err)
				}
			}
		}
		if looked != 2*15 { // five of each have been used above
			t.Errorf("%d guesses from everywhere within an hour, want 30", looked)
		}
	}, unlimited)
}

// A username is another person's in another scope: what closes it there closes nothing here, but for a network that
// guesses at both.
func TestNamesakesDoNotLockEachOther(t *testing.T) {
	story(t, func(w *world) {
		p, q := w.parent("p@example.com"), w.parent("q@example.com")
		below := func(of authtest.Account, email string) authtest.Account {
			return w.SignUpBelow(of, email, password, func(r *tollkeeper.SignUpRequest) { r.Username = "boss" })
		}
		here, there := below(p, "here@example.com"), below(q, "there@example.com")
		for round := range 8 { // beyond every ceiling that an email has over all scopes
			for i := range 25 {
				_, _ = w.byName(there, "wrong", farAway(25*round+i))
			}
			w.Advance(time.Hour)
		}
		for i := range 25 {
			_, _ = w.byName(there, "wrong", farAway(i))
		}
		w.want(errOf(w.byName(there, password, "192.0.2.1")), tollkeeper.ErrLocked)
		w.ok(errOf(w.byName(here, password, "192.0.2.1")))
	}, unlimited, func(c *tollkeeper.Config) { c.Limits.EmailCeiling = tollkeeper.Limit{Free: 20, Window: 24 * time.Hour} })
}

// However a scope is spelt, a network has its one ceiling for a username.
func TestThePairCeilingHoldsForUsernamesOverSpellings(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.SignUpBelow(p, "c@example.com", password, func(r *tollkeeper.SignUpRequest) { r.Username = "boss" })
		looked := 0
		for i := range 60 {
			scope := []tollkeeper.Scope{tollkeeper.UnderKey(p.PublicKey), tollkeeper.UnderNumber(p.Number), tollkeeper.Under(p.ID)}[i%3]
			_, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Username: "boss", Password: "wrong", Scope: scope, Client: home})
			if errors.Is(err, tollkeeper.ErrInvalidCredentials) {
				looked++
			}
		}
		if looked != 20 {
			t.Errorf("%d guesses", looked)
		}
	}, unlimited, func(c *tollkeeper.Config) {
		c.Limits.Lock = tollkeeper.Limit{Free: 1000, Base: time.Second, Max: time.Second, Window: time.Hour}
	})
}

// What failures closed under the username, the owner of the mailbox opens, and so does an admin.
func TestTheMailboxOpensTheUsername(t *testing.T) {
	for name, open := range map[string]func(w *world, x authtest.Account) string{
		"a reset": func(w *world, x authtest.Account) string {
			w.ok(w.Auth.RequestReset(ctx, tollkeeper.MailRequest{Email: x.Email}))
			r := tollkeeper.ResetRequest{Token: tollkeeper.SecretText(w.LastToken(x.Email, tollkeeper.MailReset)), Password: fresh}
			w.ok(errOf(w.Auth.ResetPassword(ctx, r)))
			return fresh
		},
		"a code": func(w *world, x authtest.Account) string {
			w.ok(w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: x.Email}))
			r := tollkeeper.CodeRequest{Email: x.Email, Code: tollkeeper.SecretText(w.LastCode(x.Email)), By: x.Identity}
			w.ok(errOf(w.Auth.SignInWithCode(ctx, r)))
			return password
		},
		"an admin": func(w *world, x authtest.Account) string {
			w.ok(w.Auth.Unlock(ctx, w.firstAdmin().Identity, x.ID))
			return password
		},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				ann := w.called("Ann", "ann@example.com")
				for i := range 30 {
					_, _ = w.byName(ann, "wrong", farAway(i))
					_, _ = w.byName(ann, "wrong", "192.0.2.1")
				}
				w.want(errOf(w.byName(ann, password, "192.0.2.1")), tollkeeper.ErrLocked)
				w.Advance(time.Second)
				right := open(w, ann)
				w.Advance(time.Second)
				w.ok(errOf(w.byName(ann, right, "192.0.2.1")))
				w.ok(errOf(w.byName(ann, right, "198.51.100.200")))
			}, unlimited)
		})
	}
}

// Whoever came in by one name is no stranger by the other: the network is recognised for both, and nobody is told of a
// new one. A namesake who has the username later is not recognised by it.
func TestANetworkIsRecognisedForBothNames(t *testing.T) {
	const laptop = "192.0.2.1"
	for _, first := range []string{"email", "username"} {
		t.Run("first by "+first, func(t *testing.T) {
			story(t, func(w *world) {
				ann := w.called("Ann", "ann@example.com")
				by := map[string]func(password, address string) error{
					"email":    func(password, address string) error { return w.guessAt(ann, password, address) },
					"username": func(password, address string) error { return errOf(w.byName(ann, password, address)) },
				}
				second := map[string]string{"email": "username", "username": "email"}[first]
				w.ok(by[first](password, laptop))
				told := len(w.Mails(ann.Email, tollkeeper.MailNotice)) // before a lease could run out while it is sent
				w.Advance(time.Minute)
				for i := range 30 {
					_ = by[second]("wrong", farAway(i))
				}
				w.want(by[second](password, "198.51.100.99"), tollkeeper.ErrLocked)
				w.ok(by[second](password, laptop))
				if n := len(w.Mails(ann.Email, tollkeeper.MailNotice)); n != told {
					t.Errorf("%d notices of a known network", n-told)
				}
			}, unlimited)
		})
	}
	t.Run("not for who has the username next", func(t *testing.T) {
		story(t, func(w *world) {
			ann := w.called("Ann", "ann@example.com")
			w.ok(errOf(w.byName(ann, password, laptop)))
			w.ok(w.rename(ann.Identity, ""))
			next := w.called("ann", "next@example.com")
			for i := range 30 {
				_, _ = w.byName(next, "wrong", farAway(i))
			}
			w.want(errOf(w.byName(next, password, laptop)), tollkeeper.ErrLocked)
		}, unlimited)
	})
}

// The second factor forgets the failures under the name that the first one was proved by.
func TestTheSecondFactorClearsTheUsernamesLock(t *testing.T) {
	story(t, func(w *world) {
		ann := w.called("Ann", "ann@example.com")
		w.confirmed(ann)
		f := w.EnrolFactor(ann)
		w.Advance(time.Minute)
		for range 4 {
			w.want(errOf(w.byName(ann, "wrong", "192.0.2.1")), tollkeeper.ErrInvalidCredentials)
		}
		first, err := w.byName(ann, password, "192.0.2.1")
		w.ok(err)
		w.ok(errOf(w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: first.Challenge, Code: tollkeeper.SecretText(w.FactorCode(f)), Client: home})))
		for range 4 {
			w.want(errOf(w.byName(ann, "wrong", "192.0.2.1")), tollkeeper.ErrInvalidCredentials)
		}
	}, unlimited)
}

// Whatever counts for an account with a username can be taken back, under both names.
func TestWhateverCountsForAUsernameCanBeReleased(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.SignUpBelow(p, "c@example.com", password, func(r *tollkeeper.SignUpRequest) { r.Username = "Boss" })
		s, err := w.store.FindAccount(ctx, store.Lookup{ID: c.ID})
		w.ok(err)
		missing, buckets := tollkeeper.Unreleased(w.Auth, s, from("192.0.2.1"), from("198.51.100.1"))
		for _, m := range missing {
			t.Error(m)
		}
		if want := (10 + 8) * len(tollkeeper.Spellings(s)); buckets != want { // neither ceiling nor codes of an email
			t.Errorf("%d buckets, want %d", buckets, want)
		}
	})
}

func TestFindByUsername(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.SignUpBelow(p, "c@example.com", password, func(r *tollkeeper.SignUpRequest) { r.Username = "Boss" })
		user := w.called("boss", "user@example.com")
		for name, f := range map[string]struct {
			in       tollkeeper.Scope
			username string
			who      uuid.UUID
			want     error
		}{
			"a child":       {tollkeeper.Under(p.ID), "BOSS", c.ID, nil},
			"by a key":      {tollkeeper.UnderKey(p.PublicKey), "boss", c.ID, nil},
			"a user":        {tollkeeper.Scope{}, "Boss", user.ID, nil},
			"among tenants": {tollkeeper.Tenants, "boss", uuid.Nil, tollkeeper.ErrNotFound},
			"nobody":        {tollkeeper.Scope{}, "nobody", uuid.Nil, tollkeeper.ErrNotFound},
			"none":          {tollkeeper.Scope{}, "", uuid.Nil, tollkeeper.ErrInvalidUsername},
			"an email":      {tollkeeper.Scope{}, user.Email, uuid.Nil, tollkeeper.ErrNotFound},
			"too long":      {tollkeeper.Scope{}, strings.Repeat("x", 65), uuid.Nil, tollkeeper.ErrInvalidUsername},
			"in no scope":   {tollkeeper.UnderKey(""), "boss", uuid.Nil, tollkeeper.ErrInvalidInput},
		} {
			s, err := w.Auth.Host().FindByUsername(ctx, f.in, f.username)
			if !errors.Is(err, f.want) || s.Account.ID != f.who {
				t.Errorf("%s: %v, %v", name, s.Account.ID, err)
			}
		}
	})
}
