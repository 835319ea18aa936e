package redis_test

import (
	"cmp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/redis"
)

// TestRace lets in exactly what the limits allow, and counts refused ones in no bucket.
func TestRace(t *testing.T) {
	attempts := patient(t)
	wide := store.Limit{Free: 1_000, Window: time.Hour}
	narrow, first, last := bucket(store.Limit{Every: time.Hour, Burst: 50}), bucket(wide), bucket(wide)
	var in atomic.Int64
	var wait sync.WaitGroup
	for range 32 {
		wait.Go(func() {
			for range 10 {
				d, err := attempts.Take(t.Context(), []store.Bucket{first, narrow, last}, now)
				if err != nil {
					t.Error(err)
				}
				if d.Allowed {
					in.Add(1)
				}
			}
		})
	}
	wait.Wait()
	if in.Load() != 50 {
		t.Errorf("let in %d, want 50", in.Load())
	}
	for i, o := range take(t, attempts, first, last).Outcomes {
		if o.State.Held != 51 {
			t.Errorf("bucket %d holds %d, want 50 and this one", i, o.State.Held-1)
		}
	}
}

// TestOrder: each attempt in a counter is seen by the next one, so no two answers are the same, and what began after an
// answer counts more than it.
func TestOrder(t *testing.T) {
	attempts := patient(t)
	b := bucket(store.Limit{Free: 10_000, Window: time.Hour})
	var seen sync.Map
	var wait sync.WaitGroup
	for range 32 {
		wait.Go(func() {
			before := 0
			for range 10 {
				d, err := attempts.Take(t.Context(), []store.Bucket{b}, now)
				if err != nil {
					t.Error(err)
					return
				}
				n := d.Outcomes[0].State.Held
				if _, again := seen.LoadOrStore(n, true); again || n <= before || n > 320 {
					t.Errorf("answered %d after %d (again: %v)", n, before, again)
				}
				before = n
			}
		})
	}
	wait.Wait()
	if n := take(t, attempts, b).Outcomes[0].State.Held; n != 321 {
		t.Errorf("counted %d, want 321", n)
	}
}

// TestKeysLeave: a key outlives its state by some minutes, never the other way round, whatever the year of the caller.
func TestKeysLeave(t *testing.T) {
	client, prefix := shared(t)
	attempts := redis.New(client, redis.Options{Prefix: prefix, Timeout: 20 * time.Second})
	b, mark := bucket(lock), digest()
	for _, at := range []time.Time{time.Date(1971, 1, 2, 3, 4, 5, 0, time.UTC), time.Now().Truncate(time.Millisecond), time.Date(2300, 1, 2, 3, 4, 5, 0, time.UTC)} {
		check := func(after string, lives time.Duration) {
			t.Helper()
			for _, key := range client.Keys(t.Context(), prefix+"*").Val() {
				kind := map[string]string{"mark": "m:", "pardon": "p:"}[after]
				if !strings.HasPrefix(key, prefix+"{tk}"+cmp.Or(kind, "c:")) {
					continue
				}
				ttl := client.PTTL(t.Context(), key).Val()
				if ttl <= lives+4*time.Minute || ttl > lives+5*time.Minute {
					t.Errorf("after %s in %d the key stays %v, its state %v", after, at.Year(), ttl, lives)
				}
			}
		}
		if err := attempts.Release(t.Context(), store.Release{Forget: []store.Bucket{b}}, at); err != nil {
			t.Fatal(err)
		}
		for range lock.Free {
			d, err := attempts.Take(t.Context(), []store.Bucket{b}, at)
			if err != nil {
				t.Fatal(err)
			}
			check("take", store.HeldFor+lock.Max+lock.Window)
			if d.Outcomes[0].State.Held != 1 {
				t.Fatalf("holds %+v", d.Outcomes[0].State)
			}
			if err := attempts.Release(t.Context(), store.Release{Failed: []store.Bucket{b}}, at); err != nil {
				t.Fatal(err)
			}
		}
		check("fail", lock.Base+lock.Window)
		s := store.Release{
			Forgive: []store.Bucket{b}, Marks: []store.Digest{mark}, Until: at.Add(720 * time.Hour), Pardon: []store.Digest{mark}, PardonUntil: at.Add(24 * time.Hour),
		}
		if err := attempts.Release(t.Context(), s, at); err != nil {
			t.Fatal(err)
		}
		check("mark", 720*time.Hour)
		check("pardon", 24*time.Hour)
		if n := len(client.Keys(t.Context(), prefix+"*").Val()); n != 3 {
			t.Errorf("%d keys, want the counter, the mark and the pardon", n)
		}
		client.Del(t.Context(), client.Keys(t.Context(), prefix+"*").Val()...)
	}
}

func TestPrefixesAreApart(t *testing.T) {
	client, prefix := shared(t)
	one, two := redis.New(client, redis.Options{Prefix: prefix + "1:"}), redis.New(client, redis.Options{Prefix: prefix + "2:"})
	b := bucket(ceiling)
	take(t, one, b)
	if n := take(t, two, b).Outcomes[0].State.Held; n != 1 {
		t.Errorf("another installation holds %d, want 1", n)
	}
}

// A counter that somebody else has overwritten is no counter that was never used.
func TestForeignValueRefuses(t *testing.T) {
	client, prefix := shared(t)
	attempts := redis.New(client, redis.Options{Prefix: prefix, RatesFailOpen: true, Timeout: 20 * time.Second})
	b := bucket(rate)
	take(t, attempts, b)
	for _, value := range []string{"", "junk", strings.Repeat("\x00", 32)} {
		for _, key := range client.Keys(t.Context(), prefix+"*").Val() {
			client.Set(t.Context(), key, value, 0)
		}
		if d, err := attempts.Take(t.Context(), []store.Bucket{b}, now); err == nil {
			t.Errorf("%q is let in: %+v", value, d)
		}
	}
}
