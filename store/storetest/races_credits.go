package storetest

import (
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

func raceCredits(k *kit) {
	k.run("debits down to exactly the last credit", raceDebit)
	k.run("the same key is applied once", raceSameKey)
	k.run("a payment of several owners stands once", racePayment)
	k.run("a debit is refunded once", raceRefund)
	k.run("a refund under two keys stands once", raceTwoRefunds)
	k.run("each month is settled once", raceMonths)
	k.run("everything at once adds up", raceBooks)
}

func raceDebit(k *kit) {
	p := k.parent(3*callers/2 + 2)
	errs := race(callers, func(int) error {
		_, _, _, err := k.store.ApplyCredit(k.ctx, store.Posting{Entry: entry(p.ID, "host-operation", -3)})
		return err
	})
	won := k.tally(errs, store.ErrInsufficientCredits)
	b := k.books(p.ID)
	k.that(won == callers/2 && b.Credits == 2, "%d of %d debits stand, balance is %+v", won, callers/2, b)
}

// freshOnes races entries and counts those that were fresh.
func (k *kit) freshOnes(make func(i int) store.LedgerEntry, allowed ...error) (fresh int64) {
	k.Helper()
	var n atomic.Int64
	k.tally(race(callers, func(i int) error {
		_, _, fresh, err := k.store.ApplyCredit(k.ctx, store.Posting{Entry: make(i)})
		if fresh && err == nil {
			n.Add(1)
		}
		return err
	}), allowed...)
	return n.Load()
}

func raceSameKey(k *kit) {
	p := k.parent(5)
	e := entry(p.ID, store.OpPackage, 10)
	e.Package = &store.Package{Type: "STARTER", FreeUsers: 3}
	fresh := k.freshOnes(func(i int) store.LedgerEntry {
		e := e
		if i%2 == 0 {
			e.ID = id()
		}
		return e
	})
	b := k.books(p.ID)
	k.that(fresh == 1 && b.Credits == 15 && b.FreeUsers == 5, "%d are fresh, balance is %+v", fresh, b)
}

func racePayment(k *kit) {
	owners := []store.Account{k.parent(5), k.parent(5), k.parent(5), k.parent(5)}
	transaction := id().String()
	fresh := k.freshOnes(func(i int) store.LedgerEntry { return bought(owners[i%len(owners)].ID, transaction) }, store.Conflict{Field: "transaction"})
	var credits, users int64
	for _, p := range owners {
		b := k.books(p.ID)
		credits, users = credits+b.Credits-5, users+b.FreeUsers-2
	}
	k.that(fresh == 1 && credits == 10 && users == 3, "%d are fresh, with %d credits and %d free users", fresh, credits, users)
}

func raceRefund(k *kit) {
	p := k.parent(5)
	debit, e := entry(p.ID, "host-operation", -4), entry(p.ID, store.OpRefund, 0)
	k.apply(debit)
	e.Refunds = debit.Key
	fresh := k.freshOnes(func(int) store.LedgerEntry { return e })
	b := k.books(p.ID)
	k.that(fresh == 1 && b.Credits == 5, "%d are fresh, balance is %+v", fresh, b)
}

func raceTwoRefunds(k *kit) {
	p := k.parent(5)
	debit := entry(p.ID, "host-operation", -4)
	k.apply(debit)
	fresh := k.freshOnes(func(int) store.LedgerEntry {
		e := entry(p.ID, store.OpRefund, 0)
		e.Refunds = debit.Key
		return e
	}, store.Conflict{})
	b := k.books(p.ID)
	k.that(fresh == 1 && b.Credits == 5, "%d are fresh, balance is %+v", fresh, b)
}

func raceMonths(k *kit) {
	owners := map[uuid.UUID]int{}
	for range 6 {
		owners[k.tenant(100, 4).ID] = 0
	}
	var mu sync.Mutex
	errs := race(callers, func(int) error {
		for {
			settled, charged, err := k.store.CloseMonths(k.ctx, store.Closing{Month: firstMonth + 2, Price: 3, Limit: 4}, closing)
			if err != nil || settled == 0 {
				return err
			}
			mu.Lock()
			for _, c := range charged {
				if _, own := owners[c.Owner]; own {
					owners[c.Owner]++
				}
			}
			mu.Unlock()
		}
	})
	k.tally(errs)
	for owner, charged := range owners {
		b := k.books(owner)
		k.that(charged == 3 && b.Credits == 82 && b.Retained == 18, "charged %d times, want 3; balance is %+v", charged, b)
		k.that(len(k.months(owner)) == 3, "%d months, want 3", len(k.months(owner)))
	}
}

// raceBooks moves the credits of two parents in every way at once.
func raceBooks(k *kit) {
	d := k.seeded()
	parents := []store.Account{k.tenant(150, 3), k.tenant(40, 2)}
	var movers []*mover
	for i := range callers {
		p := parents[i%2]
		own := dice(d.roll(1 << 30))
		movers = append(movers, &mover{k: k, d: &own, parent: p, child: k.child(p)})
	}
	errs := race(callers, func(i int) error {
		for range 12 {
			if _, err := movers[i].move(); err != nil {
				return err
			}
		}
		return nil
	})
	k.tally(errs)
	for _, p := range parents {
		b := k.books(p.ID)
		k.that(b.Children == int64(len(k.listed(p.ID, store.Page{Limit: 1000}))), "%d children are counted", b.Children)
	}
}
