package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

var brokenAttempts = []brokenStore{
	{"counting after the fact", "attempts/races/a ceiling lets in exactly its number", func(s store.Store) store.Store {
		return &countedLate{Store: s, model: newModel()}
	}},
	{"a lock that another's success clears", "attempts/release/forget starts the named ones again", func(s store.Store) store.Store {
		return &forgetful{Store: s, keys: map[store.Digest]store.Bucket{}}
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
	{"places without number", "attempts/places/as many as failures are left", func(s store.Store) store.Store {
		return placeless{s}
	}},
	{"full, and counted elsewhere", "attempts/places/full in one, nothing is counted anywhere", func(s store.Store) store.Store {
		return eachOnItsOwn{s}
	}},
	{"places that are lost", "attempts/places/nobody settles them: they are failures", func(s store.Store) store.Store {
		return &timeless{Store: s}
	}},
	{"a late failure that counts twice", "attempts/places/a failure that is told too late counts once", func(s store.Store) store.Store {
		return failsAgain{s}
	}},
	{"a failure that stays", "attempts/places/a failure that was none is taken back", func(s store.Store) store.Store {
		return unforgiving{s}
	}},
	{"a success that takes all places", "attempts/release/forget leaves the places of others", func(s store.Store) store.Store {
		return emptied{s}
	}},
	{"a clock that is believed", "attempts/clocks/a lock refuses no longer than its longest wait", func(s store.Store) store.Store {
		return believing{s}
	}},
	{"a pardon that is not looked at", "attempts/pardon/one row opens every lock", func(s store.Store) store.Store {
		return merciless{s}
	}},
	{"a failure that a pardon comes before", "attempts/pardon/places count as given back", func(s store.Store) store.Store {
		return halfMerciless{s}
	}},
	{"a mark that may be named once", "attempts/pardon/what is named twice is done once", func(s store.Store) store.Store {
		return namedOnce{s}
	}},
	{"a pardon for ever", "attempts/pardon/until its end",
		misread{release: func(_ store.Store, t *store.Release) error {
			t.PardonUntil = t.PardonUntil.AddDate(1, 0, 0)
			return nil
		}}.broken},
	{"a mark that is anybody's", "attempts/release/a mark names its owner",
		misread{release: func(_ store.Store, t *store.Release) error {
			t.Owner = someone
			return nil
		}}.broken},
	{"a release in two parts", "attempts/pardon/is looked at once for each bucket", func(s store.Store) store.Store {
		return halved{s}
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
	keys map[store.Digest]store.Bucket
}

func (b *forgetful) Take(ctx context.Context, buckets []store.Bucket, now time.Time) (store.Decision, error) {
	b.mu.Lock()
	for _, one := range buckets {
		b.keys[one.Key] = one
	}
	b.mu.Unlock()
	return b.Store.Take(ctx, buckets, now)
}

func (b *forgetful) Release(ctx context.Context, s store.Release, now time.Time) error {
	b.mu.Lock()
	for _, one := range b.keys {
		if len(s.Forget) > 0 {
			s.Forget = append(s.Forget, one)
		}
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
			back.Forgive = append(back.Forgive, buckets[i])
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
	s.Marks = slices.Clone(s.Marks)
	for i, mark := range s.Marks {
		s.Marks[i] = digest()
		b.marks[mark] = s.Marks[i]
	}
	b.mu.Unlock()
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

// placeless holds no places.
type placeless struct{ store.Store }

func (b placeless) Take(ctx context.Context, buckets []store.Bucket, now time.Time) (store.Decision, error) {
	d, err := b.Store.Take(ctx, buckets, now)
	if err != nil || !d.Allowed {
		return d, err
	}
	return d, b.Release(ctx, store.Release{Forgive: buckets}, now)
}

// timeless never looks later than at the first time it heard.
type timeless struct {
	store.Store
	first time.Time
}

func (b *timeless) Take(ctx context.Context, buckets []store.Bucket, now time.Time) (store.Decision, error) {
	if b.first.IsZero() {
		b.first = now
	}
	return b.Store.Take(ctx, buckets, b.first)
}

// failsAgain makes a place where there is none.
type failsAgain struct{ store.Store }

func (b failsAgain) Release(ctx context.Context, s store.Release, now time.Time) error {
	if _, err := b.Take(ctx, s.Failed, now); err != nil {
		return err
	}
	if err := b.Store.Release(ctx, s, now); err != nil {
		return err
	}
	return b.Store.Release(ctx, store.Release{Failed: s.Failed}, now)
}

// unforgiving gives back nothing but places.
type unforgiving struct{ store.Store }

func (b unforgiving) Release(ctx context.Context, s store.Release, now time.Time) error {
	for _, one := range s.Forgive {
		if d, err := b.Take(ctx, []store.Bucket{one}, now); err != nil || !d.Allowed {
			return err
		}
	}
	return b.Store.Release(ctx, s, now)
}

// emptied forgets places, too.
type emptied struct{ store.Store }

func (b emptied) Release(ctx context.Context, s store.Release, now time.Time) error {
	for range lock.Free {
		if err := b.Store.Release(ctx, store.Release{Forgive: s.Forget}, now); err != nil {
			return err
		}
	}
	return b.Store.Release(ctx, s, now)
}

// believing knows no longest wait.
type believing struct{ store.Store }

func (b believing) Take(ctx context.Context, buckets []store.Bucket, now time.Time) (store.Decision, error) {
	for i := range buckets {
		buckets[i].Limit.Max = 1000 * time.Hour * 24
	}
	return b.Store.Take(ctx, buckets, now)
}

// merciless looks at no pardon.
type merciless struct{ store.Store }

func (b merciless) Take(ctx context.Context, buckets []store.Bucket, now time.Time) (store.Decision, error) {
	buckets = slices.Clone(buckets)
	for i := range buckets {
		buckets[i].Pardon = store.Digest{}
	}
	return b.Store.Take(ctx, buckets, now)
}

// halfMerciless looks at no pardon when an attempt failed.
type halfMerciless struct{ store.Store }

func (b halfMerciless) Release(ctx context.Context, s store.Release, now time.Time) error {
	s.Failed = slices.Clone(s.Failed)
	for i := range s.Failed {
		s.Failed[i].Pardon = store.Digest{}
	}
	return b.Store.Release(ctx, s, now)
}

// namedOnce takes no list that names something twice.
type namedOnce struct{ store.Store }

func (b namedOnce) Release(ctx context.Context, r store.Release, now time.Time) error {
	for _, list := range [][]store.Digest{r.Marks, r.Pardon} {
		if len(slices.Compact(slices.Clone(list))) < len(list) {
			return errors.New("affects a row a second time")
		}
	}
	return b.Store.Release(ctx, r, now)
}

// halved forgives, and forgets afterwards.
type halved struct{ store.Store }

func (b halved) Release(ctx context.Context, t store.Release, now time.Time) error {
	forget := store.Release{Forget: t.Forget}
	t.Forget = nil
	if err := b.Store.Release(ctx, t, now); err != nil || len(forget.Forget) == 0 {
		return err
	}
	return b.Store.Release(ctx, forget, now)
}
