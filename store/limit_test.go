package store_test

import (
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

var (
	start   = time.Date(2044, 5, 6, 7, 8, 9, 0, time.UTC)
	rate    = store.Limit{Every: time.Second, Burst: 3}
	lock    = store.Limit{Free: 3, Base: time.Second, Max: time.Minute, Window: time.Hour}
	ceiling = store.Limit{Free: 3, Window: time.Hour}
)

func TestARateSettlesNothing(t *testing.T) {
	for _, c := range []struct {
		name    string
		limit   store.Limit
		kind    store.LimitKind
		settles bool
	}{
		{"a rate", rate, store.KindRate, false},
		{"a lock", lock, store.KindLock, true},
		{"a ceiling", ceiling, store.KindCeiling, true},
	} {
		if got := c.limit.Kind(); got != c.kind || c.limit.Settles() != c.settles {
			t.Errorf("%s: kind %v, settles %v", c.name, got, c.limit.Settles())
		}
	}
}

func TestPlacesAndFailuresNeverExceedTheLimit(t *testing.T) {
	for _, l := range []store.Limit{lock, ceiling} {
		var s store.State
		for step := range 1000 {
			next, in := l.Next(s, start)
			if s = next; !in && !start.Before(s.Until) && s.Held < l.Free-s.N {
				t.Fatalf("full with %+v", s)
			}
			if s.N+s.Held > l.Free {
				t.Fatalf("%d failures and %d places of %d", s.N, s.Held, l.Free)
			}
			switch step % 7 {
			case 3, 5:
				s = l.Forgive(s, start)
			case 6:
				s = l.Fail(s, start)
			}
			if start.Before(s.Until) {
				s = store.State{}
			}
		}
	}
}

// A state that nobody looks at until it is dead is as if never used, and a moment before it is not.
func TestAStateIsDeadWhenNothingOfItCounts(t *testing.T) {
	for _, l := range []store.Limit{rate, lock, ceiling} {
		for failures := range 5 {
			for held := range 3 {
				s, at := store.State{}, start
				for range failures {
					at = latest(at, s.Until)
					s, _ = l.Next(s, at)
					s = l.Fail(s, at)
				}
				at = latest(at, s.Until)
				for range held {
					s, _ = l.Next(s, at)
				}
				dead := l.Dead(s)
				if got := l.Stand(s, dead); got != (store.State{}) {
					t.Errorf("%+v, %d failures, %d held: %+v when dead", l, failures, held, got)
				}
				if got := l.Stand(s, dead.Add(-1)); s != (store.State{}) && got == (store.State{}) {
					t.Errorf("%+v, %d failures, %d held: dead before", l, failures, held)
				}
			}
		}
	}
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// When the places are looked at does not matter: they failed when their time was over.
func TestLostPlacesFailedWhenTheirTimeWasOver(t *testing.T) {
	var s store.State
	for range lock.Free {
		s, _ = lock.Next(s, start)
	}
	over := start.Add(store.HeldFor)
	want := store.State{N: 3, Until: over.Add(time.Second), Expires: over.Add(time.Second + time.Hour), At: start}
	for _, late := range []time.Duration{0, time.Second, time.Hour} {
		if got := lock.Stand(s, over.Add(late)); got != want {
			t.Errorf("looked at %v later: %+v, want %+v", late, got, want)
		}
	}
	if got := lock.Stand(s, over.Add(-1)); got != s {
		t.Errorf("a moment before: %+v", got)
	}
}

func TestALimitCutsWhatNoClockOfNowCouldHaveSet(t *testing.T) {
	ahead := start.AddDate(1, 0, 0)
	for _, c := range []struct {
		l                store.Limit
		refuses, forgets time.Duration
	}{
		{rate, time.Second, 3 * time.Second}, {lock, time.Minute, time.Minute + time.Hour}, {ceiling, time.Hour, time.Hour},
	} {
		s := store.State{N: 2, Until: ahead, Expires: ahead, At: ahead, Held: 1, HeldUntil: ahead}
		want := store.State{
			N: 2, Until: start.Add(c.refuses), Expires: start.Add(c.forgets), At: start, Held: 1, HeldUntil: start.Add(store.HeldFor),
		}
		if got := c.l.Clamp(s, start); got != want {
			t.Errorf("%+v: %+v, want %+v", c.l, got, want)
		}
		if got := c.l.Clamp(want, start); got != want {
			t.Errorf("%+v: cut twice: %+v", c.l, got)
		}
	}
}
