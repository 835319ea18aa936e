package storetest

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

func (w *twins) apply() {
	e := store.LedgerEntry{
		ID: w.entry(), Owner: w.any(w.tenants), Key: w.key(), Operation: store.OpPackage, Amount: int64(w.d.roll(30)), At: w.at,
	}
	switch w.d.roll(6) {
	case 0, 1:
		debit := one(w, w.debits)
		e.Operation, e.Amount, e.Owner, e.Refunds = store.OpRefund, int64(w.d.roll(9)), debit.Owner, debit.Key
		e.Key = fmt.Sprint("refund", w.d.roll(2), debit.Key)
		if w.chance(8) {
			e.Key, e.Refunds = w.key(), w.key()
		}
	case 2:
		e.Operation, e.Amount = w.operation(), -int64(1+w.d.roll(40))
	case 3:
		e.Package = &store.Package{Type: "STARTER", Credits: e.Amount, FreeUsers: int64(w.d.roll(6) - 2), TransactionID: w.word("tx", 30)}
	}
	switch {
	case len(w.applied) > 0 && w.chance(6):
		e = one(w, w.applied)
	case w.chance(40):
		e.Amount = math.MaxInt64 - int64(w.d.roll(9))
	case w.chance(80):
		e.Amount = math.MinInt64
	}
	p := store.Posting{Entry: e, Tell: w.tell(), Events: w.events(e.Owner)}
	w.both("ApplyCredit", p, func(s store.Store, i int) (any, error) {
		kept, b, fresh, err := s.ApplyCredit(w.ctx, p)
		switch {
		case err != nil || i == 0:
		case !fresh:
			w.met("ApplyCredit", "again")
		case e.Refunds != "":
			w.met("ApplyCredit", "refunded")
		default:
			w.applied = append(w.applied, e)
			if e.Amount < 0 {
				w.debits = append(w.debits, store.Charge{Owner: e.Owner, Key: e.Key})
			}
		}
		return []any{kept, b, fresh}, err
	})
}

func (w *twins) close() {
	if !w.chance(3) {
		w.books(w.any(w.tenants))
		return
	}
	c := store.Closing{
		Month: store.MonthOf(w.at) - 1 + w.d.roll(2), Price: int64(w.d.roll(3)), Limit: 1 + w.d.roll(4), Tell: w.tell(), Log: w.chance(2),
	}
	if w.chance(6) {
		c.Price = -1
	}
	w.both("CloseMonths", c, func(s store.Store, i int) (any, error) {
		settled, charged, err := s.CloseMonths(w.ctx, c, w.at)
		slices.SortFunc(charged, func(a, b store.Settled) int { return bytes.Compare(a.Owner[:], b.Owner[:]) })
		if len(charged) > 0 && i == 1 {
			w.met("CloseMonths", "charged")
		}
		return []any{settled, charged}, err
	})
}

// outlast gives both stores an entry that is newer than all months of the history. What else the store under test was
// used for is newer still; memory, too, is to close every month that a history asks for.
func (w *twins) outlast() {
	a := w.account(store.Root)
	a.Status, a.House = store.StatusActive, false
	g := grant(a.ID, 1)
	g.At = now
	for _, s := range w.stores {
		_, _, err := s.CreateAccount(w.ctx, store.NewAccount{Account: a, Grant: g}, now)
		w.ok(err)
	}
}

// books compares everything about the credits of an owner.
func (w *twins) books(owner uuid.UUID) {
	w.both("Balance", owner, func(s store.Store, _ int) (any, error) { return s.Balance(w.ctx, owner) })
	w.both("ListMonths", owner, func(s store.Store, _ int) (any, error) {
		return s.ListMonths(w.ctx, owner, store.MonthOf(dawn), store.MonthOf(w.at), 10)
	})
	for _, op := range []store.Operation{"", w.operation()} {
		w.both("ListCredits", owner, func(s store.Store, _ int) (any, error) {
			return s.ListCredits(w.ctx, owner, store.CreditQuery{Operation: op, Limit: 500})
		})
		q := store.CreditQuery{Operation: op, Newest: w.chance(2), From: w.moment(), To: w.moment(), Limit: 1 + w.d.roll(20)}
		if w.chance(2) {
			q.After = one(w, w.entries)
		}
		w.both("ListCredits", q, func(s store.Store, i int) (any, error) {
			list, err := s.ListCredits(w.ctx, owner, q)
			if q.Newest && len(list) > 1 && i == 1 {
				w.met("ListCredits", "newest")
			}
			return list, err
		})
	}
	span := store.Days{Last: w.at.AddDate(0, 0, w.d.roll(9)-2), First: w.at.AddDate(0, 0, 2-w.d.roll(450))}
	w.both("SumCredits", span, func(s store.Store, i int) (any, error) {
		sums, err := s.SumCredits(w.ctx, owner, span)
		if len(sums) > 2 && i == 1 {
			w.met("SumCredits", "several")
		}
		return sums, err
	})
}

// moment is one of the history's last months, or no bound.
func (w *twins) moment() time.Time {
	if w.chance(2) {
		return time.Time{}
	}
	return w.at.Add(-time.Duration(w.d.roll(60*24*60)) * time.Minute)
}
