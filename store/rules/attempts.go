package rules

import (
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// Counter is what is kept for a bucket.
type Counter struct {
	State  store.State // as it was left, also when it has expired since
	Marked time.Time   // only with Waive: until when that mark lives, also when that has passed
}

// Take decides about an attempt. counters are in the order of the buckets. Those whose Outcome is Counted are to be
// written.
func Take(buckets []store.Bucket, counters []Counter, now time.Time) store.Decision {
	now = Whole(now)
	d := store.Decision{Allowed: true, Outcomes: make([]store.Outcome, len(buckets))}
	for i := range buckets {
		o := &d.Outcomes[i]
		if marked := counters[i].Marked; now.Before(marked) {
			o.Marked = marked
		}
		o.State, o.Counted = buckets[i].Limit.Next(counters[i].State, now)
		o.Refused = Refused(*o, now)
		d.Allowed = d.Allowed && !o.Refused
	}
	for i := range d.Outcomes {
		if o := &d.Outcomes[i]; o.Counted && !d.Allowed {
			o.Counted, o.State = false, current(counters[i].State, now)
		}
	}
	return d
}

// Refused reports whether a bucket with that State, Counted and Marked was in the way.
func Refused(o store.Outcome, now time.Time) bool {
	return !o.Counted && now.Before(o.State.Until) && o.Marked.IsZero()
}

// current returns the state, or the zero one when it has expired.
func current(s store.State, now time.Time) store.State {
	if now.Before(s.Expires) {
		return s
	}
	return store.State{}
}

// Mark returns until when the release's mark lives; false: it has none, or one that is over already. A mark that lives
// longer stays as it is.
func Mark(s store.Release, now time.Time) (time.Time, bool) {
	until := Whole(s.Until)
	return until, s.Mark != store.Digest{} && now.Before(until)
}
