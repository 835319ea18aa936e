package storetest

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// waived makes a bucket with a live mark.
func (k *kit) waived(l store.Limit, until time.Time) store.Bucket {
	k.Helper()
	b := bucket(l)
	b.Waive = digest()
	k.release(now, store.Release{Marks: []store.Digest{b.Waive}, Owner: someone, Until: until})
	return b
}

// someone owns the marks of the kit.
var someone = uuid.MustParse("01900000-0000-7000-8000-000000000001")

func waiveAttempts(k *kit) {
	until := now.Add(time.Hour)
	small := store.Limit{Free: 2, Window: 2 * time.Hour}
	k.run("a waived bucket counts", func(k *kit) {
		b := k.waived(small, until)
		d := k.take(now, b)
		next, _ := small.Next(store.State{}, now)
		k.equal("outcome", d.Outcomes[0], store.Outcome{State: next, Counted: true, Marked: until, Owner: someone})
		k.release(now, store.Release{Failed: []store.Bucket{b}})
		b.Waive = store.Digest{}
		k.fail(now, b)
		k.refused(now, []store.Bucket{b}, 0)
	})
	k.run("a waived bucket cannot refuse", func(k *kit) {
		b := k.waived(small, until)
		k.fail(now, b)
		k.fail(now, b)
		full := small.Fail(small.Fail(store.State{Held: 2, HeldUntil: now.Add(store.HeldFor)}, now), now)
		for range 3 {
			k.equal("outcome", k.take(now, b).Outcomes[0], store.Outcome{State: full, Waived: true, Marked: until, Owner: someone})
		}
		b.Waive = digest()
		k.refused(now, []store.Bucket{b}, 0)
	})
	k.run("a waived bucket is never full", func(k *kit) {
		b := k.waived(small, until)
		k.take(now, b)
		k.take(now, b)
		held := store.State{Held: 2, HeldUntil: now.Add(store.HeldFor), At: now}
		k.equal("outcome", k.take(now, b).Outcomes[0], store.Outcome{State: held, Waived: true, Marked: until, Owner: someone})
		b.Waive = digest()
		k.full(now, []store.Bucket{b}, 0)
	})
	k.run("the others still refuse", func(k *kit) {
		b, full := k.waived(small, until), bucket(lock)
		for range lock.Free {
			k.fail(now, full)
		}
		d := k.refused(now, []store.Bucket{b, full}, 1)
		k.that(d.Outcomes[0].Marked.Equal(until), "the mark is not told: %+v", d.Outcomes[0])
		k.holds(now, b, 0)
	})
	k.run("a full waived bucket lets the others count", func(k *kit) {
		b, other := k.waived(small, until), bucket(ceiling)
		for range 4 {
			k.take(now, b, other)
		}
		k.holds(now, other, 4)
	})
	k.run("until the mark ends", func(k *kit) {
		b := k.waived(small, until)
		k.fail(now, b)
		k.fail(now, b)
		k.take(until.Add(-time.Millisecond), b)
		d := k.refused(until, []store.Bucket{b}, 0)
		k.that(d.Outcomes[0].Marked.IsZero(), "an ended mark is told: %v", d.Outcomes[0].Marked)
	})
}

func releaseAttempts(k *kit) {
	k.run("forget starts the named ones again", func(k *kit) {
		b, stay := bucket(lock), bucket(lock)
		for range lock.Free {
			k.fail(now, b, stay)
		}
		k.release(now, store.Release{Forget: []store.Bucket{b, bucket(lock)}})
		k.counts(now, b, 0)
		k.refused(now, []store.Bucket{stay}, 0)
	})
	k.run("forget leaves the places of others", func(k *kit) {
		b := bucket(lock)
		k.fail(now, b)
		k.take(now, b)
		k.take(now, b)
		k.release(now, store.Release{Forgive: []store.Bucket{b}, Forget: []store.Bucket{b}})
		k.holds(now, b, 1)
		k.release(now, store.Release{Failed: []store.Bucket{b}})
		k.counts(now, b, 1)
	})
	k.run("a rate is never released", releaseRate)
	for name, l := range map[string]store.Limit{"lock": lock, "ceiling": ceiling} {
		k.run("what becomes of an attempt at a "+name, func(k *kit) { releaseFollows(k, l) })
	}
	k.run("what is not there is no error", func(k *kit) {
		b := bucket(lock)
		k.release(now, store.Release{})
		one, two := bucket(lock), bucket(ceiling)
		k.release(now, store.Release{Forget: []store.Bucket{one, two}, Forgive: []store.Bucket{b}, Failed: []store.Bucket{one, two}})
		for _, b := range []store.Bucket{b, one, two} {
			k.equal("outcome", k.take(now, b).Outcomes[0].State, store.State{Held: 1, HeldUntil: now.Add(store.HeldFor), At: now})
		}
	})
	k.run("a mark names its owner", releaseOwner)
	k.run("a mark that has ended marks nothing", releaseEnded)
	k.run("a mark is never shortened", func(k *kit) {
		b := k.waived(ceiling, now.Add(time.Hour))
		for _, c := range []struct{ until, want time.Duration }{{time.Minute, time.Hour}, {2 * time.Hour, 2 * time.Hour}, {time.Hour, 2 * time.Hour}} {
			k.release(now, store.Release{Marks: []store.Digest{b.Waive}, Owner: someone, Until: now.Add(c.until)})
			got := k.take(now, b).Outcomes[0].Marked
			k.that(got.Equal(now.Add(c.want)), "the mark ends at %v, want %v", got, now.Add(c.want))
		}
	})
	k.run("several at once", func(k *kit) {
		fail, forget, forgive, mark := bucket(ceiling), bucket(ceiling), bucket(ceiling), digest()
		k.fail(now, fail, forget, forgive)
		k.take(now, fail, forget, forgive)
		k.release(now, store.Release{
			Failed: []store.Bucket{fail}, Forget: []store.Bucket{forget}, Forgive: []store.Bucket{forget, forgive}, Marks: []store.Digest{mark}, Until: now.Add(time.Hour),
		})
		k.counts(now, fail, 2)
		k.counts(now, forget, 0)
		k.counts(now, forgive, 1)
		k.holds(now, forget, 0)
		k.that(k.marked(mark, now), "not marked")
		k.that(!k.marked(digest(), now), "another network is marked")
	})
}

// releaseFollows compares every count up to beyond the limit, live and expired, and all that may become of one more
// attempt, with Limit.
func releaseFollows(k *kit, l store.Limit) {
	for n := 0; n <= 12; n++ {
		for end := range 8 {
			b, s, at := bucket(l), store.State{}, now
			attempt := func() {
				if at.Before(s.Until) {
					at = s.Until
				}
				s, _ = l.Next(s, at)
				k.take(at, b)
			}
			for range n {
				attempt()
				s = l.Fail(s, at)
				k.release(at, store.Release{Failed: []store.Bucket{b}})
			}
			attempt()
			if end%2 == 1 {
				at = at.Add(store.HeldFor) // too late
			}
			s = k.settle(at, b, s, end/2)
			next, in := l.Next(s, at)
			d, err := k.attempts.Take(k.ctx, []store.Bucket{b}, at)
			k.ok(err)
			k.that(d.Allowed == in, "after %d failures and end %d: let in %v, want %v", n, end, d.Allowed, in)
			k.equal("state", d.Outcomes[0].State, next)
		}
	}
}

// settle releases the bucket in one of four ways and returns the state that it then has to have.
func (k *kit) settle(at time.Time, b store.Bucket, s store.State, way int) store.State {
	k.Helper()
	one := []store.Bucket{b}
	switch way {
	case 0:
		k.release(at, store.Release{Failed: one})
		return b.Limit.Fail(s, at)
	case 1:
		k.release(at, store.Release{Forgive: one})
		return b.Limit.Forgive(s, at)
	case 2:
		k.release(at, store.Release{Forget: one})
		return b.Limit.Forget(s, at)
	default:
		k.release(at, store.Release{Forgive: one, Forget: one})
		return b.Limit.Forget(b.Limit.Forgive(s, at), at)
	}
}

func releaseRate(k *kit) {
	b := bucket(rate)
	for range rate.Burst {
		k.take(now, b)
	}
	one := []store.Bucket{b}
	for _, s := range []store.Release{{Failed: one}, {Forgive: one}, {Forget: one}} {
		k.release(now, s)
		d := k.refused(now, one, 0)
		k.that(d.Outcomes[0].State.Until.Equal(now.Add(rate.Every)), "the rate frees at %v", d.Outcomes[0].State.Until)
	}
}

func releaseEnded(k *kit) {
	b := k.waived(ceiling, now)
	k.that(!k.marked(b.Waive, now.Add(-time.Minute)), "a mark that ended when it was made")
}

func releaseOwner(k *kit) {
	b, another := k.waived(ceiling, now.Add(2*time.Hour)), id()
	o := k.take(now, b).Outcomes[0]
	k.that(o.Owner == someone, "the mark is that of %v", o.Owner)
	k.release(now, store.Release{Marks: []store.Digest{b.Waive}, Owner: another, Until: now.Add(time.Hour)})
	o = k.take(now, b).Outcomes[0]
	k.that(o.Owner == another && o.Marked.Equal(now.Add(time.Hour)), "of the next owner: %+v", o)
	k.release(now, store.Release{Marks: []store.Digest{b.Waive}, Owner: someone, Until: now})
	o = k.take(now, b).Outcomes[0]
	k.that(o.Owner == another, "a mark that is over already takes it over: %+v", o)
	o = k.take(now.Add(time.Hour), b).Outcomes[0]
	k.that(o.Owner == uuid.UUID{}, "the owner of a mark that ended is told: %+v", o)
}
