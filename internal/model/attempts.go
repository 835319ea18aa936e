package model

import (
	"context"
	"fmt"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// attempts is what a store must know of attempts, kept by [store.Limit] alone.
type attempts struct {
	buckets map[store.Digest]store.Bucket
	states  map[store.Digest]store.State
	pardons map[store.Digest][2]time.Time // moment and end
	over    map[store.Digest]bool         // pardons that ended once: should the clock go back, nobody knows
}

func newAttempts() attempts {
	return attempts{map[store.Digest]store.Bucket{}, map[store.Digest]store.State{}, map[store.Digest][2]time.Time{}, map[store.Digest]bool{}}
}

// state is what a bucket holds that was not pardoned.
func (a *attempts) state(b store.Bucket, now time.Time) store.State {
	s, p := a.states[b.Key], a.pardons[b.Pardon]
	if !p[0].IsZero() && !p[0].After(now) && now.Before(p[1]) && !s.At.After(p[0]) {
		return store.State{}
	}
	return s
}

// took notes a Take of the step that was done.
func (w *watched) took(ctx context.Context, list []store.Bucket, d store.Decision) {
	if ctx.Value(asked{}) == nil {
		return // the worker counts mails, and nothing settles there
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, o := range d.Outcomes {
		b := list[i]
		w.full = w.full || o.Full
		w.limited = w.limited || o.Refused && !b.Limit.Settles()
		w.refused = w.refused || o.Refused && b.Limit.Settles()
		if b.Limit.Settles() {
			if _, known := w.base[b.Key]; !known {
				w.base[b.Key] = o.State // a state that had expired may be kept, when the clock goes back
			}
			w.tries.buckets[b.Key], w.tries.states[b.Key] = b, o.State
			if o.Counted {
				w.taken = append(w.taken, b)
			}
		}
	}
}

// stopped reports whether a throttle refused the step.
func (w *watched) stopped() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.refused || w.limited || w.full
}

// released notes a Release that was done.
func (w *watched) released(r store.Release, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := &w.tries
	each := func(list []store.Bucket, next func(store.Limit, store.State, time.Time) store.State) {
		for _, b := range list {
			if b.Limit.Settles() {
				a.states[b.Key] = next(b.Limit, a.state(b, now), now)
			}
		}
	}
	each(r.Failed, store.Limit.Fail)
	each(r.Forgive, store.Limit.Forgive)
	each(r.Forget, store.Limit.Forget)
	for _, key := range r.Pardon {
		if now.Before(r.PardonUntil) {
			until := r.PardonUntil
			if was := a.pardons[key]; was[1].After(until) {
				until = was[1]
			}
			a.pardons[key], a.over[key] = [2]time.Time{now, until}, false
		}
	}
}

// counts are the failures that each bucket holds at now.
func (w *watched) counts(now time.Time) map[store.Digest]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	for key, p := range w.tries.pardons {
		w.tries.over[key] = w.tries.over[key] || !now.Before(p[1])
	}
	n := map[store.Digest]int{}
	for key, b := range w.tries.buckets {
		n[key] = b.Limit.Stand(w.tries.state(b, now), now).N
	}
	return n
}

// forgotten reports whether a right proof forgets the failures of such a bucket. Ceilings get their place back, and no
// more.
func forgotten(l store.Limit) bool {
	return l.Kind() == store.KindLock || l == factorLimit || l == factorCeiling
}

// unsaid reports whether nothing can be said of a bucket: at the very moment of its pardon that reaches what comes
// after it, too, and of one that was over nobody knows whether it is kept.
func (w *watched) unsaid(b store.Bucket, now time.Time) bool {
	return w.tries.pardons[b.Pardon][0].Equal(now) || w.tries.over[b.Pardon]
}

// settled checks what a step without a fault did to the counters.
func (w *watched) settled(before map[store.Digest]int, p plan, now time.Time) error {
	after := w.counts(now)
	w.mu.Lock()
	defer w.mu.Unlock()
	failed := map[store.Digest]bool{}
	for _, b := range w.taken {
		failed[b.Key] = true
	}
	for key, b := range w.tries.buckets {
		if w.unsaid(b, now) {
			continue
		}
		was, is := before[key], after[key]
		base, taken := w.base[key]
		if taken {
			was = base.N
		}
		s := b.Limit.Stand(w.tries.state(b, now), now)
		switch {
		case failed[key] && s.Held >= base.Held:
			return fmt.Errorf("I11: a place is held after the attempt has ended: %+v of %+v", s, b.Limit)
		case is > was && (!p.wrong || !failed[key]):
			return fmt.Errorf("I11: a failure is counted where no proof was wrong: %d, then %d, of %+v", was, is, b.Limit)
		case is < was && !p.pardons && !(p.earned && forgotten(b.Limit)):
			return fmt.Errorf("I11: failures are forgotten without a success or pardon: %d, then %d, of %+v", was, is, b.Limit)
		}
	}
	if p.wrong && len(w.taken) > 0 && !w.anyCounted(after, now) {
		return fmt.Errorf("I11: a wrong proof is counted nowhere")
	}
	return nil
}

// anyCounted reports whether a bucket of the step's attempts counts one more, or nothing is said of it.
func (w *watched) anyCounted(after map[store.Digest]int, now time.Time) bool {
	for _, b := range w.taken {
		if w.unsaid(b, now) || after[b.Key] > w.base[b.Key].N {
			return true
		}
	}
	return false
}
