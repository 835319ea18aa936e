package toystore

import (
	"context"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// counter is the row of a bucket.
type counter struct {
	Digest store.Digest
	State  store.State
}

func (c counter) key() string { return path("counters", c.Digest) }

func (c counter) index() []string {
	return []string{path("ends", "counters", c.State.Expires, c.Digest)}
}

// mark is the row of a network that is remembered.
type mark struct {
	Digest store.Digest
	Until  time.Time
}

func (m mark) key() string { return path("marks", m.Digest) }

func (m mark) index() []string { return []string{path("ends", "marks", m.Until, m.Digest)} }

// Take meets [store.AttemptStore].
func (s *Store) Take(ctx context.Context, buckets []store.Bucket, now time.Time) (store.Decision, error) {
	return update(ctx, s, func(t *tx) (store.Decision, error) {
		rows, facts := make([]*counter, len(buckets)), make([]rules.Counter, len(buckets))
		for i, b := range buckets {
			if rows[i] = load[counter](t, counter{Digest: b.Key}.key()); rows[i] != nil {
				facts[i].State = rows[i].State
			}
			if m := load[mark](t, mark{Digest: b.Waive}.key()); m != nil {
				facts[i].Marked = m.Until
			}
		}
		done := rules.Take(buckets, facts, now)
		for i, o := range done.Outcomes {
			if o.Counted {
				write(t, rows[i], &counter{buckets[i].Key, o.State})
			}
		}
		return done, nil
	})
}

// Release meets [store.AttemptStore].
func (s *Store) Release(ctx context.Context, r store.Release, now time.Time) error {
	return s.change(ctx, func(t *tx) error {
		t.release(r, now)
		return nil
	})
}

func (t *tx) release(s store.Release, now time.Time) {
	for _, digest := range s.Forget {
		write(t, load[counter](t, counter{Digest: digest}.key()), nil)
	}
	for _, b := range s.Forgive {
		if was := load[counter](t, counter{Digest: b.Key}.key()); was != nil {
			write(t, was, &counter{b.Key, b.Limit.Forgive(was.State, now)})
		}
	}
	was := load[mark](t, mark{Digest: s.Mark}.key())
	if until, ok := rules.Mark(s, now); ok && (was == nil || until.After(was.Until)) {
		write(t, was, &mark{s.Mark, until})
	}
}
