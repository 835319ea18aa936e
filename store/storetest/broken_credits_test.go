package storetest

import (
	"context"
	"errors"
	"strings"
	"sync"
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
	{"a payment that serves every owner", "credits/apply/a payment serves one owner once", func(s store.Store) store.Store {
		return perOwner{s}
	}},
	{"a payment that serves several owners at once", "credits/races/a payment of several owners stands once", func(s store.Store) store.Store {
		return &lateLook{Store: s, looks: map[string]int{}, other: make(chan struct{})}
	}},
	{"a payment that is compared without its case", "credits/apply/a payment serves one owner once", func(s store.Store) store.Store {
		return folding{s}
	}},
	{"a payment that is given with an account", "accounts/create/a grant is of a root account and not negative", func(s store.Store) store.Store {
		return endowing{s}
	}},
	{"keys that are cut", "credits/refund/keys as long as they may be", func(s store.Store) store.Store {
		return cutting{s}
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

// perOwner lets a payment serve once for each owner.
type perOwner struct{ store.Store }

func (b perOwner) ApplyCredit(ctx context.Context, p store.Posting) (store.LedgerEntry, store.Balance, bool, error) {
	return b.Store.ApplyCredit(ctx, renamed(p, func(id string) string { return id + p.Entry.Owner.String() }))
}

// folding takes payments whose ids differ in case for one.
type folding struct{ store.Store }

func (b folding) ApplyCredit(ctx context.Context, p store.Posting) (store.LedgerEntry, store.Balance, bool, error) {
	return b.Store.ApplyCredit(ctx, renamed(p, strings.ToLower))
}

// renamed changes the id of the posting's payment, if it has one.
func renamed(p store.Posting, change func(string) string) store.Posting {
	if p.Entry.Package != nil && p.Entry.Package.TransactionID != "" {
		bundle := *p.Entry.Package
		bundle.TransactionID = change(bundle.TransactionID)
		p.Entry.Package = &bundle
	}
	return p
}

// lateLook looks whether a payment was spent in one step, and writes it in another, between which somebody else looks.
type lateLook struct {
	store.Store
	mu    sync.Mutex
	looks map[string]int
	other chan struct{} // closed when two have looked at once
}

func (b *lateLook) ApplyCredit(ctx context.Context, p store.Posting) (store.LedgerEntry, store.Balance, bool, error) {
	if p.Entry.Package == nil || p.Entry.Package.TransactionID == "" {
		return b.Store.ApplyCredit(ctx, p)
	}
	b.mu.Lock()
	b.looks[p.Entry.Package.TransactionID]++
	look := b.looks[p.Entry.Package.TransactionID]
	b.mu.Unlock()
	switch look {
	case 1:
		<-b.other
	case 2:
		close(b.other)
	default:
		return store.LedgerEntry{}, store.Balance{}, false, store.Conflict{Field: "transaction"}
	}
	return b.Store.ApplyCredit(ctx, renamed(p, func(id string) string { return id + p.Entry.ID.String() }))
}

// endowing lets a new account begin with a payment.
type endowing struct{ store.Store }

func (b endowing) CreateAccount(ctx context.Context, n store.NewAccount, now time.Time) (store.Account, store.Receipt, error) {
	if n.Grant != nil && n.Grant.Package != nil {
		grant, bundle := *n.Grant, *n.Grant.Package
		bundle.TransactionID, grant.Package = "", &bundle
		n.Grant = &grant
	}
	return b.Store.CreateAccount(ctx, n, now)
}

// cutting keeps the first 199 bytes of a key.
type cutting struct{ store.Store }

func (b cutting) ApplyCredit(ctx context.Context, p store.Posting) (store.LedgerEntry, store.Balance, bool, error) {
	p.Entry.Key, p.Entry.Refunds = p.Entry.Key[:min(199, len(p.Entry.Key))], p.Entry.Refunds[:min(199, len(p.Entry.Refunds))]
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

func (b unseen) ListCredits(ctx context.Context, owner uuid.UUID, q store.CreditQuery) ([]store.LedgerEntry, error) {
	all, err := b.Store.ListCredits(ctx, owner, q)
	if len(all) > 1 {
		all = all[:len(all)-1]
	}
	return all, err
}
