package store

import (
	"context"
	"time"
)

// Limit is the policy of one bucket of attempts. Its durations are whole milliseconds. Exactly one of three kinds:
//
//   - a rate (Every > 0): at most Burst attempts at once, then one per Every (GCRA);
//   - a lock (Base > 0): the Free-th attempt that was not forgiven locks for Base, each further one
//     doubles that up to Max; it forgets Window after the last;
//   - a ceiling (otherwise): after Free attempts within Window of the first it refuses for
//     Window.
type Limit struct {
	Every  time.Duration
	Burst  int
	Free   int
	Base   time.Duration
	Max    time.Duration
	Window time.Duration
}

// LimitKind is what a [Limit] is.
type LimitKind int

// The kinds of a [Limit].
const (
	KindRate LimitKind = iota
	KindLock
	KindCeiling
)

// Kind returns which of the three the limit is.
func (l Limit) Kind() LimitKind {
	switch {
	case l.Every > 0:
		return KindRate
	case l.Base > 0:
		return KindLock
	}
	return KindCeiling
}

// Forgives reports whether an attempt can be given back. A rate counts every one.
func (l Limit) Forgives() bool { return l.Kind() != KindRate }

// State is all that is kept of a bucket. The zero State is one that was never used.
type State struct {
	N       int       // attempts that count; not used by a rate
	Until   time.Time // refuses before it
	Expires time.Time // from then on as if never used
}

// Next returns the state after one more attempt and whether it was let in; refused, the state stays as it was. It is
// the whole meaning of a bucket: memory and SQLite call it, SQL and Lua repeat it, storetest compares them.
func (l Limit) Next(s State, now time.Time) (State, bool) {
	if !now.Before(s.Expires) {
		s = State{}
	}
	if now.Before(s.Until) {
		return s, false
	}
	switch l.Kind() {
	case KindRate:
		return l.rate(s, now), true
	case KindLock:
		return l.lock(s, now), true
	default:
		return l.ceiling(s, now), true
	}
}

func (l Limit) rate(s State, now time.Time) State {
	room := time.Duration(l.Burst-1) * l.Every
	until := now.Add(-room)
	if s.Until.After(until) {
		until = s.Until
	}
	until = until.Add(l.Every)
	return State{Until: until, Expires: until.Add(room)}
}

func (l Limit) lock(s State, now time.Time) State {
	s.N++
	s.Until = time.Time{}
	s.Expires = now.Add(l.Window)
	if over := s.N - l.Free; over >= 0 {
		wait := l.Max
		if over < 20 && l.Base<<over < l.Max {
			wait = l.Base << over
		}
		s.Until = now.Add(wait)
		s.Expires = s.Until.Add(l.Window)
	}
	return s
}

func (l Limit) ceiling(s State, now time.Time) State {
	if s.N == 0 {
		s.Expires = now.Add(l.Window)
	}
	s.N++
	s.Until = time.Time{}
	if s.N >= l.Free {
		s.Until = now.Add(l.Window)
		s.Expires = s.Until
	}
	return s
}

// Forgive returns the state without one of its attempts, which turned out to be no failure. Below Free nothing is
// refused any more. One that does not forgive ([Limit.Forgives]) returns the state as it is.
func (l Limit) Forgive(s State, now time.Time) State {
	if !now.Before(s.Expires) {
		return State{}
	}
	if !l.Forgives() {
		return s
	}
	s.N = max(0, s.N-1)
	if s.N < l.Free {
		s.Until = time.Time{}
	}
	return s
}

// Bucket is one counter of a Take.
type Bucket struct {
	Key   Digest // keyed digest: no address reaches the store
	Limit Limit
	Waive Digest // a mark (see Release): while it lives, this bucket cannot refuse. Zero: none
}

// Outcome is what a Take did to one bucket.
type Outcome struct {
	State   State     // after it
	Refused bool      // this bucket was in the way
	Counted bool      // the attempt was counted here
	Marked  time.Time // until when the Waive mark lives; zero: it does not
}

// Decision of a Take. Refused by one bucket, none of them counted it.
type Decision struct {
	Allowed  bool
	Outcomes []Outcome // in the order of the buckets
}

// Release is what a success means for the buckets that counted it.
type Release struct {
	Forget  []Digest  // start again from zero
	Forgive []Bucket  // give back one attempt ([Limit.Forgive]); Waive is not looked at
	Mark    Digest    // remember this network until Until, never shortened; zero: no mark
	Until   time.Time // end of the mark
}

// Zero reports whether there is nothing to release.
func (s Release) Zero() bool {
	return len(s.Forget) == 0 && len(s.Forgive) == 0 && s.Mark == Digest{}
}

// AttemptStore counts attempts. It may be another server than the rest (Config.Limits.Attempts).
type AttemptStore interface {
	// Take counts one attempt in every bucket, or in none if one refuses. A bucket whose [Bucket.Waive] mark lives
	// cannot refuse, and counts it if its own state lets it. Outcomes are in the order of the buckets, whose keys
	// differ. What a refusal found does not change: a lock is not extended. No buckets are let in. What follows never
	// undoes a Take.
	Take(ctx context.Context, b []Bucket, now time.Time) (Decision, error)

	// Release forgets, forgives and marks. What is not there is no error. A key to forget and to forgive is forgotten.
	Release(ctx context.Context, s Release, now time.Time) error
}
