package tollkeeper_test

import (
	"testing"

	"github.com/tollkeeper/tollkeeper"
)

// Five tries of whoever asked, at their own code; a stranger's tries do not count there, nor theirs at the stranger's.
func TestCodesAreTriedByWhoAskedForThem(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.confirmed(p)
		thief := from("203.0.113.1")
		w.ok(w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Scope: keyed(p), Email: p.Email, Client: thief}))
		stolen := w.LastCode(p.Email)
		code := w.mailCode(p)
		if code == stolen {
			t.Skip("the same code twice, once in a million")
		}
		steal := func(code string) error {
			_, err := w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Scope: keyed(p), Email: p.Email, Code: tollkeeper.SecretText(code), Client: thief})
			return err
		}
		for range 30 {
			w.want(steal(not(stolen)), tollkeeper.ErrInvalidCredentials)
		}
		w.want(steal(stolen), tollkeeper.ErrInvalidCredentials)
		w.want(steal(code), tollkeeper.ErrInvalidCredentials)
		_, err := w.verify(p, code)
		w.ok(err)
	}, unlimited)
}

// What is silent is charged all the same.
func TestSilentRequestsAreCharged(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		got := tally(atOnce(1000, func(int) error {
			return w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Scope: keyed(p), Email: p.Email, Client: from("192.0.2.1")})
		}))
		if got["ok"] > 10 || got["rate_limited"] < 990 {
			t.Error(got)
		}
	})
}

// Wrong codes of an asker do not use up the ten tries of all others.
func TestAskersTriesAreTheirOwn(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		code := w.mailCode(p)
		w.ok(w.miss(p, code, 15))
		_, err := w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Scope: keyed(p), Email: p.Email, Code: tollkeeper.SecretText(not(code)), Client: from("203.0.113.9")})
		w.want(err, tollkeeper.ErrInvalidCredentials)
	}, unlimited, func(c *tollkeeper.Config) { c.Limits.CodeTries = tollkeeper.Limit{} })
}
