package storetest

import (
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// The month that parents of this file are made in, and is their first open one. later is in the month that their grants
// are of: without an entry of a later month none is closed.
var (
	firstMonth = store.MonthOf(closing)
	later      = closing.AddDate(0, 6, 0)
)

func closeMonths(k *kit) {
	k.run("up to the newest entry", monthEvidence)
	k.settleAll(firstMonth+3, 0)
	k.run("debits each child beyond the free ones", monthDebits)
	k.run("debits no further than the balance goes", monthPoor)
	k.run("houses and deleted accounts are settled without debit", monthFree)
	k.run("the oldest open month first, each once", monthOrder)
	k.run("at most limit parents", monthLimit)
	k.run("not beyond the month asked for", monthFuture)
	k.run("other use is told apart from retention", monthOperations)
	k.run("a month that was paid is settled without debit", monthPaid)
	k.run("those furthest behind first", monthFurthest)
	k.run("a negative price or no limit settles nothing", monthNothing)
	k.run("lists months newest first", listMonths)
}

// tenant makes a parent with children in the time where months are closed. It has two free users.
func (k *kit) tenant(credits int64, children int, edits ...edit) store.Account {
	k.Helper()
	a := account(store.Root)
	a.CreatedAt = closing
	for _, e := range edits {
		e(&a)
	}
	g := grant(a.ID, credits)
	g.At = later
	a, _, err := k.store.CreateAccount(k.ctx, store.NewAccount{Account: a, Grant: g}, closing)
	k.ok(err)
	for range children {
		k.child(a)
	}
	return a
}

// settleAll closes months until nothing is left, and returns what each owner was charged, in order.
func (k *kit) settleAll(month int, price int64) map[uuid.UUID][]store.Settled {
	k.Helper()
	all := map[uuid.UUID][]store.Settled{}
	for {
		settled, charged, err := k.store.CloseMonths(k.ctx, store.Closing{Month: month, Price: price, Limit: 100}, closing)
		k.ok(err)
		for _, c := range charged {
			all[c.Owner] = append(all[c.Owner], c)
		}
		if settled == 0 {
			k.that(len(charged) == 0, "nothing is settled but %d are charged", len(charged))
			return all
		}
	}
}

func (k *kit) months(owner uuid.UUID) []store.Month {
	k.Helper()
	m, err := k.store.ListMonths(k.ctx, owner, 0, 1<<30, 1000)
	k.ok(err)
	return m
}

func monthDebits(k *kit) {
	p := k.tenant(100, 5)
	gone := k.child(p)
	k.remove(gone)
	charged := k.settleAll(firstMonth, 3)[p.ID]
	b := k.books(p.ID)
	want := store.Balance{
		Credits: 91, Granted: 100, Used: 9, FreeUsers: 2, Children: 5, Retained: 9, ClosedMonth: firstMonth, ClosedUsed: 9, LatestMonth: store.MonthOf(later),
	}
	k.equal("balance", b, want)
	k.equal("charged", charged, []store.Settled{{Owner: p.ID, Debit: 9, Balance: want}})
	k.equal("month", k.months(p.ID), []store.Month{{
		Owner: p.ID, Month: firstMonth, Users: 5, FreeUsers: 2, Retention: 9, Credits: 91, At: closing,
	}})
	e := k.entry(p.ID, "retention:1990-11")
	k.equal("entry", e, store.LedgerEntry{
		ID: e.ID, Owner: p.ID, Key: e.Key, Operation: store.OpRetention, Amount: -9, Balance: 91, At: closing,
	})
	k.that(e.ID != uuid.Nil, "the entry has no id")
	k.that(len(k.settleAll(firstMonth, 3)[p.ID]) == 0 && k.books(p.ID).Credits == 91, "settled again")
}

func monthPoor(k *kit) {
	poor, free, broke := k.tenant(2, 5), k.tenant(9, 2), k.tenant(0, 5)
	charged := k.settleAll(firstMonth, 3)
	k.that(len(charged[poor.ID]) == 1 && charged[poor.ID][0].Debit == 2, "charged are %+v", charged[poor.ID])
	b := k.books(poor.ID)
	k.that(b.Credits == 0 && b.Retained == 2, "balance is %+v", b)
	for _, p := range []store.Account{free, broke} {
		k.that(len(charged[p.ID]) == 0, "nothing to charge, but %+v", charged[p.ID])
		k.that(len(k.ledger(p.ID)) == 1, "a ledger row of nothing stands")
		m := k.months(p.ID)
		k.that(len(m) == 1 && m[0].Retention == 0, "months are %+v", m)
		k.that(k.books(p.ID).ClosedMonth == firstMonth, "not settled")
	}
}

func monthFree(k *kit) {
	h, gone := k.tenant(100, 5, house), k.tenant(100, 5)
	k.remove(gone)
	charged := k.settleAll(firstMonth, 3)
	for _, p := range []store.Account{h, gone} {
		k.that(len(charged[p.ID]) == 0, "charged are %+v", charged[p.ID])
		b := k.books(p.ID)
		k.that(b.Credits == 100 && b.ClosedMonth == firstMonth, "balance is %+v", b)
	}
	m := k.months(h.ID)
	k.that(len(m) == 1 && m[0].Retention == 0 && m[0].Credits == 100 && m[0].Users == 5, "months are %+v", m)
}
