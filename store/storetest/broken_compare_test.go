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
	{"a taken name before missing credits", "compare", func(s store.Store) store.Store { return nameFirst{s} }},
	{"a last admin before the version", "compare", func(s store.Store) store.Store { return adminFirst{s} }},
	{"reuse told of a disabled account", "compare", func(s store.Store) store.Store { return reuseFirst{s} }},
	{"a refund that is asked for again by another amount", "compare", func(s store.Store) store.Store { return refundCompared{s} }},
	{"a repeated sign-in that moves the last sign-in", "compare", func(s store.Store) store.Store { return againLooked{s} }},
}

// nameFirst tells of a taken email where the credits are short, too.
type nameFirst struct{ store.Store }

func (b nameFirst) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (store.Account, store.Receipt, error) {
	a, r, err := b.Store.UpdateAccount(ctx, c, now)
	if errors.Is(err, store.ErrInsufficientCredits) {
		f, e := b.FindAccount(ctx, store.Lookup{Scope: c.Account.Parent, Email: c.Account.EmailKey})
		if e == nil && f.Account.ID != c.Account.ID {
			err = store.Conflict{Field: "email"}
		}
	}
	return a, r, err
}

// adminFirst guards the last admin of a scope also from who read an old version.
type adminFirst struct{ store.Store }

func (b adminFirst) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (store.Account, store.Receipt, error) {
	a, r, err := b.Store.UpdateAccount(ctx, c, now)
	if err == (store.Conflict{}) {
		f, e := b.FindAccount(ctx, store.Lookup{ID: c.Account.ID})
		if e == nil && f.Account.Version != c.Account.Version && b.last(ctx, f.Account, c.Account) {
			err = store.ErrLastAdmin
		}
	}
	return a, r, err
}

func (b adminFirst) last(ctx context.Context, was, next store.Account) bool {
	admin := func(a store.Account) bool { return a.Role == store.RoleAdmin && a.Status == store.StatusActive }
	if was.Parent == store.Root || !admin(was) || admin(next) {
		return false
	}
	list, _ := b.ListAccounts(ctx, was.Parent, store.Page{Limit: 10_000})
	for _, a := range list {
		if a.ID != was.ID && admin(a) {
			return false
		}
	}
	return true
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

func (b refundCompared) ApplyCredit(ctx context.Context, e store.LedgerEntry) (store.LedgerEntry, store.Balance, bool, error) {
	kept, balance, fresh, err := b.Store.ApplyCredit(ctx, e)
	if err == nil && !fresh && e.Refunds != "" && e.Amount > kept.Amount {
		return store.LedgerEntry{}, store.Balance{}, false, store.Conflict{}
	}
	return kept, balance, fresh, err
}

// againLooked looks at the account of a sign-in that happened before.
type againLooked struct{ store.Store }

func (b againLooked) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	r, err := b.Store.CreateSession(ctx, n, now)
	if _, e := b.FindAccount(ctx, store.Lookup{ID: n.Session.Account}); err == nil && e != nil {
		return store.Receipt{}, store.ErrNotFound
	}
	return r, err
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
