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
	Dead   time.Time // when it may be swept
}

func (c counter) key() string { return path("counters", c.Digest) }

func (c counter) index() []string {
	return []string{path("ends", "counters", c.Dead, c.Digest)}
}

// mark is the row of a network that is recognised, or of a pardon.
type mark struct {
	Digest store.Digest
	rules.Mark
}

func (m mark) key() string { return path("marks", m.Digest) }

func (m mark) index() []string { return []string{path("ends", "marks", m.Until, m.Digest)} }

// counter reads what a bucket is decided on, and its row; nil: there is none.
func (t *tx) counter(b *store.Bucket) (facts rules.Counter, row *counter) {
	if row = load[counter](t, counter{Digest: b.Key}.key()); row != nil {
		facts.State = row.State
	}
	facts.Waive, _ = t.mark(b.Waive)
	facts.Pardon, _ = t.mark(b.Pardon)
	return facts, row
}

func (t *tx) mark(d store.Digest) (rules.Mark, *mark) {
	if row := load[mark](t, mark{Digest: d}.key()); row != nil {
		return row.Mark, row
	}
	return rules.Mark{}, nil
}

// Take meets [store.AttemptStore].
func (s *Store) Take(ctx context.Context, buckets []store.Bucket, now time.Time) (store.Decision, error) {
	return update(ctx, s, func(t *tx) (store.Decision, error) {
		rows, facts := make([]*counter, len(buckets)), make([]rules.Counter, len(buckets))
		for i := range buckets {
			facts[i], rows[i] = t.counter(&buckets[i])
		}
		done := rules.Take(buckets, facts, now)
		for i := range done.Outcomes {
			if b, o := &buckets[i], &done.Outcomes[i]; rules.Keeps(b, &facts[i], o, now) {
				write(t, rows[i], &counter{b.Key, o.State, b.Limit.Dead(o.State)})
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

func (t *tx) release(r store.Release, now time.Time) {
	for _, x := range rules.Settlings(r) {
		if facts, row := t.counter(x.Bucket); row != nil {
			next := rules.Settle(x, facts, now)
			write(t, row, &counter{x.Bucket.Key, next, x.Bucket.Limit.Dead(next)})
		}
	}
	for _, digest := range r.Marks {
		was, row := t.mark(digest)
		if m, ok := rules.Marked(r, was, now); ok {
			write(t, row, &mark{digest, m})
		}
	}
	for _, digest := range r.Pardon {
		was, row := t.mark(digest)
		if m, ok := rules.Pardoned(r, was, now); ok {
			write(t, row, &mark{digest, m})
		}
	}
}
