package storetest

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

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
		settled, charged, err := k.store.CloseMonths(k.ctx, store.Closing{Month: firstMonth + 1, Price: 1, Limit: 2}, closing)
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
	k.apply(entry(p.ID, store.OpPackage, 50))
	k.settleAll(firstMonth+1, 2)
	m := k.months(p.ID)
	k.equal("months", m, []store.Month{
		{Owner: p.ID, Month: firstMonth + 1, Users: 3, FreeUsers: 2, Retention: 2, Operations: 5, Credits: 135, At: closing},
		{Owner: p.ID, Month: firstMonth, Users: 3, FreeUsers: 2, Retention: 1, Operations: 7, Credits: 92, At: closing},
	})
	k.that(k.books(p.ID).ClosedUsed == 15, "closed used is %d", k.balance(p.ID).ClosedUsed)
}

func monthPaid(k *kit) {
	p := k.tenant(100, 5)
	paid := entry(p.ID, "host-operation", -1)
	paid.Key = "retention:1990-11"
	k.apply(paid)
	k.that(len(k.settleAll(firstMonth, 3)[p.ID]) == 0, "a paid month is charged")
	m := k.months(p.ID)
	k.that(len(m) == 1 && m[0].Retention == 0 && m[0].Operations == 1, "months are %+v", m)
	k.that(k.books(p.ID).ClosedMonth == firstMonth, "a paid month is not settled")
}

func monthFurthest(k *kit) {
	k.settleAll(firstMonth+3, 0)
	next := account(store.Root)
	_, _, err := k.store.CreateAccount(k.ctx, store.NewAccount{Account: next}, closing.AddDate(0, 1, 0))
	k.ok(err)
	first := k.tenant(0, 0)
	for call, want := range [][2]int{{0, 0}, {0, 1}, {1, 1}} {
		settled, _, err := k.store.CloseMonths(k.ctx, store.Closing{Month: firstMonth + 1, Price: 1, Limit: 1}, closing)
		k.ok(err)
		got := [2]int{k.balance(first.ID).ClosedMonth - firstMonth, k.balance(next.ID).ClosedMonth - firstMonth}
		k.that(settled == 1 && got == want, "call %d settled %d, closed are %v, want %v", call+1, settled, got, want)
	}
}

func monthNothing(k *kit) {
	p := k.tenant(100, 5)
	_, _, err := k.store.CloseMonths(k.ctx, store.Closing{Month: firstMonth, Price: -1, Limit: 100}, closing)
	k.fails(err, store.ErrInvalid)
	settled, charged, err := k.store.CloseMonths(k.ctx, store.Closing{Month: firstMonth, Price: 1, Limit: 0}, closing)
	k.ok(err)
	k.that(settled == 0 && len(charged) == 0, "settled %d, limit 0", settled)
	k.that(k.books(p.ID).ClosedMonth == firstMonth-1 && len(k.months(p.ID)) == 0, "a month is settled")
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
	k.equal("of nobody", found, []store.Month{})
}
