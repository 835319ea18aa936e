package memory

import (
	"context"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// shelf keeps counters, or marks, and throws away dead ones a few at a time. Nothing but its own expiry removes a row
// (R22): whoever fills the shelf with junk cannot push out the counter that holds them back. Each row is looked at once
// in every len(rows)/few additions, so the dead stay fewer than what lives and what came in meanwhile.
type shelf[V any] struct {
	at   map[store.Digest]int // in rows
	rows []shelved[V]         // all of them, in no order
	hand int                  // the next one to look at
}

type shelved[V any] struct {
	key   store.Digest
	value V
	dead  time.Time // from then on it means nothing
}

func newShelf[V any]() shelf[V] { return shelf[V]{at: map[store.Digest]int{}} }

// few is how many rows a verb looks at for each one that it may add. Above one, or the dead would pile up.
const few = 2

// slack is how much longer than needed a row stays, because the clocks of callers may differ.
const slack = 5 * time.Second

// get returns what was put, also when it is dead since.
func (h *shelf[V]) get(key store.Digest) (v V) {
	if at, ok := h.at[key]; ok {
		return h.rows[at].value
	}
	return v
}

func (h *shelf[V]) put(key store.Digest, v V, dead time.Time) {
	at, ok := h.at[key]
	if !ok {
		at = len(h.rows)
		h.at[key], h.rows = at, append(h.rows, shelved[V]{key: key})
	}
	h.rows[at].value, h.rows[at].dead = v, dead
}

func (h *shelf[V]) drop(key store.Digest) {
	at, ok := h.at[key]
	if !ok {
		return
	}
	last := len(h.rows) - 1
	h.rows[at] = h.rows[last]
	h.at[h.rows[at].key] = at
	h.rows[last] = shelved[V]{}
	h.rows = h.rows[:last]
	delete(h.at, key)
}

// retire looks at the next n rows and drops the dead ones.
func (h *shelf[V]) retire(n int, now time.Time) {
	for range min(n, len(h.rows)) {
		if h.hand >= len(h.rows) {
			h.hand = 0
		}
		if c := &h.rows[h.hand]; now.Before(c.dead) {
			h.hand++
		} else {
			h.drop(c.key)
		}
	}
}

// counter looks up what the bucket is decided on.
func (s *Store) counter(b *store.Bucket) rules.Counter {
	c := rules.Counter{State: s.counters.get(b.Key)}
	if b.Waive != (store.Digest{}) {
		c.Waive = s.marks.get(b.Waive)
	}
	if b.Pardon != (store.Digest{}) {
		c.Pardon = s.marks.get(b.Pardon)
	}
	return c
}

// Take meets [store.AttemptStore].
func (s *Store) Take(ctx context.Context, buckets []store.Bucket, now time.Time) (store.Decision, error) {
	if err := ctx.Err(); err != nil {
		return store.Decision{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counters.retire(few*len(buckets), now.Add(-slack))
	var room [8]rules.Counter // as many as a sign-in takes stay off the heap
	counters := room[:0]
	for i := range buckets {
		counters = append(counters, s.counter(&buckets[i]))
	}
	d := rules.Take(buckets, counters, now)
	for i := range d.Outcomes {
		if b, o := &buckets[i], &d.Outcomes[i]; rules.Keeps(b, &counters[i], o, now) {
			s.counters.put(b.Key, o.State, b.Limit.Dead(o.State))
		}
	}
	return d, nil
}

// Release meets [store.AttemptStore].
func (s *Store) Release(ctx context.Context, t store.Release, now time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.release(t, rules.Whole(now))
	return nil
}

func (s *Store) release(t store.Release, now time.Time) {
	for _, x := range rules.Settlings(t) {
		if _, kept := s.counters.at[x.Bucket.Key]; !kept {
			continue
		}
		if next := rules.Settle(x, s.counter(x.Bucket), now); next == (store.State{}) {
			s.counters.drop(x.Bucket.Key)
		} else {
			s.counters.put(x.Bucket.Key, next, x.Bucket.Limit.Dead(next))
		}
	}
	s.counters.retire(few, now.Add(-slack))
	s.marks.retire(few*(1+len(t.Marks)+len(t.Pardon)), now.Add(-slack))
	for _, key := range t.Marks {
		if m, ok := rules.Marked(t, s.marks.get(key), now); ok {
			s.marks.put(key, m, m.Until)
		}
	}
	for _, key := range t.Pardon {
		if m, ok := rules.Pardoned(t, s.marks.get(key), now); ok {
			s.marks.put(key, m, m.Until)
		}
	}
}
