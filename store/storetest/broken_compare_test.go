package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// brokenCompare are stores that no story of the kit catches, only a random history.
var brokenCompare = []brokenStore{
	{"reuse told of a disabled account", "compare", func(s store.Store) store.Store { return reuseFirst{s} }},
	{"a refund that is asked for again by another amount", "compare", func(s store.Store) store.Store { return refundCompared{s} }},
}

// reuseFirst looks at the generation before it looks at the account.
type reuseFirst struct{ store.Store }

func (b reuseFirst) RotateSession(ctx context.Context, r store.Rotation, now time.Time) (store.Live, error) {
	was, e := b.Session(ctx, r.Session, now)
	l, err := b.Store.RotateSession(ctx, r, now)
	if errors.Is(err, store.ErrNotFound) && e == nil && was.Status != store.StatusActive && r.Generation < was.Session.Generation-1 {
		err = store.Conflict{}
	}
	return l, err
}

// refundCompared takes the amount of a repeated refund for the caller's.
type refundCompared struct{ store.Store }

func (b refundCompared) ApplyCredit(ctx context.Context, p store.Posting) (store.LedgerEntry, store.Balance, bool, error) {
	kept, balance, fresh, err := b.Store.ApplyCredit(ctx, p)
	if err == nil && !fresh && p.Entry.Refunds != "" && p.Entry.Amount > kept.Amount {
		return store.LedgerEntry{}, store.Balance{}, false, store.Conflict{}
	}
	return kept, balance, fresh, err
}

// TestOnlyCompareCatches runs the stories of the kit on these stores: they all hold.
func TestOnlyCompareCatches(t *testing.T) {
	for _, b := range brokenCompare {
		t.Run(b.name, func(t *testing.T) {
			runStore(stories{real{t}}, func(kitT) store.Store { return b.wrap(memory.New()) })
		})
	}
}

// stories is a real kitT without compare.
type stories struct{ real }

func (s stories) Run(name string, f func(kitT)) bool { return name == "compare" || s.real.Run(name, f) }
