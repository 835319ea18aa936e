package rules_test

import (
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

func TestTakeCountsInAllOrNone(t *testing.T) {
	limit := store.Limit{Free: 2, Window: time.Hour}
	full := rules.Counter{State: store.State{N: 2, Until: now.Add(time.Minute), Expires: now.Add(time.Minute)}}
	once := rules.Counter{State: store.State{N: 1, Expires: now.Add(time.Minute)}}
	gone := rules.Counter{State: store.State{N: 1, Expires: now}}
	waived := full
	waived.Marked = now.Add(1)
	late := full
	late.Marked = now
	for _, c := range []struct {
		name     string
		counters []rules.Counter
		allowed  bool
		counted  []bool
		n        []int
	}{
		{"room in all", []rules.Counter{once, {}}, true, []bool{true, true}, []int{2, 1}},
		{"one is full", []rules.Counter{once, full, gone}, false, []bool{false, false, false}, []int{1, 2, 0}},
		{"the full one is waived", []rules.Counter{once, waived}, true, []bool{true, false}, []int{2, 2}},
		{"the mark is over", []rules.Counter{once, late}, false, []bool{false, false}, []int{1, 2}},
		{"expired", []rules.Counter{gone}, true, []bool{true}, []int{1}},
	} {
		buckets := make([]store.Bucket, len(c.counters))
		for i := range buckets {
			buckets[i].Limit = limit
		}
		d := rules.Take(buckets, c.counters, now)
		for i, o := range d.Outcomes {
			if d.Allowed != c.allowed || o.Counted != c.counted[i] || o.State.N != c.n[i] {
				t.Errorf("%s: bucket %d of %+v", c.name, i, d)
			}
		}
	}
}

func TestABucketRefusesUntilItsTimeUnlessItIsWaived(t *testing.T) {
	full := store.State{N: 2, Until: now.Add(time.Millisecond)}
	for _, c := range []struct {
		name string
		o    store.Outcome
		want bool
	}{
		{"full", store.Outcome{State: full}, true},
		{"full since this one", store.Outcome{State: full, Counted: true}, false},
		{"waived", store.Outcome{State: full, Marked: now.Add(time.Hour)}, false},
		{"until now", store.Outcome{State: store.State{N: 2, Until: now}}, false},
		{"another refused", store.Outcome{State: store.State{N: 1}}, false},
	} {
		if rules.Refused(c.o, now) != c.want {
			t.Errorf("%s: %v", c.name, !c.want)
		}
	}
}

func TestMarkLivesInTheFuture(t *testing.T) {
	for _, c := range []struct {
		s    store.Release
		want bool
	}{
		{store.Release{Mark: store.Digest{1}, Until: now.Add(time.Millisecond)}, true},
		{store.Release{Mark: store.Digest{1}, Until: now}, false},
		{store.Release{Until: now.Add(time.Hour)}, false},
	} {
		if _, ok := rules.Mark(c.s, now); ok != c.want {
			t.Errorf("%+v: %v", c.s, ok)
		}
	}
}
