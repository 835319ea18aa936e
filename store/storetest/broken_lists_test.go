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
	{"a page of one more", "accounts/list/pages in order of creation",
		misread{page: func(_ store.Store, p *store.Page) error { p.Limit++; return nil }}.broken},
	{"a page of sessions without an end", "sessions/list/pages",
		misread{page: func(_ store.Store, p *store.Page) error { p.Limit = 1000; return nil }}.broken},
	{"accounts by id", "accounts/list/pages in order of creation",
		func(s store.Store) store.Store { return listsByID{s} }},
	{"sessions by id", "sessions/list/live ones in order of creation",
		func(s store.Store) store.Store { return listsByID{s} }},
	{"sessions of the lowest ids that end for a new one", "sessions/create/most live sessions, the oldest end",
		func(s store.Store) store.Store { return endsByID{s} }},
	{"a page that begins behind the whole millisecond", "accounts/list/pages in order of creation",
		misread{page: func(_ store.Store, p *store.Page) error { p.After = wholeTime(p.After, uuid.Max); return nil }}.broken},
	{"a page that begins with the millisecond", "accounts/list/newcomers during a walk",
		misread{page: func(_ store.Store, p *store.Page) error { p.After = wholeTime(p.After, uuid.Nil); return nil }}.broken},
	{"sessions that begin behind the whole millisecond", "sessions/list/pages",
		misread{page: func(_ store.Store, p *store.Page) error { p.After = wholeTime(p.After, uuid.Max); return nil }}.broken},
	{"a list as it was at the first page", "accounts/list/newcomers during a walk",
		func(s store.Store) store.Store { return &frozenLists{Store: s} }},
	{"a zero time that is 1970", "accounts/list/made before all time",
		misread{account: func(_ store.Store, n *store.NewAccount) error {
			n.Account.CreatedAt = unset(n.Account.CreatedAt)
			return nil
		}}.broken},
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

func (b everyOperation) ListCredits(ctx context.Context, owner uuid.UUID, q store.CreditQuery) ([]store.LedgerEntry, error) {
	q.Operation = ""
	return b.Store.ListCredits(ctx, owner, q)
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

// listsByID has accounts and sessions in the order of their ids.
type listsByID struct{ store.Store }

func (b listsByID) ListAccounts(ctx context.Context, scope uuid.UUID, p store.Page) ([]store.Account, error) {
	all, err := b.Store.ListAccounts(ctx, scope, store.Page{Limit: 1000, Search: p.Search, From: p.From, To: p.To})
	return pageByID(all, p, func(a store.Account) uuid.UUID { return a.ID }), err
}

func (b listsByID) ListSessions(ctx context.Context, account uuid.UUID, p store.Page, now time.Time) ([]store.Session, error) {
	all, err := b.Store.ListSessions(ctx, account, store.Page{Limit: 1000}, now)
	return pageByID(all, p, func(x store.Session) uuid.UUID { return x.ID }), err
}

func pageByID[R any](all []R, p store.Page, of func(R) uuid.UUID) []R {
	order := func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }
	slices.SortFunc(all, func(x, y R) int { return order(of(x), of(y)) })
	all = slices.DeleteFunc(all, func(x R) bool { return order(of(x), p.After.ID) <= 0 })
	return all[:min(p.Limit, len(all))]
}

// wholeTime is a place where the ids of one time do not count.
func wholeTime(p store.Position, id uuid.UUID) store.Position {
	if !p.IsZero() {
		p.ID = id
	}
	return p
}

// frozenLists pages through the accounts of a scope as they were when the walk began.
type frozenLists struct {
	store.Store
	all []store.Account
}

func (b *frozenLists) ListAccounts(ctx context.Context, scope uuid.UUID, p store.Page) (page []store.Account, err error) {
	if p.After.IsZero() {
		b.all, err = b.Store.ListAccounts(ctx, scope, store.Page{Limit: 1000, Search: p.Search, From: p.From, To: p.To})
	}
	for _, a := range b.all {
		if after(a).Compare(p.After) > 0 && len(page) < p.Limit {
			page = append(page, a)
		}
	}
	return page, err
}

// unset takes 1970 for no time at all.
func unset(t time.Time) time.Time {
	if t.UnixMilli() == 0 {
		return time.Time{}
	}
	return t
}

// endsByID ends the sessions of the lowest ids where there are too many.
type endsByID struct{ store.Store }

func (b endsByID) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	most := n.Most
	n.Most = 0
	list, _ := listsByID(b).ListSessions(ctx, n.Session.Account, store.Page{Limit: 1000}, now)
	again := slices.ContainsFunc(list, func(x store.Session) bool { return x.ID == n.Session.ID })
	r, err := b.Store.CreateSession(ctx, n, now)
	for i := 0; err == nil && !again && most > 0 && i < len(list)+1-most; i++ {
		_ = b.RevokeSession(ctx, store.Revocation{Account: n.Session.Account, Session: list[i].ID}, now)
	}
	return r, err
}
