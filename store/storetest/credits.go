package storetest

import (
	"math"
	"strings"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

func credits(k *kit) {
	k.run("apply", applyCredit)
	k.run("refund", refundCredit)
	k.run("balance", func(k *kit) {
		for _, owner := range []uuid.UUID{id(), k.child(k.parent(0)).ID, store.Root} {
			_, err := k.store.Balance(k.ctx, owner)
			k.fails(err, store.ErrNotFound)
		}
	})
	k.run("list", listCredits)
	k.run("sums", sumCredits)
	k.run("charge", payments)
	k.run("months", closeMonths)
	k.run("crossings", crossings)
	k.run("books", books)
	k.run("races", raceCredits)
}

// entry makes a ledger entry with a key of its own.
func entry(owner uuid.UUID, op store.Operation, amount int64) store.LedgerEntry {
	e := id()
	return store.LedgerEntry{ID: e, Owner: owner, Key: "key:" + e.String(), Operation: op, Amount: amount, At: now}
}

// apply wants the entry to be fresh.
func (k *kit) apply(e store.LedgerEntry) (store.LedgerEntry, store.Balance) {
	k.Helper()
	got, b, fresh, err := k.store.ApplyCredit(k.ctx, store.Posting{Entry: e})
	k.ok(err)
	k.that(fresh, "entry %q is not fresh", e.Key)
	return got, b
}

// ledger returns all entries of the owner.
func (k *kit) ledger(owner uuid.UUID) []store.LedgerEntry {
	k.Helper()
	var all []store.LedgerEntry
	for {
		page := store.CreditQuery{Limit: 500}
		if len(all) > 0 {
			page.After = all[len(all)-1].ID
		}
		some, err := k.store.ListCredits(k.ctx, owner, page)
		k.ok(err)
		all = append(all, some...)
		if len(some) < page.Limit {
			return all
		}
	}
}

// entry returns the one entry with that key.
func (k *kit) entry(owner uuid.UUID, key string) store.LedgerEntry {
	k.Helper()
	var found []store.LedgerEntry
	for _, e := range k.ledger(owner) {
		if e.Key == key {
			found = append(found, e)
		}
	}
	k.that(len(found) == 1, "%d entries with key %q, want 1", len(found), key)
	return found[0]
}

// books wants the owner's row to be what its ledger says.
func (k *kit) books(owner uuid.UUID) store.Balance {
	k.Helper()
	b := k.balance(owner)
	want := store.Balance{Children: b.Children, ClosedMonth: b.ClosedMonth, ClosedUsed: b.ClosedUsed}
	keys := map[string]bool{}
	for _, e := range k.ledger(owner) {
		k.that(!keys[e.Key], "two entries with key %q", e.Key)
		k.that(e.Balance >= 0, "the balance after %q was %d", e.Key, e.Balance)
		keys[e.Key] = true
		book(&want, e)
	}
	k.that(b.Credits >= 0, "the balance is %d", b.Credits)
	k.equal("balance as the ledger says", b, want)
	k.that(b.Granted == b.Credits+b.Used, "granted %d is not credits %d and used %d", b.Granted, b.Credits, b.Used)
	return b
}

// book is the meaning of an entry for the counters.
func book(b *store.Balance, e store.LedgerEntry) {
	if e.Operation != store.OpRetention {
		b.LatestMonth = max(b.LatestMonth, store.MonthOf(e.At))
	}
	b.Credits += e.Amount
	if e.Package != nil {
		b.FreeUsers += e.Package.FreeUsers
	}
	switch {
	case e.Refunds != "":
		b.Used -= e.Amount
		return
	case e.Amount > 0:
		b.Granted += e.Amount
		return
	}
	b.Used -= e.Amount
	switch e.Operation {
	case store.OpSignIn:
		b.SignIns++
	case store.OpSignUp:
		b.SignUps++
	case store.OpVerify:
		b.Verifications++
	case store.OpSocial:
		b.Socials++
	case store.OpRetention:
		b.Retained -= e.Amount
	}
}

func applyCredit(k *kit) {
	k.run("a package adds credits and free users", applyPackage)
	k.run("a debit takes", applyDebit)
	k.run("the same key again changes nothing", applyAgain)
	k.run("the same key for something else is a conflict", applyOther)
	k.run("keys are each owner's own", applyOwners)
	k.run("a payment serves one owner once", applyPayment)
	k.run("insufficient credits change nothing", applyInsufficient)
	k.run("the sum cannot overflow", applyOverflow)
	k.run("an owner without balance is not found", applyNobody)
	k.run("of two errors the first wins", applyOrder)
}

func applyPackage(k *kit) {
	p := k.parent(5)
	e := entry(p.ID, store.OpPackage, 55_000)
	e.Package = &store.Package{Type: "GROWTH", Credits: 55_000, FreeUsers: 5_000, PriceCents: 5_000, TransactionID: e.Key}
	e.Balance, e.Subject = 99, id()
	got, b := k.apply(e)
	e.Balance = 55_005
	k.equal("entry", got, e)
	k.equal("stored", k.entry(p.ID, e.Key), e)
	want := store.Balance{Credits: 55_005, Granted: 55_005, FreeUsers: 5_002, ClosedMonth: store.MonthOf(now) - 1, LatestMonth: store.MonthOf(now)}
	k.equal("balance", b, want)
	k.books(p.ID)
}

func applyDebit(k *kit) {
	p := k.parent(5)
	got, b := k.apply(entry(p.ID, "host-operation", -2))
	k.that(got.Balance == 3 && b.Credits == 3 && b.Used == 2 && b.Granted == 5, "entry %+v, balance %+v", got, b)
	_, b = k.apply(entry(p.ID, store.OpSocial, -3))
	k.that(b.Credits == 0 && b.Socials == 1, "balance is %+v", b)
	k.books(p.ID)
}

func applyAgain(k *kit) {
	p := k.parent(5)
	for _, amount := range []int64{10, -7} {
		e := entry(p.ID, store.OpPackage, amount)
		first, b := k.apply(e)
		again := e
		again.ID, again.At = id(), now.AddDate(0, 1, 0)
		for _, e := range []store.LedgerEntry{e, again} {
			got, same, fresh, err := k.store.ApplyCredit(k.ctx, store.Posting{Entry: e})
			k.ok(err)
			k.that(!fresh, "the same key is fresh again")
			k.equal("entry", got, first)
			k.equal("balance", same, b)
		}
	}
	drained := entry(p.ID, "host-operation", -8)
	k.apply(drained)
	_, _, fresh, err := k.store.ApplyCredit(k.ctx, store.Posting{Entry: drained})
	k.ok(err)
	k.that(!fresh && k.balance(p.ID).Credits == 0, "a debit that stands needs credits again")
	k.books(p.ID)
}

func applyOther(k *kit) {
	p := k.parent(50)
	e := entry(p.ID, "host-operation", -2)
	_, before := k.apply(e)
	for _, f := range []func(*store.LedgerEntry){
		func(e *store.LedgerEntry) { e.Amount = -3 },
		func(e *store.LedgerEntry) { e.Amount = 2 },
		func(e *store.LedgerEntry) { e.Amount = -1000 },
		func(e *store.LedgerEntry) { e.Operation = "another" },
		func(e *store.LedgerEntry) { e.Operation, e.Refunds = store.OpRefund, e.Key },
	} {
		twin := e
		f(&twin)
		_, _, _, err := k.store.ApplyCredit(k.ctx, store.Posting{Entry: twin})
		k.fails(err, store.Conflict{})
	}
	k.equal("balance", k.balance(p.ID), before)
	k.equal("entries", len(k.ledger(p.ID)), 2)
}

func applyOwners(k *kit) {
	p, q := k.parent(5), k.parent(5)
	e := entry(p.ID, "host-operation", -2)
	k.apply(e)
	f := entry(q.ID, "other", -1)
	f.Key = e.Key
	k.apply(f)
	k.that(k.balance(p.ID).Credits == 3 && k.balance(q.ID).Credits == 4, "one owner's key is another's")
}

// bought makes an entry of a package that was paid for by that transaction.
func bought(owner uuid.UUID, transaction string) store.LedgerEntry {
	e := entry(owner, store.OpPackage, 10)
	e.Package = &store.Package{Type: "STARTER", Credits: 10, FreeUsers: 3, TransactionID: transaction}
	return e
}

func applyPayment(k *kit) {
	p, q := k.parent(5), k.parent(5)
	transaction := "tx:" + id().String()
	e := bought(p.ID, transaction)
	first, _ := k.apply(e)
	for _, owner := range []uuid.UUID{p.ID, q.ID} {
		k.fails(tryApply(k, bought(owner, transaction)), store.Conflict{}, "transaction")
	}
	same := bought(q.ID, transaction)
	same.Key = e.Key
	k.fails(tryApply(k, same), store.Conflict{}, "transaction")
	got, _, fresh, err := k.store.ApplyCredit(k.ctx, store.Posting{Entry: e})
	k.ok(err)
	k.that(!fresh, "the same entry is fresh again")
	k.equal("entry", got, first)
	for _, other := range []string{strings.ToUpper(transaction), transaction + " ", transaction + "\u00e9", transaction + "e\u0301", "", ""} {
		k.apply(bought(q.ID, other))
	}
	k.books(p.ID)
	k.books(q.ID)
	k.ok(k.store.DeleteAccount(k.ctx, store.Deletion{ID: p.ID}, now))
	k.fails(tryApply(k, bought(q.ID, transaction)), store.Conflict{}, "transaction")
}

func applyInsufficient(k *kit) {
	for _, amount := range []int64{-6, math.MinInt64 + 1, math.MinInt64} {
		p := k.parent(5)
		before := k.balance(p.ID)
		e := entry(p.ID, "host-operation", amount)
		_, _, _, err := k.store.ApplyCredit(k.ctx, store.Posting{Entry: e})
		k.fails(err, store.ErrInsufficientCredits)
		k.equal("balance", k.balance(p.ID), before)
		k.that(len(k.ledger(p.ID)) == 1, "a ledger row of nothing stands")
		e.Amount = -5
		_, b := k.apply(e)
		k.that(b.Credits == 0, "balance is %+v", b)
	}
}

func applyOverflow(k *kit) {
	p := k.parent(5)
	before := k.balance(p.ID)
	users := entry(p.ID, store.OpPackage, 1)
	users.Package = &store.Package{FreeUsers: math.MaxInt64}
	_, _, _, err := k.store.ApplyCredit(k.ctx, store.Posting{Entry: users})
	k.fails(err, store.ErrInvalid)
	_, _, _, err = k.store.ApplyCredit(k.ctx, store.Posting{Entry: entry(p.ID, store.OpGrant, math.MaxInt64-4)})
	k.that(err != nil, "5 and 2^63-5 credits have a sum: %+v", k.balance(p.ID))
	k.equal("balance", k.balance(p.ID), before)
	k.books(p.ID)
	k.apply(entry(p.ID, store.OpGrant, math.MaxInt64-5))
	k.that(k.balance(p.ID).Credits == math.MaxInt64, "balance is %+v", k.balance(p.ID))
	k.apply(entry(p.ID, "host-operation", -math.MaxInt64))
	k.that(k.balance(p.ID).Credits == 0, "balance is %+v", k.balance(p.ID))
}

func applyNobody(k *kit) {
	for _, owner := range []uuid.UUID{id(), k.child(k.parent(5)).ID} {
		for _, amount := range []int64{5, -5} {
			_, _, _, err := k.store.ApplyCredit(k.ctx, store.Posting{Entry: entry(owner, store.OpPackage, amount)})
			k.fails(err, store.ErrNotFound)
		}
		k.equal("ledger", k.ledger(owner), []store.LedgerEntry{})
	}
}

func listCredits(k *kit) {
	p := k.parent(100)
	var all, packages []store.LedgerEntry
	all = append(all, k.ledger(p.ID)...)
	for i := range 6 {
		e := entry(p.ID, "host-operation", -1)
		if i%2 == 0 {
			e.Operation, e.Amount = store.OpPackage, 10
		}
		got, _ := k.apply(e)
		all = append(all, got)
		if i%2 == 0 {
			packages = append(packages, got)
		}
	}
	k.apply(entry(k.parent(0).ID, store.OpPackage, 1))
	list := func(k *kit, q store.CreditQuery) []store.LedgerEntry {
		k.Helper()
		got, err := k.store.ListCredits(k.ctx, p.ID, q)
		k.ok(err)
		return got
	}
	k.run("every operation in id order", func(k *kit) { k.equal("all", list(k, store.CreditQuery{Limit: 10}), all) })
	k.run("of one operation", func(k *kit) {
		k.equal("packages", list(k, store.CreditQuery{Operation: store.OpPackage, Limit: 10}), packages)
		k.equal("refunds", list(k, store.CreditQuery{Operation: store.OpRefund, Limit: 10}), packages[:0])
	})
	k.run("pages", func(k *kit) {
		k.equal("first", list(k, store.CreditQuery{Limit: 3}), all[:3])
		k.equal("second", list(k, store.CreditQuery{Limit: 3, After: all[2].ID}), all[3:6])
		k.equal("of one operation", list(k, store.CreditQuery{Operation: store.OpPackage, Limit: 1, After: packages[0].ID}), packages[1:2])
	})
	k.run("the newest first", func(k *kit) {
		last := len(all) - 1
		k.equal("all", list(k, store.CreditQuery{Newest: true, Limit: 10}), turned(all))
		k.equal("first", list(k, store.CreditQuery{Newest: true, Limit: 2}), turned(all)[:2])
		k.equal("second", list(k, store.CreditQuery{Newest: true, Limit: 2, After: all[last-1].ID}), turned(all)[2:4])
		of := store.CreditQuery{Operation: store.OpPackage, Newest: true, Limit: 10}
		k.equal("of one operation", list(k, of), turned(packages))
		of.After = packages[1].ID
		k.equal("of one operation, after the second", list(k, of), packages[:1])
	})
	k.run("from is included, to is not", func(k *kit) { creditsByTime(k) })
	k.run("an unknown owner has none", func(k *kit) { k.equal("ledger", k.ledger(id()), all[:0]) })
}
