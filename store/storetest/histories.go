package storetest

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"os"
	"strconv"
	"time"

	"github.com/google/uuid"

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
	states  map[store.Digest]store.State
	marks   map[store.Digest]store.Release // the last release that set one
	pardons map[store.Digest][2]time.Time  // moment and end
}

func newModel() *model {
	return &model{
		states: map[store.Digest]store.State{}, marks: map[store.Digest]store.Release{}, pardons: map[store.Digest][2]time.Time{},
	}
}

// state is what a bucket holds that was not pardoned.
func (m *model) state(b store.Bucket, at time.Time) store.State {
	s, p := m.states[b.Key], m.pardons[b.Pardon]
	if !p[0].IsZero() && !p[0].After(at) && at.Before(p[1]) && !s.At.After(p[0]) {
		return store.State{}
	}
	return s
}

// take is the meaning of AttemptStore.Take.
func (m *model) take(buckets []store.Bucket, at time.Time) store.Decision {
	d := store.Decision{Allowed: true}
	for _, b := range buckets {
		next, in := b.Limit.Next(m.state(b, at), at)
		o := store.Outcome{State: next, Counted: in}
		if mark := m.marks[b.Waive]; (b.Waive != store.Digest{}) && at.Before(mark.Until) {
			o.Marked, o.Owner, o.Waived = mark.Until, mark.Owner, !in
		}
		o.Refused = !in && !o.Waived && at.Before(next.Until)
		o.Full = !in && !o.Waived && !at.Before(next.Until)
		d.Allowed = d.Allowed && !o.Refused && !o.Full
		d.Outcomes = append(d.Outcomes, o)
	}
	for i, b := range buckets {
		o, was := &d.Outcomes[i], m.state(b, at)
		if !d.Allowed && o.Counted {
			o.Counted, o.State = false, b.Limit.Stand(was, at)
		}
		if o.Counted || b.Limit.Clamp(was, at) != was {
			m.states[b.Key] = o.State
		}
	}
	return d
}

// release is the meaning of AttemptStore.Release. A pardon is looked at once for each bucket: settling cuts the time of
// a clock that was ahead, and what it spared must not fall under it halfway.
func (m *model) release(r store.Release, at time.Time) {
	spared := map[store.Digest]store.State{}
	each := func(list []store.Bucket, next func(store.Limit, store.State, time.Time) store.State) {
		for _, b := range list {
			if !b.Limit.Settles() {
				continue
			}
			was, again := spared[b.Key]
			if !again {
				was = m.state(b, at)
			}
			spared[b.Key] = next(b.Limit, was, at)
			m.states[b.Key] = spared[b.Key]
		}
	}
	each(r.Failed, store.Limit.Fail)
	each(r.Forgive, store.Limit.Forgive)
	each(r.Forget, store.Limit.Forget)
	for _, key := range r.Marks {
		if was := m.marks[key]; at.Before(r.Until) && (was.Owner != r.Owner || r.Until.After(was.Until)) {
			m.marks[key] = r
		}
	}
	for _, key := range r.Pardon {
		if at.Before(r.PardonUntil) {
			until := r.PardonUntil
			if was := m.pardons[key]; was[1].After(until) {
				until = was[1]
			}
			m.pardons[key] = [2]time.Time{at, until}
		}
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
	m := newModel()
	limits := []store.Limit{rate, lock, ceiling, randomLimit(d, 0), randomLimit(d, 1), randomLimit(d, 2)}
	pool := attemptPool{marks: []store.Digest{digest(), digest(), {}}, owners: []uuid.UUID{id(), {}}, pardons: []store.Digest{digest(), digest(), {}}}
	for i, l := range limits {
		b := bucket(l)
		b.Pardon = pool.pardons[i%3]
		pool.buckets = append(pool.buckets, b)
	}
	clock := now
	for step := range 80 {
		clock = clock.Add(time.Duration(d.roll(8)*d.roll(8)*d.roll(8)*d.roll(50)) * time.Millisecond)
		at := clock.Add(time.Duration(d.roll(3)) * time.Second) // clocks differ
		if d.roll(5) > 1 {
			some := pool.pick(d)
			want := m.take(some, at)
			got, err := k.attempts.Take(k.ctx, some, at)
			k.ok(err)
			k.equal("step "+strconv.Itoa(step), got, want)
			continue
		}
		r := pool.release(d, at, time.Duration(d.roll(60_000))*time.Millisecond)
		m.release(r, at)
		k.release(at, r)
	}
}

// attemptPool is what random attempts and releases are made of.
type attemptPool struct {
	buckets        []store.Bucket
	marks, pardons []store.Digest
	owners         []uuid.UUID
}

// pick returns some buckets in a random order, each with one of the marks.
func (p *attemptPool) pick(d *dice) []store.Bucket {
	var some []store.Bucket
	first, step := d.roll(len(p.buckets)), 1+4*d.roll(2)
	for i := range 1 + d.roll(len(p.buckets)) {
		b := p.buckets[(first+i*step)%len(p.buckets)]
		b.Waive = p.marks[d.roll(len(p.marks))]
		some = append(some, b)
	}
	return some
}

// release makes one whose mark or pardon, if any, ends after span.
func (p *attemptPool) release(d *dice, at time.Time, span time.Duration) store.Release {
	r := store.Release{Owner: p.owners[d.roll(len(p.owners))], Until: at.Add(span)}
	for _, mark := range p.marks {
		if (mark != store.Digest{}) && d.roll(3) == 0 {
			r.Marks = append(r.Marks, mark)
		}
	}
	for _, b := range p.pick(d) {
		switch d.roll(5) {
		case 0, 1:
			r.Failed = append(r.Failed, b)
		case 2:
			r.Forgive = append(r.Forgive, b)
		case 3:
			r.Forget = append(r.Forget, b)
		case 4:
			r.Forgive, r.Forget = append(r.Forgive, b), append(r.Forget, b)
		}
	}
	if pardon := p.pardons[d.roll(len(p.pardons))]; d.roll(4) == 0 && pardon != (store.Digest{}) {
		r.Pardon, r.PardonUntil = []store.Digest{pardon}, at.Add(span)
	}
	return r
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
			k.fail(at, b)
		}
		k.refused(at.Add(lock.Base-time.Millisecond), []store.Bucket{b}, 0)
		k.release(at, store.Release{Marks: []store.Digest{b.Waive}, Until: at.Add(time.Second)})
		k.take(at.Add(time.Second-time.Millisecond), b)
		k.refused(at.Add(time.Second), []store.Bucket{b}, 0)
		k.counts(at.Add(lock.Base), b, lock.Free)
		p := pardoned(1, lock)[0]
		k.take(at, p)
		k.pardon(at, p, time.Hour)
		k.holds(at, p, 0)
	}
}

func attemptsUTC(k *kit) {
	for _, l := range []store.Limit{rate, lock, ceiling} {
		b := k.waived(l, now.Add(time.Hour).In(elsewhere))
		want := store.State{}
		for range 4 {
			next, in := l.Next(want, now)
			d := k.take(now.In(elsewhere), b)
			k.equal("outcome", d.Outcomes[0], store.Outcome{State: next, Counted: in, Waived: !in, Marked: now.Add(time.Hour), Owner: someone})
			k.release(now.In(elsewhere), store.Release{Failed: []store.Bucket{b}})
			want = l.Fail(next, now)
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
	err = k.attempts.Release(ctx, store.Release{Failed: []store.Bucket{b}, Marks: []store.Digest{mark}, Until: now.Add(time.Hour)}, now)
	k.that(err != nil, "a cancelled release has no error")
	k.counts(now, b, 0)
	k.holds(now, b, 1)
	k.that(!k.marked(mark, now), "a cancelled release marked")
	_, err = k.attempts.Take(ctx, nil, now)
	k.that(err != nil, "a cancelled take of no buckets has no error")
	k.that(k.attempts.Release(ctx, store.Release{}, now) != nil, "a cancelled release of nothing has no error")
}
