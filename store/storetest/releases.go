package storetest

import (
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// waived makes a bucket with a live mark.
func (k *kit) waived(l store.Limit, until time.Time) store.Bucket {
	k.Helper()
	b := bucket(l)
	b.Waive = digest()
	k.release(now, store.Release{Mark: b.Waive, Until: until})
	return b
}

func waiveAttempts(k *kit) {
	until := now.Add(time.Hour)
	small := store.Limit{Free: 2, Window: 2 * time.Hour}
	k.run("a waived bucket counts", func(k *kit) {
		b := k.waived(small, until)
		d := k.take(now, b)
		next, _ := small.Next(store.State{}, now)
		k.equal("outcome", d.Outcomes[0], store.Outcome{State: next, Counted: true, Marked: until})
		b.Waive = store.Digest{}
		k.take(now, b)
		k.refused(now, []store.Bucket{b}, 0)
	})
	k.run("a waived bucket cannot refuse", func(k *kit) {
		b := k.waived(small, until)
		k.take(now, b)
		full := k.take(now, b).Outcomes[0].State
		for range 3 {
			k.equal("outcome", k.take(now, b).Outcomes[0], store.Outcome{State: full, Marked: until})
		}
		b.Waive = digest()
		k.refused(now, []store.Bucket{b}, 0)
	})
	k.run("the others still refuse", func(k *kit) {
		b, full := k.waived(small, until), bucket(lock)
		for range lock.Free {
			k.take(now, full)
		}
		d := k.refused(now, []store.Bucket{b, full}, 1)
		k.that(d.Outcomes[0].Marked.Equal(until), "the mark is not told: %+v", d.Outcomes[0])
		d = k.take(now, b)
		k.that(d.Outcomes[0].State.N == 1, "counted though another one refused")
	})
	k.run("a full waived bucket lets the others count", func(k *kit) {
		b, other := k.waived(small, until), bucket(ceiling)
		for range 4 {
			k.take(now, b, other)
		}
		k.counts(now, other, 5)
	})
	k.run("until the mark ends", func(k *kit) {
		b := k.waived(small, until)
		k.take(now, b)
		k.take(now, b)
		k.take(until.Add(-time.Millisecond), b)
		d := k.refused(until, []store.Bucket{b}, 0)
		k.that(d.Outcomes[0].Marked.IsZero(), "an ended mark is told: %v", d.Outcomes[0].Marked)
	})
}

func releaseAttempts(k *kit) {
	k.run("forget starts the named ones again", func(k *kit) {
		b, stay := bucket(lock), bucket(lock)
		for range lock.Free {
			k.take(now, b, stay)
		}
		k.release(now, store.Release{Forget: []store.Digest{b.Key, digest()}})
		k.counts(now, b, 1)
		k.refused(now, []store.Bucket{stay}, 0)
	})
	for name, l := range map[string]store.Limit{"rate": rate, "lock": lock, "ceiling": ceiling} {
		k.run("forgive gives one attempt of a "+name+" back", func(k *kit) { releaseForgive(k, l) })
	}
	k.run("what is not there is no error", func(k *kit) {
		b := bucket(lock)
		k.release(now, store.Release{})
		k.release(now, store.Release{Forget: []store.Digest{digest()}, Forgive: []store.Bucket{b}})
		k.counts(now, b, 1)
	})
	k.run("what is forgotten is not forgiven, too", func(k *kit) {
		b := bucket(ceiling)
		k.take(now, b)
		k.take(now, b)
		k.release(now, store.Release{Forget: []store.Digest{b.Key}, Forgive: []store.Bucket{b}})
		k.counts(now, b, 1)
	})
	k.run("a mark that has ended marks nothing", func(k *kit) {
		b := k.waived(ceiling, now)
		k.that(!k.marked(b.Waive, now.Add(-time.Minute)), "a mark that ended when it was made")
	})
	k.run("a mark is never shortened", func(k *kit) {
		b := k.waived(ceiling, now.Add(time.Hour))
		for _, c := range []struct{ until, want time.Duration }{{time.Minute, time.Hour}, {2 * time.Hour, 2 * time.Hour}, {time.Hour, 2 * time.Hour}} {
			k.release(now, store.Release{Mark: b.Waive, Until: now.Add(c.until)})
			got := k.take(now, b).Outcomes[0].Marked
			k.that(got.Equal(now.Add(c.want)), "the mark ends at %v, want %v", got, now.Add(c.want))
		}
	})
	k.run("several at once", func(k *kit) {
		forget, forgive, mark := bucket(ceiling), bucket(ceiling), digest()
		k.take(now, forget, forgive)
		k.take(now, forget, forgive)
		k.release(now, store.Release{
			Forget: []store.Digest{forget.Key}, Forgive: []store.Bucket{forgive}, Mark: mark, Until: now.Add(time.Hour),
		})
		k.counts(now, forget, 1)
		k.counts(now, forgive, 2)
		k.that(k.marked(mark, now), "not marked")
		k.that(!k.marked(digest(), now), "another network is marked")
	})
}

// releaseForgive compares every count up to beyond the limit with Limit.Forgive, live and expired.
func releaseForgive(k *kit, l store.Limit) {
	for n := 1; n <= 12; n++ {
		b, s, at := bucket(l), store.State{}, now
		for range n {
			if at.Before(s.Until) {
				at = s.Until
			}
			s, _ = l.Next(s, at)
			k.take(at, b)
		}
		for _, late := range []time.Time{at, s.Expires} {
			s = l.Forgive(s, late)
			k.release(late, store.Release{Forgive: []store.Bucket{b}})
			next, in := l.Next(s, late)
			d, err := k.attempts.Take(k.ctx, []store.Bucket{b}, late)
			k.ok(err)
			k.that(d.Allowed == in, "after %d attempts and a pardon: let in %v, want %v", n, d.Allowed, in)
			k.equal("state", d.Outcomes[0].State, next)
			s = next
		}
	}
}
