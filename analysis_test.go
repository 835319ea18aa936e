package tollkeeper_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// until moves the clock to a day of the year in which every story begins, at its first moment.
func (w *world) until(month time.Month, day int) {
	w.Helper()
	at := time.Date(2000, month, day, 0, 0, 0, 0, time.UTC)
	if w.Now().After(at) {
		w.Fatalf("it is %v already, not %v", w.Now(), at)
	}
	w.Advance(at.Sub(w.Now()))
}

// The figures of a parent that pays for children, in its second month: what was used in the first one does not count
// again, and what this month costs goes on as so far, with the retention on top.
func TestCreditAnalysisOfASecondMonth(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		for i := range 4 {
			w.child(p, fmt.Sprintf("c%d@example.com", i))
		}
		w.until(time.February, 2)
		w.ok(errOf(w.Auth.Host().Grant(ctx, p.ID, 1, "gift"))) // months close up to the newest entry
		time.Sleep(3 * time.Hour)                              // the worker looks every hour
		w.ok(errOf(w.Auth.Host().Charge(ctx, p.ID, "render", "job")))
		w.until(time.February, 11)
		got, err := w.Auth.CreditAnalysis(ctx, p.Identity)
		w.ok(err)
		if b := got.Balance; b != w.Balance(p) || b.Children != 4 || b.FreeUsers != 1 || b.ClosedUsed != 4*5+3*7 {
			t.Fatalf("the balance %+v", b)
		}
		if got.Billable != 3 || got.Retention != 3*7 {
			t.Errorf("%d children are billed %d credits a month, want 3 of 7", got.Billable, got.Retention)
		}
		if want := int64(1_000_000*29/10 + 3*7); got.Projected != want {
			t.Errorf("%d credits are projected, want %d", got.Projected, want)
		}
		if got.Alerts != (tollkeeper.Alerts{Low: true, Critical: true}) {
			t.Errorf("%+v", got.Alerts)
		}
	}, func(c *tollkeeper.Config) {
		c.Credits.InitialCredits, c.Credits.InitialFreeUsers = 1_001_000, 1
		c.Credits.Prices = map[tollkeeper.Operation]int64{"render": 1_000_000, tollkeeper.OpRetention: 7}
	})
}

// Whoever was never given anything has passed no threshold.
func TestCreditAnalysisWithoutAnyGrant(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		got, err := w.Auth.CreditAnalysis(ctx, p.Identity)
		w.ok(err)
		if got.Alerts != (tollkeeper.Alerts{}) || got.Balance != w.Balance(p) || got.Balance.Granted != 0 || got.Projected != 0 {
			t.Errorf("%+v", got)
		}
	}, func(c *tollkeeper.Config) { c.Credits.InitialCredits = -1 })
}

// Figures that cannot be read are no zeros.
func TestCreditAnalysisOfAStoreThatIsAway(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		for _, verb := range []string{"Balance", "ListCredits"} {
			w.store.faults(failing(verb), nil)
			got, err := w.Auth.CreditAnalysis(ctx, p.Identity)
			w.want(err, tollkeeper.ErrUnavailable)
			if got.Balance != (tollkeeper.Balance{}) || got.Packages != nil {
				t.Errorf("%s: %+v", verb, got)
			}
		}
	})
}

// A year of closed months: how many are shown, which ones, and what is refused.
func TestBillingHistory(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.Advance(366 * 24 * time.Hour)
		w.ok(errOf(w.Auth.Host().Grant(ctx, p.ID, 1, "gift"))) // months close up to the newest entry
		time.Sleep(3 * time.Hour)                              // the worker looks every hour
		in := func(m time.Month) time.Time { return time.Date(2000, m, 15, 12, 0, 0, 0, time.UTC) }
		for _, x := range []struct {
			what       string
			q          tollkeeper.BillingQuery
			newest, to time.Month
		}{
			{"ten without a limit", tollkeeper.BillingQuery{}, 12, 3},
			{"the most", tollkeeper.BillingQuery{Limit: 100}, 12, 1},
			{"the least", tollkeeper.BillingQuery{Limit: 1}, 12, 12},
			{"both included", tollkeeper.BillingQuery{From: in(4), To: in(6)}, 6, 4},
			{"one month", tollkeeper.BillingQuery{From: in(4), To: in(4)}, 4, 4},
			{"from a month on", tollkeeper.BillingQuery{From: in(11)}, 12, 11},
			{"up to a month", tollkeeper.BillingQuery{To: in(2)}, 2, 1},
			{"up to the first month of all", tollkeeper.BillingQuery{To: time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)}, 0, 1},
		} {
			months, err := w.Auth.BillingHistory(ctx, p.Identity, x.q)
			w.ok(err)
			if len(months) != int(x.newest-x.to)+1 {
				t.Errorf("%s: %d months", x.what, len(months))
			}
			for i, m := range months {
				if m.Owner != p.ID || m.Month != tollkeeper.MonthOf(in(x.newest))-i {
					t.Errorf("%s: month %d of %s at %d", x.what, m.Month, m.Owner, i)
				}
			}
		}
		for _, limit := range []int{-1, 101} {
			w.want(errOf(w.Auth.BillingHistory(ctx, p.Identity, tollkeeper.BillingQuery{Limit: limit})), tollkeeper.ErrInvalidLimit)
		}
		_, err := w.Auth.BillingHistory(ctx, p.Identity, tollkeeper.BillingQuery{From: in(6), To: in(5)})
		w.want(err, tollkeeper.ErrInvalidInput)
		w.store.faults(failing("ListMonths"), nil)
		w.want(errOf(w.Auth.BillingHistory(ctx, p.Identity, tollkeeper.BillingQuery{})), tollkeeper.ErrUnavailable)
	})
}
