package memory

import (
	"context"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// counter is a bucket or a mark.
type counter struct {
	key   store.Digest
	state store.State
	at    int // in shelf.turn
}

// shelf keeps counters and throws away dead ones a few at a time. Nothing but its own expiry removes a counter (R22):
// whoever fills the shelf with junk cannot push out the counter that holds him back. Each row is looked at once in
// every len(turn)/few additions, so the dead stay fewer than what lives and what came in meanwhile.
type shelf struct {
	rows map[store.Digest]*counter
	turn []*counter // all of them, in no order
	hand int        // the next one to look at
}

// few is how many rows a verb looks at for each one that it may add. Above one, or the dead would pile up.
const few = 2

func (h *shelf) state(key store.Digest, now time.Time) store.State {
	c := h.rows[key]
	if c == nil || !now.Before(c.state.Expires) {
		return store.State{}
	}
	return c.state
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
	now = whole(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counters.retire(few*len(buckets), now)
	d := store.Decision{Allowed: true, Outcomes: make([]store.Outcome, len(buckets))}
	for i := range buckets {
		d.Outcomes[i] = s.weigh(&buckets[i], now)
		d.Allowed = d.Allowed && !d.Outcomes[i].Refused
	}
	for i := range d.Outcomes {
		switch o, key := &d.Outcomes[i], buckets[i].Key; {
		case d.Allowed && o.Charged:
			s.counters.put(key, o.State)
		case o.Charged:
			o.Charged, o.State = false, s.counters.state(key, now)
		}
	}
	return d, nil
}

// weigh answers what the Take would do to the bucket if no other one refuses.
func (s *Store) weigh(b *store.Bucket, now time.Time) store.Outcome {
	var o store.Outcome
	if b.Waive != (store.Digest{}) {
		o.Marked = s.marks.state(b.Waive, now).Expires
	}
	o.State, o.Charged = b.Limit.Next(s.counters.state(b.Key, now), now)
	o.Refused = !o.Charged && o.Marked.IsZero()
	return o
}

// Settle meets [store.AttemptStore].
func (s *Store) Settle(ctx context.Context, t store.Settlement, now time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(t, whole(now))
	return nil
}

func (s *Store) settle(t store.Settlement, now time.Time) {
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
	until := whole(t.Until)
	if t.Mark != (store.Digest{}) && until.After(now) && until.After(s.marks.state(t.Mark, now).Expires) {
		s.marks.put(t.Mark, store.State{Expires: until})
	}
}
