package storetest

import (
	"slices"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// One Limit of each kind.
var (
	rate    = store.Limit{Every: 10 * time.Second, Burst: 3}
	lock    = store.Limit{Free: 3, Base: 30 * time.Second, Max: 15 * time.Minute, Window: 15 * time.Minute}
	ceiling = store.Limit{Free: 10, Window: time.Hour}
)

func attempts(k *kit) {
	k.run("take", takeAttempts)
	k.run("places", places)
	k.run("clocks", clocks)
	k.run("waive", waiveAttempts)
	k.run("release", releaseAttempts)
	k.run("pardon", pardonAttempts)
	k.run("histories", histories)
	k.run("races", raceAttempts)
	k.run("no clock", attemptsClock)
	k.run("times come back in utc", attemptsUTC)
	k.run("a cancelled context does nothing", attemptsCancelled)
}

func bucket(l store.Limit) store.Bucket { return store.Bucket{Key: digest(), Limit: l} }

// take wants the attempt to be let in.
func (k *kit) take(at time.Time, b ...store.Bucket) store.Decision {
	k.Helper()
	d, err := k.attempts.Take(k.ctx, b, at)
	k.ok(err)
	k.that(d.Allowed, "refused: %+v", d)
	k.that(len(d.Outcomes) == len(b), "%d outcomes of %d buckets", len(d.Outcomes), len(b))
	return d
}

// refused wants the attempt to be refused by just the buckets at those places, and none to count it.
func (k *kit) refused(at time.Time, b []store.Bucket, by ...int) store.Decision {
	k.Helper()
	d := k.stopped(at, b)
	for i, o := range d.Outcomes {
		in := slices.Contains(by, i)
		k.that(o.Refused == in && !o.Full && !o.Counted, "bucket %d: %+v, want Refused %v and not counted", i, o, in)
	}
	return d
}

// full wants the attempt to find no place in just the bucket at that index, and none to count it.
func (k *kit) full(at time.Time, b []store.Bucket, by int) store.Decision {
	k.Helper()
	d := k.stopped(at, b)
	for i, o := range d.Outcomes {
		k.that(o.Full == (i == by) && !o.Refused && !o.Counted, "bucket %d: %+v, want Full %v and not counted", i, o, i == by)
	}
	return d
}

func (k *kit) stopped(at time.Time, b []store.Bucket) store.Decision {
	k.Helper()
	d, err := k.attempts.Take(k.ctx, b, at)
	k.ok(err)
	k.that(!d.Allowed, "let in: %+v", d)
	k.that(len(d.Outcomes) == len(b), "%d outcomes of %d buckets", len(d.Outcomes), len(b))
	return d
}

// fail takes and fails.
func (k *kit) fail(at time.Time, b ...store.Bucket) store.Decision {
	k.Helper()
	d := k.take(at, b...)
	k.release(at, store.Release{Failed: b})
	return d
}

// counts wants n failures to count, and leaves everything as it is.
func (k *kit) counts(at time.Time, b store.Bucket, n int) {
	k.Helper()
	d := k.take(at, b)
	k.that(d.Outcomes[0].State.N == n, "%d failures count, want %d", d.Outcomes[0].State.N, n)
	k.release(at, store.Release{Forgive: []store.Bucket{b}})
}

// holds wants n places to be held, and leaves everything as it is.
func (k *kit) holds(at time.Time, b store.Bucket, n int) {
	k.Helper()
	d := k.take(at, b)
	k.that(d.Outcomes[0].State.Held == n+1, "%d places are held with one more, want %d", d.Outcomes[0].State.Held, n+1)
	k.release(at, store.Release{Forgive: []store.Bucket{b}})
}

// marked reports whether a mark lives.
func (k *kit) marked(mark store.Digest, at time.Time) bool {
	k.Helper()
	b := bucket(ceiling)
	b.Waive = mark
	return !k.take(at, b).Outcomes[0].Marked.IsZero()
}

func (k *kit) release(at time.Time, s store.Release) {
	k.Helper()
	k.ok(k.attempts.Release(k.ctx, s, at))
}

func takeAttempts(k *kit) {
	for name, l := range map[string]store.Limit{"a rate": rate, "a lock": lock, "a ceiling": ceiling} {
		k.run(name+" follows its limit", func(k *kit) { takeFollows(k, l) })
	}
	k.run("all or none", takeAllOrNone)
	k.run("every bucket in the way is told", takeTold)
	k.run("a lock is told before a rate", takeLockFirst)
	k.run("the outcomes are in the order given", takeOrder)
	k.run("a refusal does not extend", takeNoExtension)
	k.run("no buckets are let in", func(k *kit) { k.take(now) })
}

// takeFollows walks a bucket over all its edges: just before, at and after each time its state names.
func takeFollows(k *kit, l store.Limit) {
	b, want, at := bucket(l), store.State{}, now
	for step := range 40 {
		next, in := l.Next(want, at)
		d, err := k.attempts.Take(k.ctx, []store.Bucket{b}, at)
		k.ok(err)
		k.equal("decision", d, store.Decision{
			Allowed: in, Outcomes: []store.Outcome{{State: next, Refused: at.Before(next.Until) && !in, Full: !at.Before(next.Until) && !in, Counted: in}},
		})
		want = next
		if in && step%9 != 8 {
			k.release(at, store.Release{Failed: []store.Bucket{b}})
			want = l.Fail(want, at)
		}
		switch step % 4 {
		case 1:
			if !want.Until.Before(at) {
				at = want.Until.Add(-time.Millisecond)
			}
		case 2:
			if !want.Until.Before(at) {
				at = want.Until
			}
		case 3:
			if step%8 == 7 {
				at = want.Expires
			}
		}
	}
}

func takeAllOrNone(k *kit) {
	free, full := bucket(ceiling), bucket(rate)
	for range rate.Burst {
		k.take(now, full)
	}
	for _, b := range [][]store.Bucket{{free, full}, {full, free}, {bucket(lock), full, free}} {
		for range 3 {
			_, err := k.attempts.Take(k.ctx, b, now)
			k.ok(err)
		}
	}
	d := k.refused(now, []store.Bucket{free, full}, 1)
	k.that(d.Outcomes[0].State == store.State{}, "a refused attempt is counted: %+v", d)
	k.holds(now, free, 0)
	d = k.take(now.Add(rate.Every), full)
	want, _ := rate.Next(store.State{Until: now.Add(rate.Every), Expires: now.Add(rate.Every * 3), At: now}, now.Add(rate.Every))
	k.equal("the full one", d.Outcomes[0].State, want)
}

func takeTold(k *kit) {
	one, two, free := bucket(rate), bucket(lock), bucket(ceiling)
	for range 3 {
		k.fail(now, one, two)
	}
	k.refused(now, []store.Bucket{one, free, two}, 0, 2)
	k.refused(now.Add(rate.Every), []store.Bucket{one, free, two}, 2)
}

func takeLockFirst(k *kit) {
	l, r := bucket(lock), bucket(rate)
	for range 3 {
		k.fail(now, l, r)
	}
	d := k.refused(now, []store.Bucket{l, r}, 0, 1)
	k.that(d.Outcomes[0].State.Until.Equal(now.Add(lock.Base)), "the lock ends at %v", d.Outcomes[0].State.Until)
	k.that(d.Outcomes[1].State.Until.Equal(now.Add(rate.Every)), "the rate frees at %v", d.Outcomes[1].State.Until)
}

func takeOrder(k *kit) {
	var b []store.Bucket
	for i := range 6 {
		b = append(b, bucket(ceiling))
		for range i {
			k.fail(now, b[i])
		}
	}
	for i, o := range k.fail(now, b...).Outcomes {
		k.that(o.State.N == i, "outcome %d has %d failures, want %d", i, o.State.N, i)
	}
	b[0], b[5] = b[5], b[0]
	d := k.take(now, b...)
	k.that(d.Outcomes[0].State.N == 6 && d.Outcomes[5].State.N == 1, "the order is not the one given: %+v", d)
}

func takeNoExtension(k *kit) {
	b := bucket(lock)
	for range 3 {
		k.fail(now, b)
	}
	for i := range 29 {
		d := k.refused(now.Add(time.Duration(i)*time.Second), []store.Bucket{b}, 0)
		k.that(d.Outcomes[0].State.Until.Equal(now.Add(lock.Base)), "the lock moved to %v", d.Outcomes[0].State.Until)
	}
	k.fail(now.Add(lock.Base), b)
	d := k.refused(now.Add(lock.Base), []store.Bucket{b}, 0)
	k.that(d.Outcomes[0].State.Until.Equal(now.Add(3*lock.Base)), "the lock did not double: %v", d.Outcomes[0].State.Until)
}
