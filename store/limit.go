package store

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// HeldFor is how long an attempt may take. A place that nobody settles for so long becomes a failure.
const HeldFor = 30 * time.Second

// Limit is the policy of one bucket of attempts. Its durations are whole milliseconds. Exactly one of three kinds:
//
//   - a rate (Every > 0): at most Burst attempts at once, then one per Every (GCRA);
//   - a lock (Base > 0): the Free-th failure locks for Base, each further one doubles that up to Max; it forgets Window
//     after the last;
//   - a ceiling (otherwise): after Free failures within Window of the first it refuses for Window.
//
// A rate counts attempts, when they are taken, for good. The others count failures: a Take holds a place, and a
// [Release] says what it was. At most Free - N places are held at once, but one when nothing refuses.
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

// Settles reports whether an attempt holds a place until it is settled. A rate counts every one at once.
func (l Limit) Settles() bool { return l.Kind() != KindRate }

// Longest returns how long a bucket refuses at most, and how long after that it remembers.
func (l Limit) Longest() (refuses, remembers time.Duration) {
	switch l.Kind() {
	case KindRate:
		return l.Every, l.room()
	case KindLock:
		return l.Max, l.Window
	default:
		return l.Window, 0
	}
}

func (l Limit) room() time.Duration { return time.Duration(l.Burst-1) * l.Every }

// State is all that is kept of a bucket. The zero State is one that was never used.
type State struct {
	N         int       // failures that count; not used by a rate
	Until     time.Time // refuses before it
	Expires   time.Time // from then on the failures are forgotten
	At        time.Time // the last attempt or failure
	Held      int       // attempts that are not settled yet
	HeldUntil time.Time // when they become failures: HeldFor after the last of them began
}

// Stand returns the state as it stands at now. What has expired is gone, and places that nobody settled in time are
// failures of the moment when their time was over. Times that a clock must have set that was ahead are cut: nothing
// refuses for longer than [Limit.Longest] from now.
func (l Limit) Stand(s State, now time.Time) State {
	s = l.Clamp(s, now)
	if s.Held > 0 && !now.Before(s.HeldUntil) {
		held, at := s.Held, s.HeldUntil
		s = l.fail(expire(s, at), held, at)
		s.Held, s.HeldUntil = 0, time.Time{}
	}
	return expire(s, now)
}

// expire drops failures that are forgotten.
func expire(s State, now time.Time) State {
	switch {
	case now.Before(s.Expires):
		return s
	case s.Held == 0:
		return State{}
	}
	return State{At: s.At, Held: s.Held, HeldUntil: s.HeldUntil}
}

// Clamp cuts the times of the state that are later than an attempt of now could have set them.
func (l Limit) Clamp(s State, now time.Time) State {
	refuses, remembers := l.Longest()
	s.Until = earlier(s.Until, now.Add(refuses))
	s.Expires = earlier(s.Expires, now.Add(refuses+remembers))
	s.HeldUntil = earlier(s.HeldUntil, now.Add(HeldFor))
	s.At = earlier(s.At, now)
	return s
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// Next returns the state after one more attempt and whether it was let in. Not let in, the state only stands at now:
// it refuses ([State.Until]), or no place is free. Next, Fail, Forgive and Forget are the whole meaning of a bucket:
// memory and SQLite call them, SQL and Lua repeat them, storetest compares them.
func (l Limit) Next(s State, now time.Time) (State, bool) {
	s = l.Stand(s, now)
	switch {
	case now.Before(s.Until):
		return s, false
	case !l.Settles():
		return l.rate(s, now), true
	case s.Held >= max(1, l.Free-s.N):
		return s, false
	}
	s.Held++
	s.HeldUntil = now.Add(HeldFor)
	s.At = now
	return s, true
}

func (l Limit) rate(s State, now time.Time) State {
	until := now.Add(-l.room())
	if s.Until.After(until) {
		until = s.Until
	}
	until = until.Add(l.Every)
	return State{Until: until, Expires: until.Add(l.room()), At: now}
}

// Fail returns the state after one of its places turned out to be a failure. Without a place, which then became one by
// itself, and for a rate, the state only stands at now.
func (l Limit) Fail(s State, now time.Time) State {
	s = l.Stand(s, now)
	if !l.Settles() || s.Held == 0 {
		return s
	}
	s = l.fail(leave(s), 1, now)
	s.At = now
	return s
}

// leave gives one place back.
func leave(s State) State {
	s.Held--
	if s.Held == 0 {
		s.HeldUntil = time.Time{}
	}
	return s
}

// fail counts some failures of one moment.
func (l Limit) fail(s State, failures int, at time.Time) State {
	first := s.N == 0
	s.N += failures
	s.Until = time.Time{}
	over := s.N - l.Free
	switch {
	case l.Kind() == KindLock:
		s.Expires = at.Add(l.Window)
		if over >= 0 {
			s.Until = at.Add(l.wait(over))
			s.Expires = s.Until.Add(l.Window)
		}
	case over >= 0:
		s.Until = at.Add(l.Window)
		s.Expires = s.Until
	case first:
		s.Expires = at.Add(l.Window)
	}
	return s
}

func (l Limit) wait(over int) time.Duration {
	if over < 20 && l.Base<<over < l.Max {
		return l.Base << over
	}
	return l.Max
}

// Forgive returns the state without one of its places, which turned out to be no failure. If it became one meanwhile,
// that is taken back, and below Free nothing is refused any more. For a rate the state only stands at now.
func (l Limit) Forgive(s State, now time.Time) State {
	s = l.Stand(s, now)
	switch {
	case !l.Settles():
		return s
	case s.Held > 0:
		return expire(leave(s), now)
	}
	s.N = max(0, s.N-1)
	if s.N < l.Free {
		s.Until = time.Time{}
	}
	return s
}

// Forget returns the state without failures; places stay. For a rate it only stands at now.
func (l Limit) Forget(s State, now time.Time) State {
	s = l.Stand(s, now)
	if !l.Settles() {
		return s
	}
	s.Expires = time.Time{}
	return expire(s, now)
}

// Dead returns the time from which on a state means nothing, whoever looks at it.
func (l Limit) Dead(s State) time.Time {
	if s.Held == 0 {
		return s.Expires
	}
	return l.Stand(s, s.HeldUntil).Expires
}

// Bucket is one counter of a Take.
type Bucket struct {
	Key    Digest // keyed digest: no address reaches the store
	Limit  Limit
	Waive  Digest // a mark (see Release): while it lives, this bucket cannot refuse. Zero: none
	Pardon Digest // a pardon (see Release): what the bucket holds of before it counts as empty. Zero: none
}

// Outcome is what a Take did to one bucket.
type Outcome struct {
	State   State     // after it
	Refused bool      // this bucket was in the way
	Full    bool      // no place was free here: try again soon
	Counted bool      // the attempt was counted here, or holds a place
	Waived  bool      // without its Waive mark, this bucket would have refused or been full
	Marked  time.Time // until when the Waive mark lives; zero: it does not
	Owner   uuid.UUID // of the Waive mark that lives
}

// Decision of a Take. Refused by one bucket, or full, none of them counted it.
type Decision struct {
	Allowed  bool
	Outcomes []Outcome // in the order of the buckets
}

// Release is what became of an attempt. Buckets need their Key, Limit and Pardon. A key stands at most once in a list,
// and not in both Failed and Forgive. Rates are passed over.
type Release struct {
	Failed  []Bucket // the proof was wrong: the place becomes a failure
	Forgive []Bucket // right, or never looked at: the place is given back
	Forget  []Bucket // right: the failures are forgotten, and a lock ends. Places stay: give the own one back in Forgive

	Marks []Digest  // remember these for Owner until Until, which is never shortened
	Owner uuid.UUID // whose the marks are. Another owner's is replaced
	Until time.Time // end of the marks

	Pardon      []Digest  // what buckets of these pardons hold by now counts as empty
	PardonUntil time.Time // end of the pardons: when all that they concern has expired
}

// Zero reports whether there is nothing to release.
func (s Release) Zero() bool {
	return len(s.Failed)+len(s.Forgive)+len(s.Forget)+len(s.Marks)+len(s.Pardon) == 0
}

// AttemptStore counts attempts. It may be another server than the rest (Config.Limits.Attempts). Marks and pardons have
// keys of their own.
type AttemptStore interface {
	// Take counts one attempt in every bucket, or holds a place there, or does so in none if one refuses or is full. A
	// bucket whose [Bucket.Waive] mark lives is not in the way, and counts if its own state lets it. One whose
	// [State.At] is not after the moment of its [Bucket.Pardon] counts as empty; a pardon of the future is none.
	// Outcomes are in the order of the buckets, whose keys differ. What a refusal found does not change: a lock is not
	// extended. Only what [Limit.Clamp] cuts is kept then, too. No buckets are let in. What follows never undoes a
	// Take: a [Release] settles it, or [HeldFor] does.
	Take(ctx context.Context, b []Bucket, now time.Time) (Decision, error)

	// Release does all of s in one step: [Limit.Fail], [Limit.Forgive] and [Limit.Forget], in that order, then marks
	// and pardons. What is not there is no error.
	Release(ctx context.Context, s Release, now time.Time) error
}
