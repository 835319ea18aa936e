package tollkeeper_test

import (
	"errors"
	"fmt"
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

// The ten tries of all others are an address's, over all scopes: guesses must not multiply by tenants.
func TestStrangersTriesOfAnAddressAreCountedOverAllScopes(t *testing.T) {
	story(t, func(w *world) {
		var scopes []tollkeeper.Scope
		for i := range 3 {
			p := w.parent(fmt.Sprintf("p%d@example.com", i))
			c := w.child(p, "victim@example.com")
			w.mailCode(c)
			scopes = append(scopes, keyed(c), tollkeeper.UnderNumber(p.Number))
		}
		looked := 0
		for i := range 60 {
			_, err := w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{
				Scope: scopes[i%len(scopes)], Email: "victim@example.com", Code: "000000", Client: from(farAway(i)),
			})
			switch {
			case errors.Is(err, tollkeeper.ErrInvalidCredentials):
				looked++
			default:
				w.want(err, tollkeeper.ErrRateLimited)
			}
		}
		if looked != 10 {
			w.Errorf("%d codes were tried, want 10", looked)
		}
	}, unlimited, func(c *tollkeeper.Config) { c.Limits.CodeTries = tollkeeper.Limit{} })
}
