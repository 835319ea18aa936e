package storetest

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// brokenLists are stores whose pages and bounds are off by one, or in another order.
var brokenLists = []brokenStore{
	{"a page of one more", "accounts/list/pages in id order",
		misread{page: func(_ store.Store, p *store.Page) error { p.Limit++; return nil }}.broken},
	{"a page of sessions without an end", "sessions/list/pages",
		misread{page: func(_ store.Store, p *store.Page) error { p.Limit = 1000; return nil }}.broken},
	{"a date that is exclusive", "accounts/list/from is included, to is not",
		misread{page: func(_ store.Store, p *store.Page) error {
			p.From = p.From.Add(time.Millisecond)
			return nil
		}}.broken},
	{"a search that is not looked at", "accounts/list/searches by prefix of email or username",
		misread{page: func(_ store.Store, p *store.Page) error { p.Search = ""; return nil }}.broken},
	{"a list of the root accounts", "accounts/list/only the scope, without deleted accounts", func(s store.Store) store.Store {
		return rootLists{s}
	}},
	{"a count that is exclusive", "accounts/count/who signed in at or after", func(s store.Store) store.Store {
		return exclusive{s}
	}},
	{"a ledger of every operation", "credits/list/of one operation", func(s store.Store) store.Store {
		return everyOperation{s}
	}},
	{"months oldest first", "credits/months/lists months newest first", func(s store.Store) store.Store {
		return oldestFirst{s}
	}},
	{"a balance of nobody", "credits/balance", func(s store.Store) store.Store {
		return indulgent{s}
	}},
	{"reads behind an ended context", "everywhere/a cancelled context reads nothing/list months", func(s store.Store) store.Store {
		return oldestFirst{s}
	}},
	{"a context that ended, told as not found", "everywhere/a cancelled context reads nothing/balance", func(s store.Store) store.Store {
		return misnamed{s}
	}},
}

// rootLists takes an unknown scope for the root.
type rootLists struct{ store.Store }

func (b rootLists) ListAccounts(ctx context.Context, scope uuid.UUID, p store.Page) ([]store.Account, error) {
	all, err := b.Store.ListAccounts(ctx, scope, p)
	if len(all) == 0 && err == nil {
		return b.Store.ListAccounts(ctx, store.Root, p)
	}
	return all, err
}

// exclusive counts those who signed in after since.
type exclusive struct{ store.Store }

func (b exclusive) CountAccounts(ctx context.Context, scope uuid.UUID, since time.Time) (int64, error) {
	return b.Store.CountAccounts(ctx, scope, since.Add(time.Millisecond))
}

// everyOperation does not look at the operation.
type everyOperation struct{ store.Store }

func (b everyOperation) ListCredits(ctx context.Context, owner uuid.UUID, _ store.Operation, p store.Page) ([]store.LedgerEntry, error) {
	return b.Store.ListCredits(ctx, owner, "", p)
}

// oldestFirst turns a page around, and does not look at its context.
type oldestFirst struct{ store.Store }

func (b oldestFirst) ListMonths(ctx context.Context, owner uuid.UUID, from, to, limit int) ([]store.Month, error) {
	all, err := b.Store.ListMonths(context.WithoutCancel(ctx), owner, from, to, limit)
	slices.Reverse(all)
	return all, err
}

// indulgent has a balance for everyone.
type indulgent struct{ store.Store }

func (b indulgent) Balance(ctx context.Context, owner uuid.UUID) (store.Balance, error) {
	r, _ := b.Store.Balance(ctx, owner)
	return r, nil
}

// misnamed calls every failure by one name.
type misnamed struct{ store.Store }

func (b misnamed) Balance(ctx context.Context, owner uuid.UUID) (store.Balance, error) {
	r, err := b.Store.Balance(ctx, owner)
	if err != nil {
		err = store.ErrNotFound
	}
	return r, err
}
