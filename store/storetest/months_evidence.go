package storetest

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

func monthEvidence(k *kit) {
	k.run("nothing closes without an entry of a later month", monthUnseen)
	k.run("a clock that is ahead closes up to the newest entry", monthAhead)
	k.run("retention is no such entry", monthRetention)
	k.run("every other entry is", monthShown)
}

// monthAt returns a moment in the month.
func monthAt(month int) time.Time {
	return time.Date(month/12, time.Month(month%12+1), 2, 3, 4, 5, 0, time.UTC)
}

// frontier settles all that may be, and returns the first month that may not: no entry is of a later one.
func (k *kit) frontier() int {
	k.Helper()
	p := k.create(store.NewAccount{Account: account(store.Root)})
	k.settleAt(store.MonthOf(now)+1200, 0)
	return k.balance(p.ID).ClosedMonth + 1
}

// settleAt closes months until nothing is left, by a clock that says that they all are over.
func (k *kit) settleAt(month int, price int64) {
	k.Helper()
	for settled := 1; settled > 0; {
		var err error
		settled, _, err = k.store.CloseMonths(k.ctx, store.Closing{Month: month, Price: price, Limit: 1000}, monthAt(month+1))
		k.ok(err)
	}
}

// opened makes a parent in the month, with 100 credits, and three children of which one costs a credit.
func (k *kit) opened(month int) store.Account {
	k.Helper()
	a := account(store.Root)
	g := grant(a.ID, 100)
	g.At = monthAt(month)
	a, _, err := k.store.CreateAccount(k.ctx, store.NewAccount{Account: a, Grant: g}, monthAt(month))
	k.ok(err)
	for range 3 {
		k.child(a)
	}
	return a
}

// shown writes an entry of the month for an owner that no test looks at.
func (k *kit) shown(month int) {
	k.Helper()
	e := entry(k.create(store.NewAccount{Account: account(store.Root)}).ID, store.OpPackage, 1)
	e.At = monthAt(month)
	k.apply(e)
}

// closed wants the parent's months up to that one to be charged, and none after it.
func (k *kit) closed(p uuid.UUID, first, last int) {
	k.Helper()
	b := k.books(p)
	k.that(b.ClosedMonth == last, "closed up to %d, want %d", b.ClosedMonth, last)
	k.that(b.Retained == int64(last-first+1) && len(k.months(p)) == last-first+1, "%d credits are paid for %d months", b.Retained, last-first+1)
}

func monthUnseen(k *kit) {
	first := k.frontier()
	p := k.opened(first)
	k.settleAt(first+3, 1)
	k.closed(p.ID, first, first-1)
}

func monthAhead(k *kit) {
	first := k.frontier()
	p := k.opened(first)
	k.shown(first + 1)
	k.settleAt(first+3, 1)
	k.closed(p.ID, first, first)
	k.shown(first)
	k.settleAt(first+3, 1)
	k.closed(p.ID, first, first)
	k.shown(first + 2)
	k.settleAt(first+3, 1)
	k.closed(p.ID, first, first+1)
}

func monthRetention(k *kit) {
	first := k.frontier()
	p := k.opened(first)
	k.shown(first + 1)
	k.settleAt(first+5, 1)
	k.closed(p.ID, first, first)
	for _, amount := range []int64{1, -1} {
		e := entry(k.parent(5).ID, store.OpRetention, amount)
		e.At = monthAt(first + 5)
		k.apply(e)
	}
	k.settleAt(first+5, 1)
	k.closed(p.ID, first, first)
}

func monthShown(k *kit) {
	aged := func() store.Account {
		a := account(store.Root)
		g := grant(a.ID, 100)
		g.At = closing
		return k.create(store.NewAccount{Account: a, Grant: g})
	}
	for name, pay := range map[string]payment{
		"create account": payForAccount, "update account": payForChange, "create session": payForSession, "apply credit": payByEntry,
	} {
		k.run(name, func(k *kit) {
			p := aged()
			k.that(k.balance(p.ID).LatestMonth == firstMonth, "of a grant: %d", k.balance(p.ID).LatestMonth)
			r, err := pay(k, p, charge(p.ID, store.OpVerify, 1))
			k.ok(err)
			k.equal("receipt", r.Balance, k.books(p.ID))
			k.that(k.balance(p.ID).LatestMonth == store.MonthOf(now), "latest is %d", k.balance(p.ID).LatestMonth)
		})
	}
	k.run("an unpaid one", func(k *kit) {
		p := aged()
		c := charge(p.ID, store.OpSignUp, 101)
		c.Required = false
		for _, pay := range []payment{payForAccount, payForChange, payForSession} {
			_, err := pay(k, p, c)
			k.ok(err)
		}
		k.that(k.books(p.ID).LatestMonth == firstMonth, "latest is %d", k.balance(p.ID).LatestMonth)
	})
	k.run("many at once", func(k *kit) {
		p := aged()
		k.tally(race(callers, func(int) error {
			_, err := payForSession(k, p, charge(p.ID, store.OpSignIn, 1))
			return err
		}))
		k.that(k.books(p.ID).LatestMonth == store.MonthOf(now), "latest is %d", k.balance(p.ID).LatestMonth)
	})
}
