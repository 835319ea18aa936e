package rules

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// Tenant is a root account whose month is to be closed.
type Tenant struct {
	Owner   uuid.UUID
	Status  store.Status
	House   bool
	Balance store.Balance
}

// SenselessPrice reports whether no month can be closed at the price of a child.
func SenselessPrice(price int64) bool { return price < 0 }

// Closable returns the newest month that may be settled of those up to month, where latest is the newest LatestMonth of
// the store. A month has ended when an entry of a later one stands; whether the caller's clock says so is not enough.
func Closable(latest, month int) int { return min(month, latest-1) }

// Due returns the entry of the tenant's oldest open month. Its Amount is price for each child beyond the free ones, as
// far as the balance goes: there is no debt. Houses and deleted accounts owe nothing. Its Key is the same for the same
// month, and its id is derived from it.
func Due(t Tenant, price int64, now time.Time) store.LedgerEntry {
	month := t.Balance.ClosedMonth + 1
	key := fmt.Sprintf("retention:%d-%02d", month/12, month%12+1)
	return store.LedgerEntry{ID: DerivedID(t.Owner, key, now), Owner: t.Owner, Key: key, Operation: store.OpRetention, Amount: -retention(t, price), At: Whole(now)}
}

func retention(t Tenant, price int64) int64 {
	b := t.Balance
	billable := max(0, b.Children-b.FreeUsers)
	switch {
	case t.House || t.Status == store.StatusDeleted || billable == 0 || price == 0:
		return 0
	case billable > b.Credits/price:
		return b.Credits
	}
	return billable * price
}

// Closed is a month that was settled.
type Closed struct {
	Balance store.Balance
	Month   store.Month
	Entry   *store.LedgerEntry // to be written; nil: it costs nothing
	Told    Told               // to be written, too
}

// Close settles the tenant's oldest open month. entry is what is [Due]; paid, asked only where that is below zero,
// tells that an entry of the owner has its [Name.Key].
func Close(c store.Closing, t Tenant, entry store.LedgerEntry, paid bool) Closed {
	b := t.Balance
	done := Closed{Month: store.Month{
		Owner: t.Owner, Month: b.ClosedMonth + 1, Users: b.Children, FreeUsers: b.FreeUsers, Operations: b.Used - b.ClosedUsed, At: entry.At,
	}}
	if debit := -entry.Amount; debit > 0 && !paid {
		Debit(&b, entry.Operation, debit, entry.At)
		entry.Balance, done.Month.Retention = b.Credits, debit
		done.Entry, done.Told = &entry, tell(c.Tell, &entry, t.Balance, b)
		if c.Log {
			done.Told.Events = append(done.Told.Events, closedMonth(&entry))
		}
	}
	b.ClosedMonth, b.ClosedUsed = done.Month.Month, b.Used
	done.Month.Credits, done.Balance = b.Credits, b
	return done
}

func closedMonth(e *store.LedgerEntry) store.Event {
	return store.Event{
		ID: DerivedID(e.Owner, "closed:"+e.Key, e.At), At: e.At, Name: store.EventMonthClosed, Scope: store.Root,
		Account: e.Owner, Credits: e.Amount, Count: 1,
	}
}
