package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

var brokenCredits = []brokenStore{
	{"a negative balance", "credits/apply/insufficient credits change nothing", func(s store.Store) store.Store {
		return indebted{s}
	}},
	{"a key that serves twice", "credits/apply/the same key again changes nothing", func(s store.Store) store.Store {
		return keyless{s}
	}},
	{"a key that serves twice at once", "credits/races/the same key is applied once", func(s store.Store) store.Store {
		return keyless{s}
	}},
	{"a debit refunded twice", "credits/races/a refund under two keys stands once", func(s store.Store) store.Store {
		return generous{s}
	}},
	{"a month charged twice", "credits/races/each month is settled once", func(s store.Store) store.Store {
		return dunning{s}
	}},
	{"months that have not come", "credits/months/up to the newest entry/nothing closes without an entry of a later month", func(s store.Store) store.Store {
		return rash{s}
	}},
	{"months that a wrong clock says have come", "credits/months/up to the newest entry/retention is no such entry", func(s store.Store) store.Store {
		return credulous{s}
	}},
	{"a counter that is not moved", "credits/books", func(s store.Store) store.Store {
		return uncountedUse{s}
	}},
	{"a ledger row that nobody sees", "credits/races/everything at once adds up", func(s store.Store) store.Store {
		return unseen{s}
	}},
}

// indebted lets a balance fall below zero.
type indebted struct{ store.Store }

func (b indebted) ApplyCredit(ctx context.Context, p store.Posting) (store.LedgerEntry, store.Balance, bool, error) {
	got, r, fresh, err := b.Store.ApplyCredit(ctx, p)
	if errors.Is(err, store.ErrInsufficientCredits) {
		r.Credits += p.Entry.Amount
		return p.Entry, r, true, nil
	}
	return got, r, fresh, err
}

// keyless takes every entry for a new one.
type keyless struct{ store.Store }

func (b keyless) ApplyCredit(ctx context.Context, p store.Posting) (store.LedgerEntry, store.Balance, bool, error) {
	p.Entry.ID = id()
	p.Entry.Key += p.Entry.ID.String()
	return b.Store.ApplyCredit(ctx, p)
}

// generous refunds as often as it is asked.
type generous struct{ store.Store }

func (b generous) ApplyCredit(ctx context.Context, p store.Posting) (store.LedgerEntry, store.Balance, bool, error) {
	got, r, fresh, err := b.Store.ApplyCredit(ctx, p)
	if p.Entry.Refunds != "" && errors.Is(err, store.Conflict{}) {
		p.Entry.Refunds, p.Entry.Amount = "", 4
		return b.Store.ApplyCredit(ctx, p)
	}
	return got, r, fresh, err
}

// dunning charges each month once more.
type dunning struct{ store.Store }

func (b dunning) CloseMonths(ctx context.Context, c store.Closing, now time.Time) (int, []store.Settled, error) {
	n, charged, err := b.Store.CloseMonths(ctx, c, now)
	for _, c := range charged {
		if _, _, _, err := b.ApplyCredit(ctx, store.Posting{Entry: entry(c.Owner, store.OpRetention, -c.Debit)}); err != nil {
			return n, charged, err
		}
	}
	return n, charged, err
}

// rash closes whatever months it is asked for.
type rash struct{ store.Store }

func (b rash) CloseMonths(ctx context.Context, c store.Closing, now time.Time) (int, []store.Settled, error) {
	a := account(store.Root)
	g := grant(a.ID, 1)
	g.At = monthAt(c.Month + 1)
	if _, _, err := b.CreateAccount(ctx, store.NewAccount{Account: a, Grant: g}, g.At); err != nil {
		return 0, nil, err
	}
	return b.Store.CloseMonths(ctx, c, now)
}

// credulous takes retention for a sign that its month has come.
type credulous struct{ store.Store }

func (b credulous) CloseMonths(ctx context.Context, c store.Closing, now time.Time) (int, []store.Settled, error) {
	n, charged, err := b.Store.CloseMonths(ctx, c, now)
	for _, c := range charged {
		sign := entry(c.Owner, "sign", 0)
		sign.At = now
		if _, _, _, err := b.ApplyCredit(ctx, store.Posting{Entry: sign}); err != nil {
			return n, charged, err
		}
	}
	return n, charged, err
}

// uncountedUse forgets what was used for sign-ins.
type uncountedUse struct{ store.Store }

func (b uncountedUse) Balance(ctx context.Context, owner uuid.UUID) (store.Balance, error) {
	r, err := b.Store.Balance(ctx, owner)
	r.SignIns = 0
	return r, err
}

// unseen leaves the last row of each page out.
type unseen struct{ store.Store }

func (b unseen) ListCredits(ctx context.Context, owner uuid.UUID, op store.Operation, p store.Page) ([]store.LedgerEntry, error) {
	all, err := b.Store.ListCredits(ctx, owner, op, p)
	if len(all) > 1 {
		all = all[:len(all)-1]
	}
	return all, err
}
