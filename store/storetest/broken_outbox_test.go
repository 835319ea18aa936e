package storetest

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

var brokenOutbox = []brokenStore{
	{"a lease that does not hold", "outbox/races/each mail is claimed once", func(s store.Store) store.Store {
		return &leaseless{Store: s, again: map[uuid.UUID]bool{}}
	}},
	{"a fence that does not hold", "outbox/finish/another claim is a fence", func(s store.Store) store.Store {
		return &fenceless{Store: s, tries: map[uuid.UUID]int{}}
	}},
	{"args of a try that are forgotten", "outbox/finish/with retry it may have other args then",
		misread{delivery: func(_ store.Store, d *store.Delivery) error { d.Args = nil; return nil }}.broken},
	{"a try without args that forgets those of the mail", "outbox/finish/with retry it may have other args then",
		misread{delivery: func(_ store.Store, d *store.Delivery) error {
			if d.Args == nil {
				d.Args = map[string]string{}
			}
			return nil
		}}.broken},
	{"a sweep without bounds", "sweep/is bounded and says when there is more", func(s store.Store) store.Store {
		return unbounded{s}
	}},
	{"a sweep that comes early", "sweep/takes what ended a day before", func(s store.Store) store.Store {
		return early{s}
	}},
}

// leaseless gives every mail out twice.
type leaseless struct {
	store.Store
	mu    sync.Mutex
	again map[uuid.UUID]bool
}

func (b *leaseless) ClaimMail(ctx context.Context, limit int, lease time.Duration, now time.Time) ([]store.QueuedMail, error) {
	mails, err := b.Store.ClaimMail(ctx, limit, lease, now)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range mails {
		if b.again[m.ID] {
			continue
		}
		b.again[m.ID] = true
		if err := b.FinishMail(ctx, store.Delivery{ID: m.ID, Tries: m.Tries, Retry: now}); err != nil {
			return nil, err
		}
	}
	return mails, err
}

// fenceless lets everyone finish.
type fenceless struct {
	store.Store
	tries map[uuid.UUID]int
}

func (b *fenceless) ClaimMail(ctx context.Context, limit int, lease time.Duration, now time.Time) ([]store.QueuedMail, error) {
	mails, err := b.Store.ClaimMail(ctx, limit, lease, now)
	for _, m := range mails {
		b.tries[m.ID] = m.Tries
	}
	return mails, err
}

func (b *fenceless) FinishMail(ctx context.Context, d store.Delivery) error {
	d.Tries = b.tries[d.ID]
	return b.Store.FinishMail(ctx, d)
}

// unbounded sweeps all at once.
type unbounded struct{ store.Store }

func (b unbounded) Sweep(ctx context.Context, _ int, now time.Time) (bool, error) {
	return b.Store.Sweep(ctx, 1000, now)
}

// early sweeps a day too soon.
type early struct{ store.Store }

func (b early) Sweep(ctx context.Context, limit int, now time.Time) (bool, error) {
	return b.Store.Sweep(ctx, limit, now.AddDate(0, 0, 1).Add(time.Second))
}
