package storetest

import (
	"math"

	"github.com/tollkeeper/tollkeeper/store"
)

// tryApply adds the entry, and wants the books of its owner as they were after an error.
func tryApply(k *kit, e store.LedgerEntry) error {
	k.Helper()
	apply := func() error {
		got, b, fresh, err := k.store.ApplyCredit(k.ctx, store.Posting{Entry: e})
		if err != nil {
			k.equal("entry of a refusal", got, store.LedgerEntry{})
			k.that(!fresh && b == store.Balance{}, "a refused entry is fresh, or has a balance: %+v", b)
		}
		return err
	}
	if _, err := k.store.Balance(k.ctx, e.Owner); err != nil {
		return apply()
	}
	return k.refusable(e.Owner, apply)
}

// entryFaults are those of every entry: first those before and then those behind the faults of its kind.
func entryFaults(kind ...fault[store.LedgerEntry]) []fault[store.LedgerEntry] {
	type request = store.LedgerEntry
	faults := []fault[request]{
		{"an owner without balance", func(_ *kit, e *request) { e.Owner = id() }, store.ErrNotFound},
		{"a key of something else", func(k *kit, e *request) { e.Key = k.ledger(e.Owner)[0].Key }, store.Conflict{}},
		{"a payment that was spent", func(k *kit, e *request) {
			spent := bought(k.parent(0).ID, id().String())
			k.apply(spent)
			bundle := *spent.Package
			if e.Package != nil {
				bundle.FreeUsers = e.Package.FreeUsers
			}
			e.Package = &bundle
		}, store.Conflict{Field: "transaction"}},
	}
	return append(append(faults, kind...), []fault[request]{
		{"fewer free users than none", func(_ *kit, e *request) { e.Package = &store.Package{FreeUsers: -100} }, store.ErrInvalid},
		{"an id in use", func(k *kit, e *request) { e.ID = k.spentEntry(e.Owner) }, store.Conflict{}},
	}...)
}

func applyOrder(k *kit) {
	type request = store.LedgerEntry
	k.run("of a credit", func(k *kit) {
		credit := func(k *kit) request { return entry(k.parent(10).ID, store.OpPackage, 5) }
		overflow := fault[request]{"an overflow", func(_ *kit, e *request) { e.Amount = math.MaxInt64 }, store.ErrInvalid}
		firstWins(k, credit, tryApply, entryFaults(overflow))
	})
	k.run("of a debit", func(k *kit) {
		debit := func(k *kit) request { return entry(k.parent(10).ID, "host-operation", -5) }
		short := fault[request]{"too few credits", func(_ *kit, e *request) { e.Amount = -1000 }, store.ErrInsufficientCredits}
		firstWins(k, debit, tryApply, entryFaults(short))
	})
	k.run("of a refund", func(k *kit) {
		refund := func(k *kit) request {
			p := k.parent(10)
			debit, _ := k.apply(entry(p.ID, "host-operation", -5))
			e := entry(p.ID, store.OpRefund, 0)
			e.Refunds = debit.Key
			return e
		}
		firstWins(k, refund, tryApply, entryFaults(
			fault[request]{"no such debit", func(_ *kit, e *request) { e.Refunds = "none" }, store.ErrNotFound},
			fault[request]{"a debit that was refunded", func(k *kit, e *request) {
				again := entry(e.Owner, store.OpRefund, 0)
				again.Refunds = e.Refunds
				k.apply(again)
			}, store.Conflict{Field: "refund"}},
		))
	})
}
