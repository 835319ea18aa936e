package storetest

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"os"
	"strconv"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// dice are repeatable (splitmix64); nothing secret is made of them.
type dice uint64

// seeded starts dice from STORETEST_SEED or anew, and logs the seed.
func (k *kit) seeded() *dice {
	k.Helper()
	seed, err := strconv.ParseUint(os.Getenv("STORETEST_SEED"), 10, 64)
	if err != nil {
		var b [8]byte
		_, _ = rand.Read(b[:])
		seed = binary.LittleEndian.Uint64(b[:])
	}
	k.Logf("STORETEST_SEED=%d", seed)
	d := dice(seed)
	return &d
}

// roll returns a number from 0 to n-1.
func (d *dice) roll(n int) int {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) % uint64(n))
}

// model is what a store must know about attempts, kept by Limit alone.
type model struct {
	states map[store.Digest]store.State
	marks  map[store.Digest]time.Time
}

// take is the meaning of AttemptStore.Take.
func (m *model) take(buckets []store.Bucket, at time.Time) store.Decision {
	d := store.Decision{Allowed: true}
	for _, b := range buckets {
		next, in := b.Limit.Next(m.states[b.Key], at)
		o := store.Outcome{State: next, Counted: in}
		if until := m.marks[b.Waive]; (b.Waive != store.Digest{}) && at.Before(until) {
			o.Marked = until
		}
		o.Refused = !in && o.Marked.IsZero()
		d.Allowed = d.Allowed && !o.Refused
		d.Outcomes = append(d.Outcomes, o)
	}
	for i, b := range buckets {
		o := &d.Outcomes[i]
		if !d.Allowed && o.Counted {
			o.Counted = false
			o.State = m.states[b.Key]
			if !at.Before(o.State.Expires) {
				o.State = store.State{}
			}
		}
		m.states[b.Key] = o.State
	}
	return d
}

// release is the meaning of AttemptStore.Release.
func (m *model) release(s store.Release, at time.Time) {
	for _, key := range s.Forget {
		delete(m.states, key)
	}
	for _, b := range s.Forgive {
		m.states[b.Key] = b.Limit.Forgive(m.states[b.Key], at)
	}
	if (s.Mark != store.Digest{}) && s.Until.After(m.marks[s.Mark]) {
		m.marks[s.Mark] = s.Until
	}
}

// histories compares random ones with the model, step by step.
func histories(k *kit) {
	d := k.seeded()
	for range 12 {
		history(k, d)
	}
}

func history(k *kit, d *dice) {
	m := &model{states: map[store.Digest]store.State{}, marks: map[store.Digest]time.Time{}}
	limits := []store.Limit{rate, lock, ceiling, randomLimit(d, 0), randomLimit(d, 1), randomLimit(d, 2)}
	buckets := make([]store.Bucket, len(limits))
	marks := []store.Digest{digest(), digest(), {}}
	for i, l := range limits {
		buckets[i] = bucket(l)
	}
	at := now
	for step := range 60 {
		at = at.Add(time.Duration(d.roll(8)*d.roll(8)*d.roll(8)*d.roll(50)) * time.Millisecond)
		some := pick(d, buckets, marks)
		if d.roll(4) > 0 {
			want := m.take(some, at)
			got, err := k.attempts.Take(k.ctx, some, at)
			k.ok(err)
			k.equal("step "+strconv.Itoa(step), got, want)
			continue
		}
		s := store.Release{Mark: marks[d.roll(3)]}
		if (s.Mark != store.Digest{}) {
			s.Until = at.Add(time.Duration(d.roll(60_000)) * time.Millisecond)
		}
		half := d.roll(len(some) + 1)
		for _, b := range some[:half] {
			s.Forget = append(s.Forget, b.Key)
		}
		s.Forgive = some[half:]
		m.release(s, at)
		k.release(at, s)
	}
}

// pick returns some buckets in a random order, each with one of the marks.
func pick(d *dice, from []store.Bucket, marks []store.Digest) []store.Bucket {
	var some []store.Bucket
	first, step := d.roll(len(from)), 1+4*d.roll(2)
	for i := range 1 + d.roll(len(from)) {
		b := from[(first+i*step)%len(from)]
		b.Waive = marks[d.roll(len(marks))]
		some = append(some, b)
	}
	return some
}

// randomLimit makes a rate, a lock or a ceiling.
func randomLimit(d *dice, kind int) store.Limit {
	ms := func(n int) time.Duration { return time.Duration(1+d.roll(n)) * time.Millisecond }
	switch kind {
	case 0:
		return store.Limit{Every: ms(9_000), Burst: 1 + d.roll(6)}
	case 1:
		base := ms(5_000)
		return store.Limit{Free: 1 + d.roll(4), Base: base, Max: base * time.Duration(1+d.roll(60)), Window: ms(60_000)}
	default:
		return store.Limit{Free: 1 + d.roll(5), Window: ms(30_000)}
	}
}

// attemptsClock takes in the far past and the far future: only the parameter may count.
func attemptsClock(k *kit) {
	for _, at := range []time.Time{time.Date(1971, 2, 3, 4, 5, 6, 0, time.UTC), time.Date(2300, 2, 3, 4, 5, 6, 0, time.UTC)} {
		b := bucket(lock)
		b.Waive = digest()
		for range lock.Free {
			k.take(at, b)
		}
		k.refused(at.Add(lock.Base-time.Millisecond), []store.Bucket{b}, 0)
		k.release(at, store.Release{Mark: b.Waive, Until: at.Add(time.Second)})
		k.take(at.Add(time.Second-time.Millisecond), b)
		k.refused(at.Add(time.Second), []store.Bucket{b}, 0)
		k.counts(at.Add(lock.Base), b, lock.Free+1)
	}
}

func attemptsUTC(k *kit) {
	for _, l := range []store.Limit{rate, lock, ceiling} {
		b := k.waived(l, now.Add(time.Hour).In(elsewhere))
		want := store.State{}
		for range 4 {
			next, in := l.Next(want, now)
			d := k.take(now.In(elsewhere), b)
			k.equal("outcome", d.Outcomes[0], store.Outcome{State: next, Counted: in, Marked: now.Add(time.Hour)})
			want = next
		}
	}
}

func attemptsCancelled(k *kit) {
	ctx, cancel := context.WithCancel(k.ctx)
	cancel()
	b, mark := bucket(ceiling), digest()
	k.take(now, b)
	_, err := k.attempts.Take(ctx, []store.Bucket{b}, now)
	k.that(err != nil, "a cancelled take has no error")
	err = k.attempts.Release(ctx, store.Release{Forget: []store.Digest{b.Key}, Mark: mark, Until: now.Add(time.Hour)}, now)
	k.that(err != nil, "a cancelled release has no error")
	k.counts(now, b, 2)
	k.that(!k.marked(mark, now), "a cancelled release marked")
	_, err = k.attempts.Take(ctx, nil, now)
	k.that(err != nil, "a cancelled take of no buckets has no error")
	k.that(k.attempts.Release(ctx, store.Release{}, now) != nil, "a cancelled release of nothing has no error")
}
