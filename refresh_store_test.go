package tollkeeper_test

import (
	"slices"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// Where a session may be over by the configuration, a store that cannot tell lets nobody go on, and uses nothing up.
func TestRefreshWithoutWordOfTheSession(t *testing.T) {
	story(t, func(w *world) {
		res := w.signIn(w.parent("p@example.com"))
		w.store.watch()
		w.store.faults(failing("Session"), nil)
		w.want(errOf(w.Auth.Refresh(ctx, res.Refresh, home)), tollkeeper.ErrUnavailable)
		if slices.Contains(w.store.verbs(), "RotateSession") {
			t.Error("the token is used up")
		}
		w.store.faults(nil, nil)
		w.ok(errOf(w.Auth.Refresh(ctx, res.Refresh, home)))
	}, unlimited, func(c *tollkeeper.Config) {
		c.Refresh.Idle, c.Tokens.Idle = 24*time.Hour, time.Hour
	})
}

// A refresh is a use of the session: it does not idle. Its moments are whole seconds, as the token's.
func TestARefreshIsAUse(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		res := w.signIn(p)
		for range 3 {
			w.Advance(50*time.Minute + 700*time.Millisecond)
			next, err := w.Auth.Refresh(ctx, res.Refresh, home)
			w.ok(err)
			if next.ExpiresAt.Nanosecond() != 0 {
				t.Errorf("the token ends at %v", next.ExpiresAt)
			}
			res = next
			time.Sleep(2 * time.Second) // the worker notes that it was used
		}
	}, unlimited, func(c *tollkeeper.Config) {
		c.Refresh.Idle, c.Tokens.Idle = 24*time.Hour, time.Hour
	})
}

// The owner of a stolen token who cannot be found is told nothing, and the thief gets nothing.
func TestAStolenTokenOfNobody(t *testing.T) {
	story(t, func(w *world) {
		res := w.signIn(w.parent("p@example.com"))
		next, err := w.Auth.Refresh(ctx, res.Refresh, home)
		w.ok(err)
		w.ok(errOf(w.Auth.Refresh(ctx, next.Refresh, home)))
		w.Advance(time.Hour)
		w.store.watch()
		w.store.faults(failing("FindAccount"), nil)
		w.want(errOf(w.Auth.Refresh(ctx, res.Refresh, home)), tollkeeper.ErrInvalidToken)
		if slices.Contains(w.store.verbs(), "QueueMail") {
			t.Error("a mail to nobody")
		}
	}, unlimited, func(c *tollkeeper.Config) { c.Refresh.Idle = 24 * time.Hour })
}
