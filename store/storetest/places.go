package storetest

import (
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

func places(k *kit) {
	k.run("as many as failures are left", placesFree)
	k.run("one where nothing is left", placesOne)
	k.run("one that is given back is free", placesBack)
	k.run("full in one, nothing is counted anywhere", placesFull)
	k.run("nobody settles them: they are failures", placesLost)
	k.run("a failure that is told too late counts once", placesLate)
	k.run("a failure that was none is taken back", placesTakenBack)
	k.run("they outlive the failures before them", placesOutlive)
}

func placesFree(k *kit) {
	for failures := range lock.Free {
		b := bucket(lock)
		for range failures {
			k.fail(now, b)
		}
		for range lock.Free - failures {
			k.take(now, b)
		}
		k.full(now, []store.Bucket{b}, 0)
	}
}

func placesOne(k *kit) {
	b, at := bucket(lock), now
	for range lock.Free {
		k.fail(at, b)
	}
	for _, wait := range []time.Duration{lock.Base, 2 * lock.Base, 4 * lock.Base} {
		at = at.Add(wait)
		k.take(at, b)
		k.full(at, []store.Bucket{b}, 0)
		k.release(at, store.Release{Failed: []store.Bucket{b}})
		k.refused(at, []store.Bucket{b}, 0)
	}
}

func placesBack(k *kit) {
	b := bucket(lock)
	for range lock.Free {
		k.take(now, b)
	}
	for range 5 {
		k.full(now, []store.Bucket{b}, 0)
		k.release(now, store.Release{Forgive: []store.Bucket{b}})
		k.take(now, b)
	}
	k.counts(now.Add(time.Second), bucket(lock), 0)
}

func placesFull(k *kit) {
	full, r, c := bucket(lock), bucket(rate), bucket(ceiling)
	for range lock.Free {
		k.take(now, full)
	}
	for range 2 * rate.Burst {
		d := k.full(now, []store.Bucket{r, full, c}, 1)
		k.equal("the rate", d.Outcomes[0].State, store.State{})
		k.equal("the ceiling", d.Outcomes[2].State, store.State{})
	}
}

func placesLost(k *kit) {
	b, at := bucket(lock), now.Add(store.HeldFor)
	for range lock.Free {
		k.take(now, b)
	}
	k.full(at.Add(-time.Millisecond), []store.Bucket{b}, 0)
	for _, late := range []time.Duration{0, lock.Base - time.Millisecond} {
		d := k.refused(at.Add(late), []store.Bucket{b}, 0)
		k.that(d.Outcomes[0].State.Until.Equal(at.Add(lock.Base)), "locked until %v", d.Outcomes[0].State.Until)
		k.that(d.Outcomes[0].State.N == lock.Free, "%d failures count", d.Outcomes[0].State.N)
	}
	k.counts(at.Add(lock.Base), b, lock.Free)
	k.run("thirty seconds after the last one", func(k *kit) {
		b := bucket(lock)
		k.take(now, b)
		k.take(now.Add(20*time.Second), b)
		k.holds(now.Add(45*time.Second), b, 2)
	})
}

func placesLate(k *kit) {
	b, at := bucket(ceiling), now.Add(store.HeldFor)
	k.take(now, b)
	k.take(now, b)
	k.counts(at, b, 2)
	for range 3 {
		k.release(at, store.Release{Failed: []store.Bucket{b}})
		k.counts(at, b, 2)
	}
}

func placesTakenBack(k *kit) {
	b, at := bucket(lock), now.Add(store.HeldFor)
	for range lock.Free {
		k.take(now, b)
	}
	k.refused(at, []store.Bucket{b}, 0)
	k.release(at, store.Release{Forgive: []store.Bucket{b}})
	k.counts(at, b, lock.Free-1)
}

func placesOutlive(k *kit) {
	short := store.Limit{Free: 3, Window: 10 * time.Second}
	b := bucket(short)
	k.fail(now, b)
	k.take(now.Add(9*time.Second), b)
	k.counts(now.Add(9*time.Second), b, 1)
	later := now.Add(20 * time.Second)
	k.counts(later, b, 0)
	k.holds(later, b, 1)
	k.release(later, store.Release{Failed: []store.Bucket{b}})
	k.counts(later, b, 1)
}

// clocks that were wrong for a moment, or differ.
func clocks(k *kit) {
	ahead := now.AddDate(0, 0, 90)
	for name, c := range map[string]struct {
		l       store.Limit
		attempt int
		longest time.Duration
	}{"a rate": {rate, rate.Burst, rate.Every}, "a lock": {lock, lock.Free, lock.Max}, "a ceiling": {ceiling, ceiling.Free, ceiling.Window}} {
		k.run(name+" refuses no longer than its longest wait", func(k *kit) {
			b := bucket(c.l)
			for range c.attempt {
				k.fail(ahead, b)
			}
			d := k.refused(now, []store.Bucket{b}, 0)
			k.that(d.Outcomes[0].State.Until.Equal(now.Add(c.longest)), "refuses until %v", d.Outcomes[0].State.Until)
			k.refused(now.Add(c.longest-time.Millisecond), []store.Bucket{b}, 0)
			k.take(now.Add(c.longest), b)
		})
	}
	k.run("places are not held for longer", func(k *kit) {
		b := bucket(lock)
		for range lock.Free {
			k.take(ahead, b)
		}
		k.full(now, []store.Bucket{b}, 0)
		k.refused(now.Add(store.HeldFor), []store.Bucket{b}, 0)
	})
	k.run("failures are not remembered for longer", func(k *kit) {
		b := bucket(ceiling)
		k.fail(ahead, b)
		k.counts(now, b, 1)
		k.counts(now.Add(ceiling.Window), b, 0)
	})
	k.run("a second apart", func(k *kit) {
		b := bucket(lock)
		for i := range lock.Free {
			k.fail(now.Add(time.Duration(i%2)*time.Second), b)
		}
		d := k.refused(now, []store.Bucket{b}, 0)
		k.that(d.Outcomes[0].State.Until.Equal(now.Add(lock.Base)), "locked until %v", d.Outcomes[0].State.Until)
		k.refused(now.Add(lock.Base-time.Millisecond), []store.Bucket{b}, 0)
		k.counts(now.Add(lock.Base), b, lock.Free)
	})
}
