package tollkeeper_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

func priced(c *tollkeeper.Config) {
	c.Credits.InitialCredits = 1000
	c.Credits.Prices = map[tollkeeper.Operation]int64{"render": 3, "report": 5}
}

// books are the two ways to read an account book: as its owner, and as the host.
var books = map[string]struct {
	ledger func(w *world, p authtest.Account, q tollkeeper.LedgerQuery) (tollkeeper.LedgerPage, error)
	usage  func(w *world, p authtest.Account, q tollkeeper.UsageQuery) ([]tollkeeper.DayUsage, error)
}{
	"by its owner": {
		func(w *world, p authtest.Account, q tollkeeper.LedgerQuery) (tollkeeper.LedgerPage, error) {
			return w.Auth.Ledger(ctx, p.Identity, q)
		},
		func(w *world, p authtest.Account, q tollkeeper.UsageQuery) ([]tollkeeper.DayUsage, error) {
			return w.Auth.Usage(ctx, p.Identity, q)
		},
	},
	"by the host": {
		func(w *world, p authtest.Account, q tollkeeper.LedgerQuery) (tollkeeper.LedgerPage, error) {
			return w.Auth.Host().Ledger(ctx, p.ID, q)
		},
		func(w *world, p authtest.Account, q tollkeeper.UsageQuery) ([]tollkeeper.DayUsage, error) {
			return w.Auth.Host().Usage(ctx, p.ID, q)
		},
	},
}

func TestLedger(t *testing.T) {
	for name, book := range books {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				p, q := w.parent("p@example.com"), w.parent("q@example.com")
				for i := range 6 {
					time.Sleep(time.Hour)
					w.ok(errOf(w.Auth.Host().Charge(ctx, p.ID, []tollkeeper.Operation{"render", "report"}[i%2], fmt.Sprint("job", i))))
				}
				first, err := book.ledger(w, p, tollkeeper.LedgerQuery{Limit: 4})
				w.ok(err)
				if len(first.Entries) != 4 || first.Entries[0].Key != "host:job5" || first.Entries[3].Key != "host:job2" || first.Next == "" {
					t.Fatalf("%+v", first)
				}
				rest, err := book.ledger(w, p, tollkeeper.LedgerQuery{Limit: 4, Cursor: first.Next})
				w.ok(err)
				if len(rest.Entries) != 3 || rest.Entries[2].Operation != tollkeeper.OpGrant || rest.Next != "" {
					t.Fatalf("%+v", rest)
				}
				_, err = book.ledger(w, p, tollkeeper.LedgerQuery{Limit: 4, Operation: "render", Cursor: first.Next})
				w.want(err, tollkeeper.ErrInvalidCursor)
				_, err = book.ledger(w, q, tollkeeper.LedgerQuery{Limit: 4, Cursor: first.Next})
				w.want(err, tollkeeper.ErrInvalidCursor)
				of, err := book.ledger(w, p, tollkeeper.LedgerQuery{Operation: "report", From: first.Entries[2].At, To: first.Entries[0].At, Oldest: true})
				w.ok(err)
				if len(of.Entries) != 1 || of.Entries[0].Key != "host:job3" {
					t.Errorf("%+v", of)
				}
				for want, bad := range map[error]tollkeeper.LedgerQuery{
					tollkeeper.ErrInvalidLimit: {Limit: 101}, tollkeeper.ErrInvalidInput.WithField("operation"): {Operation: "a\nb"},
					tollkeeper.ErrInvalidInput.WithField("range"): {From: w.Now(), To: w.Now().Add(-time.Second)},
				} {
					w.want(errOf(book.ledger(w, p, bad)), want)
				}
			}, priced)
		})
	}
}

func TestBooksAreTheirOwners(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		x := w.child(p, "c@example.com")
		for name, book := range books {
			w.want(errOf(book.ledger(w, x, tollkeeper.LedgerQuery{})), tollkeeper.ErrForbidden)
			w.want(errOf(book.usage(w, x, tollkeeper.UsageQuery{})), tollkeeper.ErrForbidden)
			if name == "by the host" {
				nobody := authtest.Account{ID: uuid.New()}
				w.want(errOf(book.ledger(w, nobody, tollkeeper.LedgerQuery{})), tollkeeper.ErrNotFound)
				w.want(errOf(book.usage(w, nobody, tollkeeper.UsageQuery{})), tollkeeper.ErrNotFound)
			}
		}
		w.want(errOf(w.Auth.Host().CreditAnalysis(ctx, x.ID)), tollkeeper.ErrForbidden)
		w.want(errOf(w.Auth.Host().BillingHistory(ctx, x.ID, tollkeeper.BillingQuery{})), tollkeeper.ErrForbidden)
		w.want(errOf(w.Auth.Host().BillingHistory(ctx, uuid.New(), tollkeeper.BillingQuery{})), tollkeeper.ErrNotFound)
		own, err := w.Auth.CreditAnalysis(ctx, p.Identity)
		w.ok(err)
		if got, err := w.Auth.Host().CreditAnalysis(ctx, p.ID); err != nil || got.Balance != own.Balance || got.Projected != own.Projected {
			t.Errorf("%+v, %v", got, err)
		}
	}, priced)
}

// Days that are over are read once; today is read each time.
func TestUsage(t *testing.T) {
	for name, book := range books {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				day := w.Now().Truncate(24 * time.Hour)
				spend := func(op tollkeeper.Operation, key string) {
					w.Helper()
					w.ok(errOf(w.Auth.Host().Charge(ctx, p.ID, op, key)))
				}
				spend("render", "a")
				spend("render", "b")
				spend("report", "c")
				w.Advance(50 * time.Hour)
				spend("render", "d")
				want := []tollkeeper.DayUsage{
					{Day: day, Operation: tollkeeper.OpGrant, Entries: 1, Credits: 1000},
					{Day: day, Operation: "render", Entries: 2, Credits: -6}, {Day: day, Operation: "report", Entries: 1, Credits: -5},
					{Day: day.AddDate(0, 0, 2), Operation: "render", Entries: 1, Credits: -3},
				}
				read := func(q tollkeeper.UsageQuery, verbs int, want []tollkeeper.DayUsage) {
					w.Helper()
					w.store.watch()
					got, err := book.usage(w, p, q)
					w.ok(err)
					if fmt.Sprint(got) != fmt.Sprint(want) {
						t.Errorf("%v, want %v", got, want)
					}
					sums := 0
					for _, v := range w.store.verbs() {
						if v == "SumCredits" {
							sums++
						}
					}
					if sums != verbs {
						t.Errorf("%d sums, want %d", sums, verbs)
					}
				}
				read(tollkeeper.UsageQuery{}, 1, want)
				read(tollkeeper.UsageQuery{From: day, To: day.AddDate(0, 0, 1)}, 0, want[:3])
				spend("render", "e")
				want[3].Entries, want[3].Credits = 2, -6
				read(tollkeeper.UsageQuery{}, 1, want)
				w.Advance(20 * time.Hour)
				for _, q := range []tollkeeper.UsageQuery{{From: day, To: day.AddDate(0, 0, 400)}, {From: day, To: day.AddDate(0, 0, -1)}} {
					w.want(errOf(book.usage(w, p, q)), tollkeeper.ErrInvalidInput.WithField("range"))
				}
				w.ok(errOf(book.usage(w, p, tollkeeper.UsageQuery{From: day, To: day.AddDate(0, 0, 399)})))
			}, priced)
		})
	}
}

func TestProjection(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	ago := func(days int, op tollkeeper.Operation, credits int64) tollkeeper.DayUsage {
		return tollkeeper.DayUsage{Day: now.Truncate(24*time.Hour).AddDate(0, 0, -days), Operation: op, Entries: 1, Credits: credits}
	}
	full := ago(30, "render", 0)
	for name, c := range map[string]struct {
		balance int64
		usage   []tollkeeper.DayUsage
		after   time.Duration
		ok      bool
	}{
		"nothing was used":             {100, nil, 0, false},
		"only bought":                  {100, []tollkeeper.DayUsage{full, ago(2, tollkeeper.OpPackage, 50), ago(3, tollkeeper.OpGrant, 5)}, 0, false},
		"one a day":                    {10, []tollkeeper.DayUsage{full, ago(1, "render", -30)}, 10 * 24 * time.Hour, true},
		"what was refunded":            {10, []tollkeeper.DayUsage{full, ago(1, "render", -60), ago(0, tollkeeper.OpRefund, 30)}, 10 * 24 * time.Hour, true},
		"more refunded than used":      {10, []tollkeeper.DayUsage{full, ago(1, "render", -6), ago(0, tollkeeper.OpRefund, 30)}, 0, false},
		"a book of two days":           {10, []tollkeeper.DayUsage{ago(2, tollkeeper.OpGrant, 35), ago(1, "render", -25)}, 24 * time.Hour, true},
		"a book of today":              {10, []tollkeeper.DayUsage{ago(0, "render", -10)}, 24 * time.Hour, true},
		"nothing left":                 {0, []tollkeeper.DayUsage{full, ago(1, "render", -30)}, 0, true},
		"what is long over":            {10, []tollkeeper.DayUsage{ago(90, "render", -3000), full, ago(1, "render", -30)}, 10 * 24 * time.Hour, true},
		"in more than a hundred years": {1 << 62, []tollkeeper.DayUsage{full, ago(1, "render", -30)}, 0, false},
	} {
		end, ok := tollkeeper.Projection(c.balance, c.usage, now)
		if ok != c.ok || ok && end.Sub(now.Add(c.after)).Abs() > time.Minute {
			t.Errorf("%s: %v, %v; want %v, %v", name, end.Sub(now), ok, c.after, c.ok)
		}
	}
}
