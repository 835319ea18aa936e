package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/tollkeeper/tollkeeper"
)

var brokenCredits = []brokenStore{
	{"a negative balance", "credits/apply/insufficient credits change nothing", func(s tollkeeper.Store) tollkeeper.Store {
		return indebted{s}
	}},
	{"a key that serves twice", "credits/apply/the same key again changes nothing", func(s tollkeeper.Store) tollkeeper.Store {
		return keyless{s}
	}},
	{"a key that serves twice at once", "credits/races/the same key is applied once", func(s tollkeeper.Store) tollkeeper.Store {
		return keyless{s}
	}},
	{"a debit refunded twice", "credits/races/a refund under two keys stands once", func(s tollkeeper.Store) tollkeeper.Store {
		return generous{s}
	}},
	{"a month charged twice", "credits/races/each month is settled once", func(s tollkeeper.Store) tollkeeper.Store {
		return dunning{s}
	}},
	{"a counter that is not moved", "credits/books", func(s tollkeeper.Store) tollkeeper.Store {
		return uncountedUse{s}
	}},
	{"a ledger row that nobody sees", "credits/races/everything at once adds up", func(s tollkeeper.Store) tollkeeper.Store {
		return unseen{s}
	}},
}

// indebted lets a balance fall below zero.
type indebted struct{ tollkeeper.Store }

func (b indebted) ApplyCredit(ctx context.Context, e tollkeeper.LedgerEntry) (tollkeeper.LedgerEntry, tollkeeper.Balance, bool, error) {
	got, r, fresh, err := b.Store.ApplyCredit(ctx, e)
	if errors.Is(err, tollkeeper.ErrInsufficientCredits) {
		r.Credits += e.Amount
		return e, r, true, nil
	}
	return got, r, fresh, err
}

// keyless takes every entry for a new one.
type keyless struct{ tollkeeper.Store }

func (b keyless) ApplyCredit(ctx context.Context, e tollkeeper.LedgerEntry) (tollkeeper.LedgerEntry, tollkeeper.Balance, bool, error) {
	e.ID = id()
	e.Key += e.ID.String()
	return b.Store.ApplyCredit(ctx, e)
}

// generous refunds as often as it is asked.
type generous struct{ tollkeeper.Store }

func (b generous) ApplyCredit(ctx context.Context, e tollkeeper.LedgerEntry) (tollkeeper.LedgerEntry, tollkeeper.Balance, bool, error) {
	got, r, fresh, err := b.Store.ApplyCredit(ctx, e)
	if e.Refunds != "" && errors.Is(err, tollkeeper.ErrConflict) {
		e.Refunds, e.Amount = "", 4
		return b.Store.ApplyCredit(ctx, e)
	}
	return got, r, fresh, err
}

// dunning charges each month once more.
type dunning struct{ tollkeeper.Store }

func (b dunning) CloseMonths(ctx context.Context, month int, price int64, limit int, now time.Time) (int, []tollkeeper.Settled, error) {
	n, charged, err := b.Store.CloseMonths(ctx, month, price, limit, now)
	for _, c := range charged {
		if _, _, _, err := b.ApplyCredit(ctx, entry(c.Owner, tollkeeper.OpRetention, -c.Debit)); err != nil {
			return n, charged, err
		}
	}
	return n, charged, err
}

// uncountedUse forgets what was used for sign-ins.
type uncountedUse struct{ tollkeeper.Store }

func (b uncountedUse) Balance(ctx context.Context, owner uuid.UUID) (tollkeeper.Balance, error) {
	r, err := b.Store.Balance(ctx, owner)
	r.SignIns = 0
	return r, err
}

// unseen leaves the last row of each page out.
type unseen struct{ tollkeeper.Store }

func (b unseen) ListCredits(ctx context.Context, owner uuid.UUID, op tollkeeper.Operation, p tollkeeper.Page) ([]tollkeeper.LedgerEntry, error) {
	all, err := b.Store.ListCredits(ctx, owner, op, p)
	if len(all) > 1 {
		all = all[:len(all)-1]
	}
	return all, err
}
