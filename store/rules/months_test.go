package rules_test

import (
	"math"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

func TestAPriceBelowZeroMakesNoSense(t *testing.T) {
	for price, want := range map[int64]bool{-1: true, 0: false, 1: false} {
		if rules.SenselessPrice(price) != want {
			t.Errorf("%d: %v", price, !want)
		}
	}
}

func TestMonthsCloseUpToTheNewestEntry(t *testing.T) {
	for _, c := range []struct{ latest, month, want int }{{0, 24100, -1}, {24100, 24100, 24099}, {24101, 24100, 24100}, {24109, 24100, 24100}} {
		if got := rules.Closable(c.latest, c.month); got != c.want {
			t.Errorf("up to %d with an entry of %d: %d, want %d", c.month, c.latest, got, c.want)
		}
	}
}

func TestRetentionIsDueAsFarAsTheBalanceGoes(t *testing.T) {
	for name, c := range map[string]struct {
		tenant rules.Tenant
		price  int64
		want   int64
	}{
		"nobody":                 {rules.Tenant{Balance: store.Balance{Credits: 10}}, 1, 0},
		"all are free":           {rules.Tenant{Balance: store.Balance{Credits: 10, Children: 3, FreeUsers: 3}}, 1, 0},
		"those beyond":           {rules.Tenant{Balance: store.Balance{Credits: 10, Children: 5, FreeUsers: 3}}, 2, 4},
		"what a price divides":   {rules.Tenant{Balance: store.Balance{Credits: 10, Children: 3}}, 3, 9},
		"short by two":           {rules.Tenant{Balance: store.Balance{Credits: 10, Children: 4}}, 3, 10},
		"as far as it goes":      {rules.Tenant{Balance: store.Balance{Credits: 3, Children: 5}}, 1, 3},
		"it costs nothing":       {rules.Tenant{Balance: store.Balance{Credits: 3, Children: 5}}, 0, 0},
		"too much to be counted": {rules.Tenant{Balance: store.Balance{Credits: 7, Children: math.MaxInt64}}, math.MaxInt64, 7},
		"a house":                {rules.Tenant{House: true, Balance: store.Balance{Credits: 3, Children: 5}}, 1, 0},
		"deleted":                {rules.Tenant{Status: store.StatusDeleted, Balance: store.Balance{Credits: 3, Children: 5}}, 1, 0},
	} {
		if got := -rules.Due(c.tenant, c.price, now).Amount; got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestRetentionEntryIsTheSameForTheSameMonth(t *testing.T) {
	at := time.Date(2026, 4, 1, 0, 0, 1, 0, time.UTC)
	tenant := rules.Tenant{Owner: parent, Balance: store.Balance{Credits: 9, Children: 4, ClosedMonth: 2026*12 + 1}}
	a := rules.Due(tenant, 1, at)
	if a.Key != "retention:2026-03" || a.Amount != -4 || a.Operation != store.OpRetention || a.ID.Version() != 7 {
		t.Fatalf("%+v", a)
	}
	if b := rules.Due(tenant, 1, at); b != a {
		t.Errorf("%+v, then %+v", a, b)
	}
	tenant.Owner = other
	if b := rules.Due(tenant, 1, at); b.ID == a.ID {
		t.Error("another owner has the same id")
	}
}

func TestClose(t *testing.T) {
	tenant := rules.Tenant{Owner: parent, Balance: store.Balance{
		Credits: 9, Granted: 20, Used: 11, Children: 4, FreeUsers: 1, ClosedMonth: store.MonthOf(now) - 2, ClosedUsed: 5,
	}}
	due := rules.Due(tenant, 2, now)
	for _, paid := range []bool{false, true} {
		got := rules.Close(store.Closing{}, tenant, due, paid)
		b, m := tenant.Balance, store.Month{Owner: parent, Month: store.MonthOf(now) - 1, Users: 4, FreeUsers: 1, Operations: 6, Credits: 9, At: now}
		if !paid {
			rules.Debit(&b, store.OpRetention, 6, now)
			m.Retention, m.Credits = 6, 3
		}
		b.ClosedMonth, b.ClosedUsed = m.Month, b.Used
		if got.Balance != b || got.Month != m || (got.Entry == nil) != paid || got.Entry != nil && got.Entry.Balance != 3 {
			t.Errorf("paid %v: closed %+v", paid, got)
		}
	}
}
