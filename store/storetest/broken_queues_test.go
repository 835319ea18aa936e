package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// brokenQueues are stores that count, release, send or sweep beside the mark.
var brokenQueues = []brokenStore{
	{"outcomes in another order", "attempts/take/the outcomes are in the order given", func(s store.Store) store.Store {
		return reordered{s}
	}},
	{"nothing that is refused", "attempts/take/no buckets are let in", func(s store.Store) store.Store {
		return shut{s}
	}},
	{"a mark that is not looked at", "attempts/waive/a waived bucket cannot refuse", func(s store.Store) store.Store {
		return unmarked{s}
	}},
	{"a take behind an ended context", "attempts/a cancelled context does nothing", func(s store.Store) store.Store {
		return unmarked{s}
	}},
	{"a state in a zone of its own", "attempts/times come back in utc", func(s store.Store) store.Store {
		return zonedState{s}
	}},
	{"a mark that lives on", "attempts/release/a mark that has ended marks nothing",
		misread{release: func(_ store.Store, t *store.Release) error {
			t.Until = t.Until.Add(time.Minute)
			return nil
		}}.broken},
	{"one attempt forgiven as all", "attempts/release/what becomes of an attempt at a ceiling",
		misread{release: func(_ store.Store, t *store.Release) error {
			t.Forget = append(t.Forget, t.Forgive...)
			return nil
		}}.broken},
	{"a key that is not compared", "credits/apply/the same key for something else is a conflict", func(s store.Store) store.Store {
		return trusting{s}
	}},
	{"a refund of what was no debit", "credits/refund/what is no debit is not found/a credit", func(s store.Store) store.Store {
		return lavish{s}
	}},
	{"a paid month charged again", "credits/months/a month that was paid is settled without debit",
		misread{entry: func(_ store.Store, e *store.LedgerEntry) error {
			e.Key = strings.Replace(e.Key, "retention:", "paid:", 1)
			return nil
		}}.broken},
	{"months without a limit", "credits/months/those furthest behind first", func(s store.Store) store.Store {
		return limitless{s}
	}},
	{"a negative price for months", "credits/months/a negative price or no limit settles nothing", func(s store.Store) store.Store {
		return limitless{s}
	}},
	{"a mail queued anew", "outbox/queue/an id that is there stays as it is",
		misread{mail: func(_ store.Store, m *store.QueuedMail) error { m.ID = id(); return nil }}.broken},
	{"the youngest mail first", "outbox/claim/oldest first, up to limit", func(s store.Store) store.Store {
		return youngest{s}
	}},
	{"mail before it is due", "outbox/claim/not before it is due", func(s store.Store) store.Store {
		return impatient{s}
	}},
	{"a lease that is not told", "outbox/claim/a lease ends, and each claim is a try", func(s store.Store) store.Store {
		return youngest{s}
	}},
	{"a mail given up at the first failure", "outbox/finish/with retry it is due then", func(s store.Store) store.Store {
		return impatient{s}
	}},
	{"a sweep without being asked", "sweep/takes nothing without a limit", func(s store.Store) store.Store {
		return eager{s}
	}},
	{"a sweep of all children at once", "sweep/erases at most limit children at once", func(s store.Store) store.Store {
		return eager{s}
	}},
	{"a sweep of what lives", "sweep/leaves what lives", func(s store.Store) store.Store {
		return eager{s}
	}},
	{"a sweep that is never done", "sweep/takes sessions, too", func(s store.Store) store.Store {
		return eager{s}
	}},
}

// reordered returns the outcomes from the last to the first.
type reordered struct{ store.Store }

func (b reordered) Take(ctx context.Context, buckets []store.Bucket, now time.Time) (store.Decision, error) {
	d, err := b.Store.Take(ctx, buckets, now)
	slices.Reverse(d.Outcomes)
	return d, err
}

// shut lets nothing in that it does not count.
type shut struct{ store.Store }

func (b shut) Take(ctx context.Context, buckets []store.Bucket, now time.Time) (store.Decision, error) {
	d, err := b.Store.Take(ctx, buckets, now)
	d.Allowed = d.Allowed && len(buckets) > 0
	return d, err
}

// unmarked looks at no mark and at no context.
type unmarked struct{ store.Store }

func (b unmarked) Take(ctx context.Context, buckets []store.Bucket, now time.Time) (store.Decision, error) {
	buckets = slices.Clone(buckets)
	for i := range buckets {
		buckets[i].Waive = store.Digest{}
	}
	return b.Store.Take(context.WithoutCancel(ctx), buckets, now)
}

// zonedState returns states in a time zone.
type zonedState struct{ store.Store }

func (b zonedState) Take(ctx context.Context, buckets []store.Bucket, now time.Time) (store.Decision, error) {
	d, err := b.Store.Take(ctx, buckets, now)
	for i := range d.Outcomes {
		d.Outcomes[i].State.Expires = d.Outcomes[i].State.Expires.In(elsewhere)
	}
	return d, err
}

// trusting returns what stands under a key, whatever it was asked for.
type trusting struct{ store.Store }

func (b trusting) ApplyCredit(ctx context.Context, p store.Posting) (store.LedgerEntry, store.Balance, bool, error) {
	got, r, fresh, err := b.Store.ApplyCredit(ctx, p)
	if errors.Is(err, store.Conflict{}) {
		return p.Entry, r, false, nil
	}
	return got, r, fresh, err
}

// lavish gives back what nobody paid.
type lavish struct{ store.Store }

func (b lavish) ApplyCredit(ctx context.Context, p store.Posting) (store.LedgerEntry, store.Balance, bool, error) {
	got, r, fresh, err := b.Store.ApplyCredit(ctx, p)
	if p.Entry.Refunds != "" && errors.Is(err, store.ErrNotFound) {
		p.Entry.Refunds = ""
		return b.Store.ApplyCredit(ctx, p)
	}
	return got, r, fresh, err
}

// limitless settles more than it was asked to, at any price.
type limitless struct{ store.Store }

func (b limitless) CloseMonths(ctx context.Context, c store.Closing, now time.Time) (int, []store.Settled, error) {
	c.Price, c.Limit = max(0, c.Price), c.Limit+1
	return b.Store.CloseMonths(ctx, c, now)
}

// youngest turns a claim around, and does not say when the lease ends.
type youngest struct{ store.Store }

func (b youngest) ClaimMail(ctx context.Context, limit int, lease time.Duration, now time.Time) ([]store.QueuedMail, error) {
	mails, err := b.Store.ClaimMail(ctx, limit, lease, now)
	slices.Reverse(mails)
	for i := range mails {
		mails[i].DueAt = now
	}
	return mails, err
}

// impatient claims an hour early and never tries again.
type impatient struct{ store.Store }

func (b impatient) ClaimMail(ctx context.Context, limit int, lease time.Duration, now time.Time) ([]store.QueuedMail, error) {
	return b.Store.ClaimMail(ctx, limit, lease, now.Add(time.Hour))
}

func (b impatient) FinishMail(ctx context.Context, d store.Delivery) error {
	d.Retry = time.Time{}
	return b.Store.FinishMail(ctx, d)
}

// eager sweeps without a limit what will end within a week, and always wants to go on.
type eager struct{ store.Store }

func (b eager) Sweep(ctx context.Context, _ int, now time.Time) (bool, error) {
	_, err := b.Store.Sweep(ctx, 1000, now.AddDate(0, 0, 7))
	return now.After(dusk.AddDate(0, 0, 4)) && err == nil, err
}
