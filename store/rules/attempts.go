package rules

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// Counter is what is kept for a bucket.
type Counter struct {
	State  store.State // as it was left, also when it has expired since
	Waive  Mark        // only with Waive: that mark, also when it has ended
	Pardon Mark        // only with Pardon: that pardon, likewise
}

// Mark is what is kept of a mark or a pardon.
type Mark struct {
	Owner uuid.UUID // of a mark
	At    time.Time // of a pardon: what is not after it is pardoned
	Until time.Time
}

func (m Mark) lives(now time.Time) bool { return now.Before(m.Until) }

// state is what the bucket holds: nothing, if it was pardoned since.
func (c *Counter) state(now time.Time) store.State {
	p := &c.Pardon
	if p.lives(now) && !p.At.IsZero() && !now.Before(p.At) && !c.State.At.After(p.At) {
		return store.State{}
	}
	return c.State
}

// Take decides about an attempt. counters are in the order of the buckets. Those that Keeps names are to be written.
func Take(buckets []store.Bucket, counters []Counter, now time.Time) store.Decision {
	now = Whole(now)
	d := store.Decision{Allowed: true, Outcomes: make([]store.Outcome, len(buckets))}
	for i := range buckets {
		o := &d.Outcomes[i]
		if mark := counters[i].Waive; mark.lives(now) {
			o.Marked, o.Owner = mark.Until, mark.Owner
		}
		o.State, o.Counted = buckets[i].Limit.Next(counters[i].state(now), now)
		Judge(o, o.Counted, now)
		d.Allowed = d.Allowed && !o.Refused && !o.Full
	}
	for i := range d.Outcomes {
		if o := &d.Outcomes[i]; o.Counted && !d.Allowed {
			o.Counted, o.State = false, buckets[i].Limit.Stand(counters[i].state(now), now)
		}
	}
	return d
}

// Judge says how the bucket of an outcome with that State and Marked was in the way. fits: it would let the attempt in.
func Judge(o *store.Outcome, fits bool, now time.Time) {
	o.Waived = !fits && !o.Marked.IsZero()
	refuses := now.Before(o.State.Until)
	o.Refused = !fits && !o.Waived && refuses
	o.Full = !fits && !o.Waived && !refuses
}

// Keeps reports whether the outcome's state is to be written: the attempt counts there, or a time of it was cut.
func Keeps(b *store.Bucket, c *Counter, o *store.Outcome, now time.Time) bool {
	if o.Counted {
		return true
	}
	now = Whole(now)
	s := c.state(now)
	return b.Limit.Clamp(s, now) != s
}

// Settling is one bucket of a Release, with all that becomes of it.
type Settling struct {
	Bucket                *store.Bucket
	Fail, Forgive, Forget bool
}

// Settlings returns the buckets of the release that are no rates, each once.
func Settlings(r store.Release) []Settling {
	return settlings(make([]Settling, 0, 8), r) // inlined: those of a sign-in stay off the heap
}

func settlings(list []Settling, r store.Release) []Settling {
	add := func(buckets []store.Bucket, what func(*Settling) *bool) {
	next:
		for i := range buckets {
			if !buckets[i].Limit.Settles() {
				continue
			}
			for j := range list {
				if list[j].Bucket.Key == buckets[i].Key {
					*what(&list[j]) = true
					continue next
				}
			}
			list = append(list, Settling{Bucket: &buckets[i]})
			*what(&list[len(list)-1]) = true
		}
	}
	add(r.Failed, func(s *Settling) *bool { return &s.Fail })
	add(r.Forgive, func(s *Settling) *bool { return &s.Forgive })
	add(r.Forget, func(s *Settling) *bool { return &s.Forget })
	return list
}

// Settle returns the state of a bucket after a release; its Waive is not looked at.
func Settle(x Settling, c Counter, now time.Time) store.State {
	now = Whole(now)
	l, s := x.Bucket.Limit, c.state(now)
	if x.Fail {
		s = l.Fail(s, now)
	}
	if x.Forgive {
		s = l.Forgive(s, now)
	}
	if x.Forget {
		s = l.Forget(s, now)
	}
	return s
}

// Marked returns a mark of the release in the place of was; false: it is over already, or was stays.
func Marked(r store.Release, was Mark, now time.Time) (Mark, bool) {
	m := Mark{Owner: r.Owner, Until: Whole(r.Until)}
	if !m.lives(Whole(now)) || was.Owner == m.Owner && !was.Until.Before(m.Until) {
		return was, false
	}
	return m, true
}

// Pardoned returns a pardon of the release in the place of was; false: it is over already.
func Pardoned(r store.Release, was Mark, now time.Time) (Mark, bool) {
	m := Mark{At: Whole(now), Until: Whole(r.PardonUntil)}
	if !m.lives(m.At) {
		return was, false
	}
	if was.Until.After(m.Until) {
		m.Until = was.Until
	}
	return m, true
}
