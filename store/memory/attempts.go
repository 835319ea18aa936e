package memory

import (
	"context"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// counter is a bucket or a mark.
type counter struct {
	key   store.Digest
	state store.State
	at    int // in shelf.turn
}

// shelf keeps counters and throws away dead ones a few at a time. Nothing but its own expiry removes a counter (R22):
// whoever fills the shelf with junk cannot push out the counter that holds them back. Each row is looked at once in
// every len(turn)/few additions, so the dead stay fewer than what lives and what came in meanwhile.
type shelf struct {
	rows map[store.Digest]*counter
	turn []*counter // all of them, in no order
	hand int        // the next one to look at
}

// few is how many rows a verb looks at for each one that it may add. Above one, or the dead would pile up.
const few = 2

// state returns what was put, also when it has expired since.
func (h *shelf) state(key store.Digest) store.State {
	if c := h.rows[key]; c != nil {
		return c.state
	}
	return store.State{}
}

func (h *shelf) put(key store.Digest, state store.State) {
	if c := h.rows[key]; c != nil {
		c.state = state
		return
	}
	c := &counter{key, state, len(h.turn)}
	h.rows[key] = c
	h.turn = append(h.turn, c)
}

func (h *shelf) drop(key store.Digest) {
	c := h.rows[key]
	if c == nil {
		return
	}
	last := len(h.turn) - 1
	h.turn[c.at] = h.turn[last]
	h.turn[c.at].at = c.at
	h.turn[last] = nil
	h.turn = h.turn[:last]
	delete(h.rows, key)
}

// retire looks at the next n rows and drops the dead ones.
func (h *shelf) retire(n int, now time.Time) {
	for range min(n, len(h.turn)) {
		if h.hand >= len(h.turn) {
			h.hand = 0
		}
		if c := h.turn[h.hand]; now.Before(c.state.Expires) {
			h.hand++
		} else {
			h.drop(c.key)
		}
	}
}

// Take meets [store.AttemptStore].
func (s *Store) Take(ctx context.Context, buckets []store.Bucket, now time.Time) (store.Decision, error) {
	if err := ctx.Err(); err != nil {
		return store.Decision{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counters.retire(few*len(buckets), now)
	var room [8]rules.Counter // as many as a sign-in takes stay off the heap
	counters := room[:0]
	for i := range buckets {
		c := rules.Counter{State: s.counters.state(buckets[i].Key)}
		if waive := buckets[i].Waive; waive != (store.Digest{}) {
			c.Marked = s.marks.state(waive).Expires
		}
		counters = append(counters, c)
	}
	d := rules.Take(buckets, counters, now)
	for i := range d.Outcomes {
		if d.Outcomes[i].Counted {
			s.counters.put(buckets[i].Key, d.Outcomes[i].State)
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
	for _, key := range t.Forget {
		s.counters.drop(key)
	}
	for i := range t.Forgive {
		b := &t.Forgive[i]
		if c := s.counters.rows[b.Key]; c != nil {
			c.state = b.Limit.Forgive(c.state, now)
		}
	}
	s.counters.retire(few, now)
	s.marks.retire(few, now)
	if until, ok := rules.Mark(t, now); ok && until.After(s.marks.state(t.Mark).Expires) {
		s.marks.put(t.Mark, store.State{Expires: until})
	}
}
