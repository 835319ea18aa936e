package tollkeeper_test

import (
	"testing"
	"time"
)

// A network is recognised for thirty days after the last sign-in, and by whoever signed in last.
func TestRecognitionIsRenewed(t *testing.T) {
	const laptop = "192.0.2.1"
	t.Run("by a later sign-in", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			for range 4 {
				w.ok(w.guess(p, password, laptop))
				w.Advance(16 * 24 * time.Hour)
			}
			w.fails(p, 20, farAway)
			w.ok(w.guess(p, password, laptop))
		}, unlimited)
	})
	t.Run("not by each, but on another day, or every sign-in would write", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			marks := func(after time.Duration) int {
				w.Advance(after)
				w.store.watch()
				w.ok(w.guess(p, password, laptop))
				return len(w.store.session().Release.Marks)
			}
			for _, tt := range []struct {
				after time.Duration
				want  int
			}{{0, 2}, {time.Second, 0}, {24*time.Hour - 2*time.Second, 0}, {2 * time.Second, 2}, {time.Second, 0}} {
				if got := marks(tt.after); got != tt.want {
					t.Errorf("%v later %d marks are written, want %d", tt.after, got, tt.want)
				}
			}
		}, unlimited)
	})
	t.Run("by the next owner of the address", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			before := w.child(p, "c@example.com")
			w.ok(w.guess(before, password, laptop))
			w.ok(w.Auth.Host().DeleteAccount(ctx, before.ID))
			after := w.child(p, "c@example.com")
			w.ok(w.guess(after, password, laptop))
			w.fails(after, 20, farAway)
			w.ok(w.guess(after, password, laptop))
		}, unlimited)
	})
}
