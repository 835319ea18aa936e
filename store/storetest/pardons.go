package storetest

import (
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

func pardonAttempts(k *kit) {
	k.run("one row opens every lock", pardonAll)
	k.run("places count as given back", pardonHeld)
	k.run("what comes later counts", pardonLater)
	k.run("until its end", pardonEnds)
	k.run("of the future is none", pardonFuture)
	k.run("lasts the longer of two, and its moment moves on", pardonAgain)
	k.run("together with what it pardons", pardonTogether)
	k.run("what is named twice is done once", pardonTwice)
	k.run("is looked at once for each bucket", pardonOnce)
}

// pardoned makes buckets of one pardon.
func pardoned(n int, l store.Limit) []store.Bucket {
	pardon := digest()
	list := make([]store.Bucket, n)
	for i := range list {
		list[i] = bucket(l)
		list[i].Pardon = pardon
	}
	return list
}

func (k *kit) pardon(at time.Time, b store.Bucket, until time.Duration) {
	k.Helper()
	k.release(at, store.Release{Pardon: []store.Digest{b.Pardon}, PardonUntil: at.Add(until)})
}

func pardonAll(k *kit) {
	list, other := pardoned(5, lock), pardoned(1, lock)[0]
	for _, b := range append(list, other) {
		for range lock.Free {
			k.fail(now, b)
		}
	}
	k.pardon(now, list[0], time.Hour)
	k.equal("outcome", k.take(now, list[0]).Outcomes[0], store.Outcome{
		State: store.State{Held: 1, HeldUntil: now.Add(store.HeldFor), At: now}, Counted: true,
	})
	for _, b := range list[1:] {
		k.counts(now, b, 0)
	}
	k.refused(now, []store.Bucket{other}, 0)
	without := list[4]
	without.Pardon = store.Digest{}
	k.counts(now, without, 0) // what was written since
}

func pardonHeld(k *kit) {
	b := pardoned(1, lock)[0]
	for range lock.Free {
		k.take(now, b)
	}
	k.pardon(now, b, time.Hour)
	later := now.Add(time.Second)
	k.release(later, store.Release{Failed: []store.Bucket{b}})
	k.counts(later, b, 0)
	k.holds(later, b, 0)
}

func pardonLater(k *kit) {
	b := pardoned(1, lock)[0]
	k.pardon(now, b, time.Hour)
	later := now.Add(time.Millisecond)
	for range lock.Free {
		k.fail(later, b)
	}
	k.refused(later, []store.Bucket{b}, 0)
}

func pardonEnds(k *kit) {
	long := store.Limit{Free: 2, Window: 3 * time.Hour}
	b := pardoned(1, long)[0]
	k.fail(now, b)
	k.fail(now, b)
	k.pardon(now, b, time.Hour)
	d := k.refused(now.Add(time.Hour), []store.Bucket{b}, 0)
	k.that(d.Outcomes[0].State.N == 2, "%d failures count", d.Outcomes[0].State.N)
	k.run("one that has ended pardons nothing", func(k *kit) {
		b := pardoned(1, long)[0]
		k.fail(now, b)
		k.pardon(now, b, 0)
		k.counts(now, b, 1)
	})
}

func pardonFuture(k *kit) {
	long := store.Limit{Free: 2, Window: 3 * time.Hour} // beyond the pardon: a store throws away what is dead by then
	b := pardoned(1, long)[0]
	k.fail(now, b)
	k.fail(now, b)
	k.pardon(now.Add(time.Hour), b, time.Hour)
	k.refused(now, []store.Bucket{b}, 0)
	k.pardon(now, b, time.Minute)
	k.counts(now, b, 0)
}

func pardonAgain(k *kit) {
	long := store.Limit{Free: 9, Window: 3 * time.Hour}
	b := pardoned(1, long)[0]
	k.pardon(now, b, 2*time.Hour)
	later := now.Add(time.Minute)
	k.fail(later, b)
	k.pardon(later, b, time.Minute)
	k.counts(later.Add(time.Hour), b, 0)
}

func pardonTogether(k *kit) {
	list := pardoned(3, lock)
	list[2].Pardon = digest()
	k.fail(now, list...)
	k.take(now, list...)
	k.release(now, store.Release{
		Failed: list[:1], Forgive: list[1:], Pardon: []store.Digest{list[0].Pardon, list[2].Pardon}, PardonUntil: now.Add(time.Hour),
	})
	for _, b := range list {
		k.counts(now, b, 0)
		k.holds(now, b, 0)
	}
}

func pardonTwice(k *kit) {
	b, mark := pardoned(1, lock)[0], digest()
	for range lock.Free {
		k.fail(now, b)
	}
	k.release(now, store.Release{
		Marks: []store.Digest{mark, mark}, Owner: id(), Until: now.Add(time.Hour),
		Pardon: []store.Digest{b.Pardon, b.Pardon}, PardonUntil: now.Add(time.Hour),
	})
	k.counts(now, b, 0)
}

// pardonOnce settles by a clock that is behind: it cuts the time of the places to that of the pardon that spared them.
func pardonOnce(k *kit) {
	b := pardoned(1, lock)[0]
	later := now.Add(time.Second)
	k.take(later, b)
	k.take(later, b)
	k.pardon(now, b, time.Hour)
	k.release(now, store.Release{Forgive: []store.Bucket{b}, Forget: []store.Bucket{b}})
	k.pardon(now.Add(-time.Second), b, time.Hour)
	k.holds(now, b, 1)
}
