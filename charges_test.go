package tollkeeper_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
)

// What costs nothing says what is left, and leaves neither a line in the account book nor an event.
func TestAChargeOfNothingLeavesNoTrace(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		before, lines := w.Balance(p), len(w.Ledger(p))
		b, err := w.Auth.Host().Charge(ctx, p.ID, "free", "job")
		w.ok(err)
		if b != before || w.Balance(p) != before || len(w.Ledger(p)) != lines {
			t.Errorf("%+v after %+v, and the book has %v", b, before, w.Ledger(p))
		}
		if told := w.Events(tollkeeper.EventCharged); len(told) != 0 {
			t.Errorf("told %+v", told)
		}
		w.want(errOf(w.Auth.Host().Charge(ctx, uuid.New(), "free", "job")), tollkeeper.ErrNotFound)
		w.store.faults(failing("Balance"), nil)
		w.want(errOf(w.Auth.Host().Charge(ctx, p.ID, "free", "job")), tollkeeper.ErrUnavailable)
	}, func(c *tollkeeper.Config) { c.Credits.Prices = map[tollkeeper.Operation]int64{"free": 0} })
}

// A gift never takes anything away.
func TestAGrantIsAboveZero(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		before, lines := w.Balance(p), len(w.Ledger(p))
		for _, credits := range []int64{0, -1, -1000} {
			_, err := w.Auth.Host().Grant(ctx, p.ID, credits, fmt.Sprint("gift ", credits))
			w.want(err, tollkeeper.ErrInvalidInput)
			if e, ok := errors.AsType[*tollkeeper.Error](err); !ok || e.Field != "credits" {
				t.Errorf("%d credits: %v", credits, err)
			}
		}
		if b := w.Balance(p); b != before || len(w.Ledger(p)) != lines {
			t.Errorf("%+v after %+v, and the book has %v", b, before, w.Ledger(p))
		}
		w.ok(errOf(w.Auth.Host().Grant(ctx, p.ID, 1, "gift")))
	})
}

// An event of the account book says whose it is, which operation it was about, and how many credits moved.
func TestEventsTellWhatMovedCredits(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		host := w.Auth.Host()
		for i, x := range []struct {
			do      func() (tollkeeper.Balance, error)
			name    tollkeeper.EventName
			detail  string
			credits int64
		}{
			{func() (tollkeeper.Balance, error) { return host.Charge(ctx, p.ID, "render", "job") }, tollkeeper.EventCharged, "render", -40},
			{func() (tollkeeper.Balance, error) { return host.Grant(ctx, p.ID, 7, "gift") }, tollkeeper.EventCredited, "grant", 7},
			{func() (tollkeeper.Balance, error) {
				return host.GrantPackage(ctx, p.ID, tollkeeper.Purchase{Package: "GROWTH", TransactionID: "tx-1"})
			}, tollkeeper.EventCredited, "package", 55_000},
		} {
			before := len(w.Events(x.name))
			for range 2 { // again with the same key it is not told again
				w.ok(errOf(x.do()))
			}
			told := w.Events(x.name)[before:]
			if len(told) != 1 || told[0].Account != p.ID || told[0].Detail != x.detail || told[0].Credits != x.credits {
				t.Errorf("%d: told %+v, want %s of %d", i, told, x.detail, x.credits)
			}
		}
	}, func(c *tollkeeper.Config) { c.Credits.Prices = map[tollkeeper.Operation]int64{"render": 40} })
}

// Where no threshold lies between two balances the host is told of none, however much moves.
func TestNoThresholdNoAlert(t *testing.T) {
	for name, initial := range map[string]int64{"half is used": 100, "nothing was ever granted": -1} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				if initial > 0 {
					w.ok(errOf(w.Auth.Host().Charge(ctx, p.ID, "render", "half")))
				}
				w.ok(errOf(w.Auth.Host().Grant(ctx, p.ID, 1000, "gift")))
				w.ok(errOf(w.Auth.Host().Charge(ctx, p.ID, "render", "more")))
				w.ok(errOf(w.Auth.Host().Refund(ctx, p.ID, "more")))
				if told, mails := w.Events(tollkeeper.EventCreditAlert), w.Mails(p.Email, tollkeeper.MailCreditAlert); len(told)+len(mails) != 0 {
					t.Errorf("told %+v, mailed %d", told, len(mails))
				}
			}, func(c *tollkeeper.Config) {
				c.Credits.InitialCredits, c.Credits.Prices = initial, map[tollkeeper.Operation]int64{"render": 50}
			})
		})
	}
}

// A bad key is told before the operation has a price, too.
func TestAFreeChargeHasAKeyToo(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		for _, key := range []string{"", "a\nb"} {
			w.want(errOf(w.Auth.Host().Charge(ctx, p.ID, "free", key)), tollkeeper.ErrInvalidInput)
		}
	}, func(c *tollkeeper.Config) { c.Credits.Prices = map[tollkeeper.Operation]int64{"free": 0} })
}
