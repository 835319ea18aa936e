package storetest

import (
	"sync/atomic"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

func raceAttempts(k *kit) {
	for name, c := range map[string]struct {
		l    store.Limit
		want int64
	}{
		"a rate":    {store.Limit{Every: time.Second, Burst: 20}, 20},
		"a lock":    {store.Limit{Free: 5, Base: 30 * time.Second, Max: time.Hour, Window: time.Hour}, 5},
		"a ceiling": {store.Limit{Free: 20, Window: time.Hour}, 20},
	} {
		k.run(name+" lets in exactly its number", func(k *kit) { raceTake(k, c.l, c.want) })
	}
	k.run("a lock stops exactly at its number", raceFail)
	k.run("no more are under way than places are free", racePlaces)
	k.run("buckets in any order are all or none", raceTakeOrders)
	k.run("a waived bucket counts exactly", raceTakeWaived)
	k.run("takes and pardons add up", raceForgive)
	k.run("the longest mark stays", raceMark)
}

// letIn counts how many of two takes per caller are let in.
func (k *kit) letIn(buckets func(i int) []store.Bucket) int64 {
	k.Helper()
	var in atomic.Int64
	k.tally(race(callers, func(i int) error {
		for range 2 {
			d, err := k.attempts.Take(k.ctx, buckets(i), now)
			if err != nil {
				return err
			}
			if d.Allowed {
				in.Add(1)
			}
		}
		return nil
	}))
	return in.Load()
}

func raceTake(k *kit, l store.Limit, want int64) {
	b := bucket(l)
	got := k.letIn(func(int) []store.Bucket { return []store.Bucket{b} })
	k.that(got == want, "%d are let in, want %d", got, want)
}

func raceTakeOrders(k *kit) {
	small, large := bucket(store.Limit{Free: 15, Window: time.Hour}), bucket(store.Limit{Free: 1000, Window: time.Hour})
	got := k.letIn(func(i int) []store.Bucket {
		if i%2 == 0 {
			return []store.Bucket{small, large}
		}
		return []store.Bucket{large, small}
	})
	k.that(got == 15, "%d are let in, want 15", got)
	k.holds(now, large, 15)
}

func raceTakeWaived(k *kit) {
	b := k.waived(store.Limit{Free: 1000, Window: time.Hour}, now.Add(time.Hour))
	got := k.letIn(func(int) []store.Bucket { return []store.Bucket{b} })
	k.that(got == callers*2, "%d are let in, want %d", got, callers*2)
	k.holds(now, b, callers*2)
}

// raceFail fails whatever is let in.
func raceFail(k *kit) {
	b := bucket(store.Limit{Free: 5, Base: 30 * time.Second, Max: time.Hour, Window: time.Hour})
	var in atomic.Int64
	k.tally(race(callers, func(int) error {
		for range 4 {
			d, err := k.attempts.Take(k.ctx, []store.Bucket{b}, now)
			if err != nil {
				return err
			}
			if d.Allowed {
				in.Add(1)
				if err := k.attempts.Release(k.ctx, store.Release{Failed: []store.Bucket{b}}, now); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	k.that(in.Load() == 5, "%d are let in, want 5", in.Load())
	d := k.refused(now, []store.Bucket{b}, 0)
	k.that(d.Outcomes[0].State.N == 5 && d.Outcomes[0].State.Held == 0, "state %+v", d.Outcomes[0].State)
}

func racePlaces(k *kit) {
	b := bucket(store.Limit{Free: 5, Window: time.Hour})
	var under, most, done atomic.Int64
	k.tally(race(callers, func(int) error {
		for range 8 {
			d, err := k.attempts.Take(k.ctx, []store.Bucket{b}, now)
			if err != nil {
				return err
			}
			if !d.Allowed {
				continue
			}
			if n := under.Add(1); n > most.Load() {
				most.Store(n)
			}
			done.Add(1)
			under.Add(-1)
			if err := k.attempts.Release(k.ctx, store.Release{Forgive: []store.Bucket{b}}, now); err != nil {
				return err
			}
		}
		return nil
	}))
	k.that(most.Load() <= 5 && done.Load() >= 5, "%d at once of %d", most.Load(), done.Load())
	k.counts(now, b, 0)
	k.holds(now, b, 0)
}

func raceForgive(k *kit) {
	b := bucket(store.Limit{Free: 1000, Window: time.Hour})
	k.tally(race(callers, func(i int) error {
		for j := range 4 {
			if _, err := k.attempts.Take(k.ctx, []store.Bucket{b}, now); err != nil {
				return err
			}
			r := store.Release{Forgive: []store.Bucket{b}}
			if (i+j)%2 == 0 {
				r = store.Release{Failed: []store.Bucket{b}}
			}
			if err := k.attempts.Release(k.ctx, r, now); err != nil {
				return err
			}
		}
		return nil
	}))
	k.counts(now, b, callers*2)
	k.holds(now, b, 0)
}

func raceMark(k *kit) {
	b := bucket(ceiling)
	b.Waive = digest()
	k.tally(race(callers, func(i int) error {
		return k.attempts.Release(k.ctx, store.Release{Marks: []store.Digest{b.Waive}, Until: now.Add(time.Duration((i*7)%callers+1) * time.Minute)}, now)
	}))
	got := k.take(now, b).Outcomes[0].Marked
	k.that(got.Equal(now.Add(callers*time.Minute)), "the mark ends at %v, want %v", got, now.Add(callers*time.Minute))
}
