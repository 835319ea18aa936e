package tollkeeper_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

func TestWhatAPasskeyIsNotGoodFor(t *testing.T) {
	tests := map[string]struct {
		do   func(w *world, x *holder) error
		want error
	}{
		"a page of another origin": {func(w *world, x *holder) error {
			x.phone.Origin = "https://evil.example"
			return errOf(w.byPhone(x))
		}, tollkeeper.ErrInvalidCredentials},
		"a page of the same host without TLS": {func(w *world, x *holder) error {
			x.phone.Origin = "http://app.example"
			return errOf(w.byPhone(x))
		}, tollkeeper.ErrInvalidCredentials},
		"an authenticator that asks for no PIN": {func(w *world, x *holder) error {
			x.phone.Unverified = true
			return errOf(w.byPhone(x))
		}, tollkeeper.ErrInvalidCredentials},
		"the same answer twice": {func(w *world, x *holder) error {
			answer := x.phone.Answer(w.askedPasskey(x.Scope()))
			w.ok(errOf(w.byPasskey(answer, x.Scope())))
			return errOf(w.byPasskey(answer, x.Scope()))
		}, tollkeeper.ErrInvalidChallenge},
		"an answer to another question": {func(w *world, x *holder) error {
			answer := x.phone.Answer(w.askedPasskey(x.Scope()))
			answer.Ticket = w.askedPasskey(x.Scope()).Ticket
			return errOf(w.byPasskey(answer, x.Scope()))
		}, tollkeeper.ErrInvalidCredentials},
		"ten minutes later": {func(w *world, x *holder) error {
			answer := x.phone.Answer(w.askedPasskey(x.Scope()))
			w.Advance(10 * time.Minute)
			return errOf(w.byPasskey(answer, x.Scope()))
		}, tollkeeper.ErrInvalidChallenge},
		"a forged ticket": {func(w *world, x *holder) error {
			answer := x.phone.Answer(w.askedPasskey(x.Scope()))
			answer.Ticket = "forged"
			return errOf(w.byPasskey(answer, x.Scope()))
		}, tollkeeper.ErrInvalidChallenge},
		"no ticket": {func(w *world, x *holder) error {
			answer := x.phone.Answer(w.askedPasskey(x.Scope()))
			answer.Ticket = ""
			return errOf(w.byPasskey(answer, x.Scope()))
		}, tollkeeper.ErrInvalidChallenge},
		"another scope": {func(w *world, x *holder) error {
			return errOf(w.byPasskey(x.phone.Answer(w.askedPasskey(x.Scope())), tollkeeper.Under(w.Parent().ID)))
		}, tollkeeper.ErrInvalidChallenge},
		"a question of another scope": {func(w *world, x *holder) error {
			in := tollkeeper.Under(w.Parent().ID)
			return errOf(w.byPasskey(x.phone.Answer(w.askedPasskey(in)), in))
		}, tollkeeper.ErrInvalidCredentials},
		"another audience": {func(w *world, x *holder) error {
			return errOf(w.Auth.SignInWithPasskey(ctx, tollkeeper.PasskeyRequest{
				Answer: x.phone.Answer(w.askedPasskey(x.Scope())), Audience: tollkeeper.AudienceApp, Client: home,
			}))
		}, tollkeeper.ErrInvalidChallenge},
		"a scope that is none": {func(w *world, x *holder) error {
			return errOf(w.byPasskey(x.phone.Answer(w.askedPasskey(x.Scope())), tollkeeper.Under(uuid.Nil)))
		}, tollkeeper.ErrInvalidInput},
		"an account that was deleted": {func(w *world, x *holder) error {
			w.ok(w.Auth.Host().DeleteAccount(ctx, x.ID))
			return errOf(w.byPhone(x))
		}, tollkeeper.ErrInvalidCredentials},
		"an account that was deleted meanwhile": {func(w *world, x *holder) error {
			answer := x.phone.Answer(w.askedPasskey(x.Scope()))
			w.ok(w.Auth.Host().DeleteAccount(ctx, x.ID))
			return errOf(w.byPasskey(answer, x.Scope()))
		}, tollkeeper.ErrInvalidCredentials},
		"an account that is disabled": {func(w *world, x *holder) error {
			w.ok(w.Auth.Host().SetStatus(ctx, x.ID, tollkeeper.StatusDisabled))
			return errOf(w.byPhone(x))
		}, tollkeeper.ErrInactive},
		"the passkey of somebody else": {func(w *world, x *holder) error {
			other := w.holder(w.User())
			first := w.SignIn(x.Account)
			c, err := w.Auth.BeginPasskeyFactor(ctx, first.Challenge, home)
			w.ok(err)
			mine := w.askedPasskey(x.Scope())
			mine.Ticket = c.Ticket
			mine.Options = []byte(strings.Replace(string(mine.Options), challengeIn(w, mine.Options), challengeIn(w, c.Options), 1))
			return errOf(w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: first.Challenge, Passkey: other.phone.Answer(mine)}))
		}, tollkeeper.ErrInvalidCode},
		"the handle of somebody else": {func(w *world, x *holder) error {
			other := w.User()
			answer := x.phone.Answer(w.askedPasskey(x.Scope()))
			answer.Response = []byte(strings.Replace(string(answer.Response), base64Of(x.ID[:]), base64Of(other.ID[:]), 1))
			return errOf(w.byPasskey(answer, x.Scope()))
		}, tollkeeper.ErrInvalidCredentials},
		"no handle": {func(w *world, x *holder) error {
			answer := x.phone.Answer(w.askedPasskey(x.Scope()))
			answer.Response = []byte(strings.Replace(string(answer.Response), base64Of(x.ID[:]), "", 1))
			return errOf(w.byPasskey(answer, x.Scope()))
		}, tollkeeper.ErrInvalidCredentials},
		"another signature": {func(w *world, x *holder) error {
			other := x.phone.Answer(w.askedPasskey(x.Scope()))
			answer := x.phone.Answer(w.askedPasskey(x.Scope()))
			answer.Response = []byte(strings.Replace(string(answer.Response), member(w, answer.Response, "signature"), member(w, other.Response, "signature"), 1))
			return errOf(w.byPasskey(answer, x.Scope()))
		}, tollkeeper.ErrInvalidCredentials},
		"64 KiB of junk": {func(w *world, x *holder) error {
			junk := tollkeeper.PasskeyAnswer{Ticket: w.askedPasskey(x.Scope()).Ticket, Response: bytes.Repeat([]byte("["), 64<<10)}
			return errOf(w.byPasskey(junk, x.Scope()))
		}, tollkeeper.ErrInvalidCredentials},
		"a session of the account does not make its own second factor's answer": {func(w *world, x *holder) error {
			first := w.SignIn(x.Account)
			c, err := w.Auth.BeginPasskeyFactor(ctx, first.Challenge, home)
			w.ok(err)
			return errOf(w.byPasskey(x.phone.Answer(c), x.Scope()))
		}, tollkeeper.ErrInvalidChallenge},
		"a verifier that panics": {func(w *world, x *holder) error {
			k := w.Another(authtest.WithConfig(func(c *tollkeeper.Config) { c.Passkeys.Verifier = badVerifier{c.Passkeys.Verifier} }))
			answer := x.phone.Answer(w.askedPasskey(x.Scope()))
			return errOf(k.Auth.SignInWithPasskey(ctx, tollkeeper.PasskeyRequest{Answer: answer, Client: home}))
		}, tollkeeper.ErrInvalidCredentials},
		"a service that has turned passkeys off": {func(w *world, x *holder) error {
			k := w.Another(authtest.WithConfig(func(c *tollkeeper.Config) { c.Passkeys = tollkeeper.Passkeys{} }))
			if m := k.SignIn(x.Account).Methods; !slices.Equal(m, []string{"recovery"}) {
				t.Errorf("the challenge ends by %v", m)
			}
			answer := x.phone.Answer(w.askedPasskey(x.Scope()))
			return errOf(k.Auth.SignInWithPasskey(ctx, tollkeeper.PasskeyRequest{Answer: answer, Client: home}))
		}, tollkeeper.ErrDisabled},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				x := w.holder(w.User())
				w.want(tt.do(w, x), tt.want)
			})
		})
	}
}

// member returns a member of an answer, or of its response.
func member(w *world, answer []byte, name string) string {
	w.Helper()
	var parts struct {
		Challenge string
		Response  map[string]string
	}
	w.ok(json.Unmarshal(answer, &parts))
	if name == "challenge" {
		return parts.Challenge
	}
	return parts.Response[name]
}

func challengeIn(w *world, options []byte) string { return member(w, options, "challenge") }

func base64Of(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// badVerifier is a verifier that a hostile answer brings down.
type badVerifier struct{ tollkeeper.PasskeyVerifier }

func (badVerifier) VerifyAssertion(tollkeeper.PasskeyCeremony, tollkeeper.PasskeyRecord, []byte) (tollkeeper.PasskeyAssertion, error) {
	panic("index out of range")
}

// Whoever writes to the database does not sign in with a key of theirs: what is kept of a passkey is sealed for its
// account and its factor.
func TestAPasskeyIsSealedForItsOwner(t *testing.T) {
	story(t, func(w *world) {
		x, thief := w.holder(w.User()), w.holder(w.User())
		of := func(a authtest.Account) (tollkeeper.Account, store.Factor) {
			s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: a.ID, Credentials: true})
			w.ok(err)
			return s.Account, s.Factors[0]
		}
		account, mine := of(x.Account)
		_, theirs := of(thief.Account)
		mine.Sealed = theirs.Sealed
		_, _, err := w.store.Store.UpdateAccount(ctx, store.Change{Account: account, PutFactors: []store.Factor{mine}}, w.Now())
		w.ok(err)
		_, err = w.byPhone(x)
		w.want(err, tollkeeper.ErrInternal) // it cannot be read, whosever it is
	})
}

func TestPasskeysAreConfiguredAsBrowsersTakeThem(t *testing.T) {
	for name, tt := range map[string]struct {
		edit func(*tollkeeper.Config)
		good bool
	}{
		"the zero values":              {func(c *tollkeeper.Config) {}, true},
		"a domain above the service's": {func(c *tollkeeper.Config) { c.BaseURL, c.Passkeys.Domain = "https://app.acme.example", "acme.example" }, true},
		"an app of Android's": {func(c *tollkeeper.Config) {
			c.Passkeys.Origins = []string{"android:apk-key-hash:abc", "https://app.example"}
		}, true},
		"this machine": {func(c *tollkeeper.Config) { c.BaseURL = "http://localhost:8080" }, true},
		"more origins than a ticket holds": {func(c *tollkeeper.Config) {
			c.Passkeys.Origins = slices.Repeat([]string{"https://app.example"}, 21)
		}, false},
		"an origin that is an essay": {func(c *tollkeeper.Config) {
			c.Passkeys.Origins = []string{"https://" + strings.Repeat("a.", 50) + "app.example"}
		}, false},
		"an address":                         {func(c *tollkeeper.Config) { c.BaseURL = "http://127.0.0.1:8080" }, false},
		"another domain":                     {func(c *tollkeeper.Config) { c.Passkeys.Domain = "other.example" }, false},
		"a domain with a port":               {func(c *tollkeeper.Config) { c.Passkeys.Domain = "app.example:443" }, false},
		"an origin without TLS":              {func(c *tollkeeper.Config) { c.Passkeys.Origins = []string{"http://app.example"} }, false},
		"an origin with a path":              {func(c *tollkeeper.Config) { c.Passkeys.Origins = []string{"https://app.example/"} }, false},
		"an origin of another service":       {func(c *tollkeeper.Config) { c.Passkeys.Origins = []string{"https://evil.example"} }, false},
		"an origin that only ends like ours": {func(c *tollkeeper.Config) { c.Passkeys.Origins = []string{"https://notapp.example"} }, false},
	} {
		c := minimal()
		c.Passkeys.Verifier = badVerifier{}
		tt.edit(&c)
		auth, err := tollkeeper.New(memory.New(), c)
		if err == nil {
			auth.Close(ctx)
		}
		if (err == nil) != tt.good || err != nil && !errors.Is(err, tollkeeper.ErrInvalidInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOneAnswerMakesOneSession(t *testing.T) {
	story(t, func(w *world) {
		x := w.holder(w.User())
		answer := x.phone.Answer(w.askedPasskey(x.Scope()))
		n := tally(atOnce(20, func(int) error { return errOf(w.byPasskey(answer, x.Scope())) }))
		if n["ok"] != 1 || n["invalid_challenge"] != 19 {
			t.Errorf("an answer that came twenty times: %v", n)
		}
	}, unlimited)
}

func TestOneCountServesOnce(t *testing.T) {
	story(t, func(w *world) {
		x := w.User()
		phone := w.Passkey()
		phone.Counter = 1
		w.AddPasskey(x, phone)
		answers := make([]tollkeeper.PasskeyAnswer, 20)
		for i := range answers {
			answers[i] = phone.Clone().Answer(w.askedPasskey(x.Scope())) // each says 2
		}
		n := tally(atOnce(len(answers), func(i int) error { return errOf(w.byPasskey(answers[i], x.Scope())) }))
		if n["ok"] != 1 || n["invalid_credentials"] != 19 {
			t.Errorf("twenty copies at once: %v", n)
		}
	}, unlimited)
}
