package storetest

import (
	"time"

	"github.com/google/uuid"
	"github.com/tollkeeper/tollkeeper"
)

// The month that parents of this file are made in, and is their first open one.
var firstMonth = tollkeeper.MonthOf(closing)

func closeMonths(k *kit) {
	k.settleAll(firstMonth+3, 0)
	k.run("debits each child beyond the free ones", monthDebits)
	k.run("debits no further than the balance goes", monthPoor)
	k.run("houses and deleted accounts are settled without debit", monthFree)
	k.run("the oldest open month first, each once", monthOrder)
	k.run("at most limit parents", monthLimit)
	k.run("not beyond the month asked for", monthFuture)
	k.run("other use is told apart from retention", monthOperations)
	k.run("lists months newest first", listMonths)
}

// tenant makes a parent with children in the time where months are closed. It has two free users.
func (k *kit) tenant(credits int64, children int, edits ...edit) tollkeeper.Account {
	k.Helper()
	a := account(tollkeeper.Root)
	a.CreatedAt = closing
	for _, e := range edits {
		e(&a)
	}
	g := grant(a.ID, credits)
	g.At = closing
	a, _, err := k.store.CreateAccount(k.ctx, tollkeeper.NewAccount{Account: a, Grant: g}, closing)
	k.ok(err)
	for range children {
		k.child(a)
	}
	return a
}

// settleAll closes months until nothing is left, and answers what each owner was charged, in order.
func (k *kit) settleAll(month int, price int64) map[uuid.UUID][]tollkeeper.Settled {
	k.Helper()
	all := map[uuid.UUID][]tollkeeper.Settled{}
	for {
		settled, charged, err := k.store.CloseMonths(k.ctx, month, price, 100, closing)
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

func (k *kit) months(owner uuid.UUID) []tollkeeper.Month {
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
	want := tollkeeper.Balance{
		Credits: 91, Granted: 100, Used: 9, FreeUsers: 2, Children: 5, Retained: 9, ClosedMonth: firstMonth, ClosedUsed: 9,
	}
	k.equal("balance", b, want)
	k.equal("charged", charged, []tollkeeper.Settled{{Owner: p.ID, Debit: 9, Balance: want}})
	k.equal("month", k.months(p.ID), []tollkeeper.Month{{
		Owner: p.ID, Month: firstMonth, Users: 5, FreeUsers: 2, Retention: 9, Credits: 91, At: closing,
	}})
	e := k.entry(p.ID, "retention:1990-11")
	k.equal("entry", e, tollkeeper.LedgerEntry{
		ID: e.ID, Owner: p.ID, Key: e.Key, Operation: tollkeeper.OpRetention, Amount: -9, Balance: 91, At: closing,
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
	for _, p := range []tollkeeper.Account{free, broke} {
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
	for _, p := range []tollkeeper.Account{h, gone} {
		k.that(len(charged[p.ID]) == 0, "charged are %+v", charged[p.ID])
		b := k.books(p.ID)
		k.that(b.Credits == 100 && b.ClosedMonth == firstMonth, "balance is %+v", b)
	}
	m := k.months(h.ID)
	k.that(len(m) == 1 && m[0].Retention == 0 && m[0].Credits == 100 && m[0].Users == 5, "months are %+v", m)
}

func monthOrder(k *kit) {
	p := k.tenant(10, 4)
	charged := k.settleAll(firstMonth+3, 2)[p.ID]
	k.that(len(charged) == 3, "charged %d times, want 3: %+v", len(charged), charged)
	for i, c := range charged {
		k.that(c.Debit == []int64{4, 4, 2}[i] && c.Balance.ClosedMonth == firstMonth+i, "settlement %d is %+v", i, c)
	}
	for i, key := range []string{"retention:1990-11", "retention:1990-12", "retention:1991-01"} {
		k.that(k.entry(p.ID, key).Amount == []int64{-4, -4, -2}[i], "%s is %d", key, k.entry(p.ID, key).Amount)
	}
	m := k.months(p.ID)
	k.that(len(m) == 4, "%d months, want 4", len(m))
	for i := range m {
		k.that(m[i].Month == firstMonth+3-i, "month %d is %d", i, m[i].Month)
		k.that(m[i].Credits == []int64{0, 0, 2, 6}[i], "credits after month %d are %d", i, m[i].Credits)
	}
	k.books(p.ID)
}

func monthLimit(k *kit) {
	owners := map[uuid.UUID]bool{}
	for range 5 {
		owners[k.tenant(100, 3).ID] = true
	}
	calls, seen := 0, 0
	for {
		settled, charged, err := k.store.CloseMonths(k.ctx, firstMonth+1, 1, 2, closing)
		k.ok(err)
		k.that(settled <= 2 && len(charged) <= settled, "settled %d, charged %d, limit 2", settled, len(charged))
		if settled == 0 {
			break
		}
		calls++
		for _, c := range charged {
			if owners[c.Owner] {
				seen++
			}
		}
	}
	k.that(calls >= 5 && seen == 10, "%d settlements in %d calls, want 10 in 5", seen, calls)
}

func monthFuture(k *kit) {
	p := k.tenant(100, 5)
	k.settleAll(firstMonth-1, 1)
	k.that(len(k.months(p.ID)) == 0 && k.balance(p.ID).ClosedMonth == firstMonth-1, "the month before it was made is settled")
	k.settleAll(firstMonth+1, 1)
	k.that(k.balance(p.ID).ClosedMonth == firstMonth+1, "closed is %d", k.balance(p.ID).ClosedMonth)
	k.settleAll(firstMonth, 1)
	k.that(len(k.months(p.ID)) == 2, "an earlier month is settled again")
}

func monthOperations(k *kit) {
	p := k.tenant(100, 3)
	k.apply(entry(p.ID, "host-operation", -7))
	k.settleAll(firstMonth, 1)
	k.apply(entry(p.ID, "host-operation", -5))
	k.apply(entry(p.ID, tollkeeper.OpPackage, 50))
	k.settleAll(firstMonth+1, 2)
	m := k.months(p.ID)
	k.equal("months", m, []tollkeeper.Month{
		{Owner: p.ID, Month: firstMonth + 1, Users: 3, FreeUsers: 2, Retention: 2, Operations: 5, Credits: 135, At: closing},
		{Owner: p.ID, Month: firstMonth, Users: 3, FreeUsers: 2, Retention: 1, Operations: 7, Credits: 92, At: closing},
	})
	k.that(k.books(p.ID).ClosedUsed == 15, "closed used is %d", k.balance(p.ID).ClosedUsed)
}

func listMonths(k *kit) {
	p := k.tenant(100, 3)
	k.settleAll(firstMonth+3, 1)
	list := func(from, to, limit int) []int {
		k.Helper()
		found, err := k.store.ListMonths(k.ctx, p.ID, firstMonth+from, firstMonth+to, limit)
		k.ok(err)
		var got []int
		for _, m := range found {
			k.that(m.Owner == p.ID && m.At.Equal(closing.Truncate(time.Millisecond)), "month is %+v", m)
			got = append(got, m.Month-firstMonth)
		}
		return got
	}
	k.equal("all", list(-5, 9, 10), []int{3, 2, 1, 0})
	k.equal("both ends", list(1, 2, 10), []int{2, 1})
	k.equal("limit", list(0, 3, 2), []int{3, 2})
	k.equal("one", list(2, 2, 10), []int{2})
	k.equal("none", list(2, 1, 10), []int{})
	found, err := k.store.ListMonths(k.ctx, id(), 0, 1<<30, 10)
	k.ok(err)
	k.equal("of nobody", found, []tollkeeper.Month{})
}
