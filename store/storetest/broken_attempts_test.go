package storetest

import (
	"context"
	"sync"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

var brokenAttempts = []brokenStore{
	{"counting after the fact", "attempts/races/a ceiling lets in exactly its number", func(s store.Store) store.Store {
		return &countedLate{Store: s, model: newModel()}
	}},
	{"a lock that another's success clears", "attempts/release/forget starts the named ones again", func(s store.Store) store.Store {
		return &forgetful{Store: s, keys: map[store.Digest]bool{}}
	}},
	{"a waived bucket that is not counted", "attempts/waive/a waived bucket counts", func(s store.Store) store.Store {
		return uncounted{s}
	}},
	{"a waived bucket that counts too much", "attempts/histories", func(s store.Store) store.Store {
		return uncounted{s}
	}},
	{"a mark that is shortened", "attempts/release/a mark is never shortened", func(s store.Store) store.Store {
		return &shortened{Store: s, marks: map[store.Digest]store.Digest{}}
	}},
	{"counted although another refused", "attempts/take/all or none", func(s store.Store) store.Store {
		return eachOnItsOwn{s}
	}},
}

// countedLate decides by what it read before.
type countedLate struct {
	store.Store
	mu sync.Mutex
	*model
}

func newModel() *model {
	return &model{states: map[store.Digest]store.State{}, marks: map[store.Digest]time.Time{}}
}

func (b *countedLate) Take(_ context.Context, buckets []store.Bucket, now time.Time) (store.Decision, error) {
	b.mu.Lock()
	seen := newModel()
	for key, s := range b.states {
		seen.states[key] = s
	}
	b.mu.Unlock()
	d := seen.take(buckets, now)
	time.Sleep(100 * time.Microsecond)
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, o := range d.Outcomes {
		b.states[buckets[i].Key] = o.State
	}
	return d, nil
}

// forgetful forgets every lock at a success.
type forgetful struct {
	store.Store
	mu   sync.Mutex
	keys map[store.Digest]bool
}

func (b *forgetful) Take(ctx context.Context, buckets []store.Bucket, now time.Time) (store.Decision, error) {
	b.mu.Lock()
	for _, one := range buckets {
		b.keys[one.Key] = true
	}
	b.mu.Unlock()
	return b.Store.Take(ctx, buckets, now)
}

func (b *forgetful) Release(ctx context.Context, s store.Release, now time.Time) error {
	b.mu.Lock()
	for key := range b.keys {
		s.Forget = append(s.Forget, key)
	}
	b.mu.Unlock()
	return b.Store.Release(ctx, s, now)
}

// uncounted lets what a mark waives pass by.
type uncounted struct{ store.Store }

func (b uncounted) Take(ctx context.Context, buckets []store.Bucket, now time.Time) (store.Decision, error) {
	d, err := b.Store.Take(ctx, buckets, now)
	var back store.Release
	for i, o := range d.Outcomes {
		if o.Counted && !o.Marked.IsZero() {
			back.Forget = append(back.Forget, buckets[i].Key)
		}
	}
	if err != nil || back.Zero() {
		return d, err
	}
	return d, b.Release(ctx, back, now)
}

// shortened takes the last mark for the only one.
type shortened struct {
	store.Store
	mu    sync.Mutex
	marks map[store.Digest]store.Digest
}

func (b *shortened) Release(ctx context.Context, s store.Release, now time.Time) error {
	b.mu.Lock()
	fresh := digest()
	b.marks[s.Mark] = fresh
	b.mu.Unlock()
	s.Mark = fresh
	return b.Store.Release(ctx, s, now)
}

func (b *shortened) Take(ctx context.Context, buckets []store.Bucket, now time.Time) (store.Decision, error) {
	for i := range buckets {
		b.mu.Lock()
		buckets[i].Waive = b.marks[buckets[i].Waive]
		b.mu.Unlock()
	}
	return b.Store.Take(ctx, buckets, now)
}

// eachOnItsOwn asks one bucket after the other.
type eachOnItsOwn struct{ store.Store }

func (b eachOnItsOwn) Take(ctx context.Context, buckets []store.Bucket, now time.Time) (store.Decision, error) {
	all := store.Decision{Allowed: true}
	for i := range buckets {
		d, err := b.Store.Take(ctx, buckets[i:i+1], now)
		if err != nil {
			return d, err
		}
		all.Allowed = all.Allowed && d.Allowed
		all.Outcomes = append(all.Outcomes, d.Outcomes...)
	}
	return all, nil
}
