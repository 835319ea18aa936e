package authtest

import (
	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// Balance returns what the parent has. It ends the test if that is not the sum of its [Kit.Ledger].
func (k *Kit) Balance(parent Account) tollkeeper.Balance {
	k.tb.Helper()
	b, err := k.Store.Balance(k.tb.Context(), parent.ID)
	k.must(err, "read the balance of "+parent.Email)
	var sum int64
	for _, e := range k.Ledger(parent) {
		sum += e.Amount
	}
	if sum != b.Credits || b.Credits < 0 || b.Granted != b.Credits+b.Used {
		k.tb.Fatalf("authtest: the balance of %s is %+v, the sum of its ledger %d", parent.Email, b, sum)
	}
	return b
}

// Ledger returns the parent's account book, oldest entry first.
func (k *Kit) Ledger(parent Account) []tollkeeper.LedgerEntry {
	k.tb.Helper()
	rows, err := k.Store.ListCredits(k.tb.Context(), parent.ID, store.CreditQuery{Limit: 100_000})
	k.must(err, "read the ledger of "+parent.Email)
	return rows
}
