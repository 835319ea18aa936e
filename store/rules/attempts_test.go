package rules_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

var two = store.Limit{Free: 2, Window: time.Hour}

func TestTakeCountsInAllOrNone(t *testing.T) {
	refusing := rules.Counter{State: store.State{N: 2, Until: now.Add(time.Minute), Expires: now.Add(time.Minute)}}
	full := rules.Counter{State: store.State{Held: 2, HeldUntil: now.Add(time.Second)}}
	once := rules.Counter{State: store.State{N: 1, Expires: now.Add(time.Minute)}}
	gone := rules.Counter{State: store.State{N: 1, Expires: now}}
	waived, waivedFull, late := refusing, full, refusing
	waived.Waive, waivedFull.Waive = rules.Mark{Until: now.Add(1)}, rules.Mark{Until: now.Add(1)}
	late.Waive = rules.Mark{Until: now}
	for _, c := range []struct {
		name     string
		counters []rules.Counter
		allowed  bool
		counted  []bool
		n, held  []int
	}{
		{"room in all", []rules.Counter{once, {}}, true, []bool{true, true}, []int{1, 0}, []int{1, 1}},
		{"one refuses", []rules.Counter{once, refusing, gone}, false, []bool{false, false, false}, []int{1, 2, 0}, []int{0, 0, 0}},
		{"one is full", []rules.Counter{once, full}, false, []bool{false, false}, []int{1, 0}, []int{0, 2}},
		{"the refusing one is waived", []rules.Counter{once, waived}, true, []bool{true, false}, []int{1, 2}, []int{1, 0}},
		{"the full one is waived", []rules.Counter{once, waivedFull}, true, []bool{true, false}, []int{1, 0}, []int{1, 2}},
		{"the mark is over", []rules.Counter{once, late}, false, []bool{false, false}, []int{1, 2}, []int{0, 0}},
		{"expired", []rules.Counter{gone}, true, []bool{true}, []int{0}, []int{1}},
	} {
		buckets := make([]store.Bucket, len(c.counters))
		for i := range buckets {
			buckets[i].Limit = two
		}
		d := rules.Take(buckets, c.counters, now)
		for i, o := range d.Outcomes {
			if d.Allowed != c.allowed || o.Counted != c.counted[i] || o.State.N != c.n[i] || o.State.Held != c.held[i] {
				t.Errorf("%s: bucket %d of %+v", c.name, i, d)
			}
		}
	}
}

func TestABucketSaysHowItWasInTheWay(t *testing.T) {
	refusing := store.State{N: 2, Until: now.Add(time.Millisecond)}
	over := store.State{N: 2, Until: now}
	for _, c := range []struct {
		name                  string
		o                     store.Outcome
		refused, full, waived bool
	}{
		{"refusing", store.Outcome{State: refusing}, true, false, false},
		{"refusing since this one", store.Outcome{State: refusing, Counted: true}, false, false, false},
		{"refusing, but waived", store.Outcome{State: refusing, Marked: now.Add(time.Hour)}, false, false, true},
		{"full", store.Outcome{State: over}, false, true, false},
		{"full, but waived", store.Outcome{State: over, Marked: now.Add(time.Hour)}, false, false, true},
		{"counted", store.Outcome{State: over, Counted: true, Marked: now.Add(time.Hour)}, false, false, false},
	} {
		rules.Judge(&c.o, c.o.Counted, now)
		if c.o.Refused != c.refused || c.o.Full != c.full || c.o.Waived != c.waived {
			t.Errorf("%s: %+v", c.name, c.o)
		}
	}
}

func TestWhatWasNotCountedIsKeptOnlyWhenATimeWasCut(t *testing.T) {
	b := store.Bucket{Limit: two}
	sound := rules.Counter{State: store.State{N: 2, Until: now.Add(time.Hour), Expires: now.Add(time.Hour), At: now}}
	ahead := rules.Counter{State: store.State{N: 2, Until: now.Add(time.Hour + 1), Expires: now.Add(time.Hour + 1), At: now}}
	pardoned := ahead
	pardoned.Pardon = rules.Mark{At: now, Until: now.Add(1)}
	for _, c := range []struct {
		name    string
		counter rules.Counter
		o       store.Outcome
		want    bool
	}{
		{"counted", sound, store.Outcome{Counted: true}, true},
		{"refused", sound, store.Outcome{Refused: true}, false},
		{"set by a clock ahead", ahead, store.Outcome{Refused: true}, true},
		{"but pardoned", pardoned, store.Outcome{}, false},
	} {
		if rules.Keeps(&b, &c.counter, &c.o, now) != c.want {
			t.Errorf("%s: %v", c.name, !c.want)
		}
	}
}

func TestAFailureIsOfAWholeMillisecond(t *testing.T) {
	b := store.Bucket{Limit: two}
	held := rules.Counter{State: store.State{Held: 1, HeldUntil: now.Add(time.Minute), At: now}}
	got := rules.Settle(rules.Settling{Bucket: &b, Fail: true}, held, now.Add(time.Microsecond))
	if got.N != 1 || got.At != now || got.Expires != now.Add(time.Hour) {
		t.Errorf("settled %+v", got)
	}
}

func TestAPardonCoversWhatIsNotAfterIt(t *testing.T) {
	b := []store.Bucket{{Limit: two}}
	failed := store.State{N: 2, Until: now.Add(time.Hour), Expires: now.Add(time.Hour), At: now.Add(-time.Minute)}
	for _, c := range []struct {
		name    string
		pardon  rules.Mark
		allowed bool
	}{
		{"none", rules.Mark{}, false},
		{"of the same moment", rules.Mark{At: failed.At, Until: now.Add(1)}, true},
		{"later", rules.Mark{At: now, Until: now.Add(1)}, true},
		{"before", rules.Mark{At: failed.At.Add(-1), Until: now.Add(1)}, false},
		{"in the future", rules.Mark{At: now.Add(time.Millisecond), Until: now.Add(time.Hour)}, false},
		{"over", rules.Mark{At: failed.At, Until: now}, false},
		{"a mark", rules.Mark{Owner: uuid.Max, Until: now.Add(1)}, false},
	} {
		if d := rules.Take(b, []rules.Counter{{State: failed, Pardon: c.pardon}}, now); d.Allowed != c.allowed {
			t.Errorf("%s: %+v", c.name, d)
		}
		x := rules.Settling{Bucket: &b[0], Forgive: true}
		if s := rules.Settle(x, rules.Counter{State: failed, Pardon: c.pardon}, now); (s == store.State{}) != c.allowed {
			t.Errorf("%s: settled %+v", c.name, s)
		}
	}
}

func TestSettlingsNameEachBucketOnceAndNoRate(t *testing.T) {
	a, b := store.Bucket{Key: store.Digest{1}, Limit: two}, store.Bucket{Key: store.Digest{2}, Limit: two}
	rate := store.Bucket{Key: store.Digest{3}, Limit: store.Limit{Every: time.Second, Burst: 1}}
	got := rules.Settlings(store.Release{
		Failed: []store.Bucket{rate, a}, Forgive: []store.Bucket{b, rate}, Forget: []store.Bucket{rate, a, b},
	})
	if len(got) != 2 || got[0].Bucket.Key != a.Key || !got[0].Fail || got[0].Forgive || !got[0].Forget ||
		got[1].Bucket.Key != b.Key || got[1].Fail || !got[1].Forgive || !got[1].Forget {
		t.Errorf("%+v", got)
	}
}

func TestAMarkIsNeverShortenedButChangesItsOwner(t *testing.T) {
	one, other := uuid.UUID{1}, uuid.UUID{2}
	hour := now.Add(time.Hour)
	for _, c := range []struct {
		name string
		r    store.Release
		was  rules.Mark
		want bool
	}{
		{"new", store.Release{Owner: one, Until: hour}, rules.Mark{}, true},
		{"longer", store.Release{Owner: one, Until: hour}, rules.Mark{Owner: one, Until: hour.Add(-1)}, true},
		{"as long", store.Release{Owner: one, Until: hour}, rules.Mark{Owner: one, Until: hour}, false},
		{"another's", store.Release{Owner: one, Until: hour}, rules.Mark{Owner: other, Until: hour.Add(1)}, true},
		{"over", store.Release{Owner: one, Until: now}, rules.Mark{Owner: other, Until: hour}, false},
	} {
		m, ok := rules.Marked(c.r, c.was, now)
		if ok != c.want || ok && m != (rules.Mark{Owner: one, Until: hour}) || !ok && m != c.was {
			t.Errorf("%s: %+v, %v", c.name, m, ok)
		}
	}
}

func TestAPardonMovesOnAndIsNeverShortened(t *testing.T) {
	r := store.Release{PardonUntil: now.Add(time.Hour)}
	for _, c := range []struct{ was, want rules.Mark }{
		{rules.Mark{}, rules.Mark{At: now, Until: r.PardonUntil}},
		{rules.Mark{At: now.Add(-time.Hour), Until: now.Add(2 * time.Hour)}, rules.Mark{At: now, Until: now.Add(2 * time.Hour)}},
		{rules.Mark{At: now.Add(time.Hour), Until: now.Add(1)}, rules.Mark{At: now, Until: r.PardonUntil}},
	} {
		if m, ok := rules.Pardoned(r, c.was, now); !ok || m != c.want {
			t.Errorf("after %+v: %+v, %v", c.was, m, ok)
		}
	}
	if _, ok := rules.Pardoned(store.Release{PardonUntil: now}, rules.Mark{}, now); ok {
		t.Error("a pardon that is over")
	}
}
