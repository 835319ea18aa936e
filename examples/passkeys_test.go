package examples_test

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"github.com/descope/virtualwebauthn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/passkey"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
	"github.com/tollkeeper/tollkeeper/store/postgres"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

// TestPasskeysOnEveryStore makes passkeys, signs in with them, and tries what must not be, with an authenticator that
// knows nothing of this library.
func TestPasskeysOnEveryStore(t *testing.T) {
	stores := map[string]func(t *testing.T) store.Store{
		"memory": func(*testing.T) store.Store { return memory.New() },
		"sqlite": func(t *testing.T) store.Store {
			s, err := sqlite.Open(filepath.Join(t.TempDir(), "passkeys.db"))
			succeeds(t, err)
			t.Cleanup(func() { _ = s.Close() })
			succeeds(t, s.Migrate(t.Context()))
			return s
		},
		"postgres": func(t *testing.T) store.Store {
			pool, err := pgxpool.New(t.Context(), ownDatabase(t))
			succeeds(t, err)
			t.Cleanup(pool.Close)
			s := postgres.New(pool)
			succeeds(t, s.Migrate(t.Context()))
			return s
		},
	}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			kit := authtest.New(t, authtest.WithStore(open(t)), authtest.WithConfig(func(c *tollkeeper.Config) {
				c.Passkeys.Verifier = passkey.New()
			}))
			w := &passkeyWorld{Kit: kit, t: t, user: kit.User()}
			w.story()
		})
	}
}

func succeeds(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// passkeyWorld is a service with one account and the authenticators of its owner.
type passkeyWorld struct {
	*authtest.Kit
	t    *testing.T
	user authtest.Account
}

// device is an authenticator with one key.
type device struct {
	virtualwebauthn.Authenticator
	key virtualwebauthn.Credential
}

func newDevice(counter uint32) *device {
	d := &device{Authenticator: virtualwebauthn.NewAuthenticator()}
	for d.key.Key == nil || len(d.key.Key.AttestationData()) != 77 { // with a leading zero it writes a key that is none
		d.key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	d.key.Counter = counter
	return d
}

var party = virtualwebauthn.RelyingParty{ID: "app.example", Name: "app.example", Origin: authtest.BaseURL}

func (w *passkeyWorld) made(d *device, by *tollkeeper.Identity) (tollkeeper.AddedPasskey, error) {
	w.t.Helper()
	c, err := w.Auth.BeginPasskey(w.t.Context(), by, tollkeeper.PasskeyEnrolment{})
	succeeds(w.t, err)
	o, err := virtualwebauthn.ParseAttestationOptions(string(c.Options))
	succeeds(w.t, err)
	d.Options.UserHandle = []byte(o.UserID)
	answer := tollkeeper.PasskeyAnswer{Ticket: c.Ticket, Response: []byte(virtualwebauthn.CreateAttestationResponse(party, d.Authenticator, d.key, *o))}
	return w.Auth.AddPasskey(w.t.Context(), by, tollkeeper.NewPasskey{Answer: answer})
}

func (w *passkeyWorld) answer(d *device, c tollkeeper.PasskeyChallenge, err error) tollkeeper.PasskeyAnswer {
	w.t.Helper()
	succeeds(w.t, err)
	o, err := virtualwebauthn.ParseAssertionOptions(string(c.Options))
	succeeds(w.t, err)
	if d.key.Counter > 0 {
		d.key.Counter++
	}
	return tollkeeper.PasskeyAnswer{Ticket: c.Ticket, Response: []byte(virtualwebauthn.CreateAssertionResponse(party, d.Authenticator, d.key, *o))}
}

func (w *passkeyWorld) asked(d *device) tollkeeper.PasskeyAnswer {
	w.t.Helper()
	c, err := w.Auth.BeginPasskeySignIn(w.t.Context(), tollkeeper.PasskeySignIn{})
	return w.answer(d, c, err)
}

func (w *passkeyWorld) in(a tollkeeper.PasskeyAnswer) (tollkeeper.SignInResult, error) {
	return w.Auth.SignInWithPasskey(w.t.Context(), tollkeeper.PasskeyRequest{Answer: a})
}

func (w *passkeyWorld) wants(err, want error) {
	w.t.Helper()
	if !errors.Is(err, want) {
		w.t.Errorf("error %v, want %v", err, want)
	}
}

func (w *passkeyWorld) story() {
	ctx := w.t.Context()
	synced, key := newDevice(0), newDevice(1)
	added, err := w.made(synced, w.SignedIn(w.user))
	succeeds(w.t, err)
	res, err := w.in(w.asked(synced))
	succeeds(w.t, err)
	by := w.Identity(string(res.Token))
	_, err = w.made(key, by)
	succeeds(w.t, err)
	other := w.User()
	taken := *key
	_, err = w.made(&taken, w.SignedIn(other))
	w.wants(err, tollkeeper.ErrConflict) // the scope has that id

	// One answer serves once, however often it comes.
	answer := w.asked(key)
	n := w.race(20, func() error { _, err := w.in(answer); return err })
	if n[nil] != 1 || n[tollkeeper.ErrInvalidChallenge]+n[tollkeeper.ErrInvalidCredentials] != 19 || len(w.Events(tollkeeper.EventPasskeyCopied)) != 0 {
		w.t.Errorf("one answer, twenty times: %v, and copies told of: %d", n, len(w.Events(tollkeeper.EventPasskeyCopied)))
	}
	_, err = w.in(answer)
	w.wants(err, tollkeeper.ErrInvalidChallenge)
	if told := len(w.Events(tollkeeper.EventPasskeyCopied)); told != 0 {
		w.t.Errorf("an answer that comes twice is told of as %d copies", told)
	}
	// Copies that count alike: one of them serves, and the store says which.
	var answers [20]tollkeeper.PasskeyAnswer
	for i := range answers {
		copied := *key
		answers[i] = w.asked(&copied)
	}
	next := make(chan tollkeeper.PasskeyAnswer, len(answers))
	for _, a := range answers {
		next <- a
	}
	n = w.race(len(answers), func() error { _, err := w.in(<-next); return err })
	if n[nil] != 1 || n[tollkeeper.ErrInvalidCredentials] != 19 {
		w.t.Errorf("twenty copies: %v", n)
	}

	first := w.SignIn(w.user)
	c, err := w.Auth.BeginPasskeyFactor(ctx, first.Challenge, tollkeeper.Client{})
	res, err = w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: first.Challenge, Passkey: w.answer(synced, c, err)})
	succeeds(w.t, err)
	by = w.Identity(string(res.Token))
	c, err = w.Auth.BeginPasskeyProof(ctx, by)
	succeeds(w.t, w.Auth.Reauthenticate(ctx, by, tollkeeper.Confirmation{Passkey: w.answer(synced, c, err)}))
	succeeds(w.t, w.Auth.RenameFactor(ctx, by, added.Passkey.ID, "Phone"))
	c, err = w.Auth.BeginPasskeyProof(ctx, by)
	succeeds(w.t, w.Auth.RemoveFactor(ctx, by, tollkeeper.FactorRemoval{Factor: added.Passkey.ID, Passkey: w.answer(synced, c, err)}))
	_, err = w.in(w.asked(synced))
	w.wants(err, tollkeeper.ErrInvalidCredentials)
	list, err := w.Auth.Factors(ctx, by)
	if err != nil || len(list) != 1 {
		w.t.Errorf("left are %+v, %v", list, err)
	}
	succeeds(w.t, w.Auth.Host().DeleteAccount(ctx, w.user.ID))
	_, err = w.in(w.asked(key))
	w.wants(err, tollkeeper.ErrInvalidCredentials)
}

// race does something n times at once and counts how it ended.
func (w *passkeyWorld) race(n int, f func() error) map[error]int {
	var mu sync.Mutex
	var all sync.WaitGroup
	ended := map[error]int{}
	for range n {
		all.Go(func() {
			err := f()
			for _, known := range []error{tollkeeper.ErrInvalidChallenge, tollkeeper.ErrInvalidCredentials} {
				if errors.Is(err, known) {
					err = known
				}
			}
			mu.Lock()
			defer mu.Unlock()
			ended[err]++
		})
	}
	all.Wait()
	return ended
}
