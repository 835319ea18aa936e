package postgres_test

import (
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/postgres"
)

// spread runs b.N calls of f on so many goroutines; f gets the number of its goroutine.
func spread(b *testing.B, goroutines int, f func(worker int) error) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	var workers sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	start := time.Now()
	for w := range goroutines {
		workers.Go(func() {
			for left.Add(-1) >= 0 {
				if err := f(w); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	workers.Wait()
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "commits/s")
}

// BenchmarkCreateSession is {charge, ledger row, session, last sign-in}, durable, at READ COMMITTED.
func BenchmarkCreateSession(b *testing.B) {
	ways := []struct {
		name       string
		goroutines int
		hot        bool
		lanes      int
	}{
		{"one", 1, false, 2},
		{"one-alone", 1, false, 0},
		{"distinct-8", 8, false, 2},
		{"distinct-8-1lane", 8, false, 1},
		{"distinct-8-alone", 8, false, 0},
		{"distinct-64", 64, false, 2},
		{"distinct-64-1lane", 64, false, 1},
		{"distinct-64-alone", 64, false, 0},
		{"hot-64", 64, true, 2},
		{"hot-64-alone", 64, true, 0},
	}
	c := database(b)
	c.MaxConns = 8
	_, pool := migrated(b, c)
	for _, w := range ways {
		b.Run(w.name, func(b *testing.B) {
			s := postgres.New(pool, postgres.SignInLanes(w.lanes))
			payers := make([]store.Account, w.goroutines)
			accounts := make([]store.Account, w.goroutines)
			for i := range payers {
				if payers[i] = payers[0]; i == 0 || !w.hot {
					payers[i] = parent(b, s, 1<<40)
				}
				accounts[i] = child(b, s, payers[i])
			}
			spread(b, w.goroutines, func(i int) error {
				_, err := s.CreateSession(b.Context(), signIn(accounts[i], payers[i].ID, true), at)
				return err
			})
		})
	}
}

// BenchmarkUpdateAccount is a change of one's own name, as any change of an account.
func BenchmarkUpdateAccount(b *testing.B) {
	for _, goroutines := range []int{1, 8} {
		b.Run(fmt.Sprint(goroutines), func(b *testing.B) {
			s, _ := migrated(b, database(b))
			p := parent(b, s, 1000)
			accounts := make([]store.Account, goroutines)
			for i := range accounts {
				accounts[i] = child(b, s, p)
			}
			spread(b, goroutines, func(i int) (err error) {
				accounts[i], _, err = s.UpdateAccount(b.Context(), store.Change{Account: accounts[i]}, at)
				return err
			})
		})
	}
}

// BenchmarkTake is what a password sign-in takes: a rate of the network, a lock and a ceiling of the address.
func BenchmarkTake(b *testing.B) {
	for _, relaxed := range []bool{false, true} {
		for _, goroutines := range []int{1, 8, 64} {
			b.Run(fmt.Sprintf("relaxed=%v/%d", relaxed, goroutines), func(b *testing.B) {
				c := database(b)
				var options []postgres.Option
				if relaxed {
					options = append(options, postgres.RelaxedAttempts())
				}
				s, _ := migrated(b, c, options...)
				clock := make([]time.Time, goroutines)
				buckets := make([][]store.Bucket, goroutines)
				for i := range buckets {
					clock[i] = at
					buckets[i] = []store.Bucket{
						{Key: random(), Limit: store.Limit{Every: 2 * time.Second, Burst: 30}},
						{Key: random(), Limit: store.Limit{Free: 5, Base: 30 * time.Second, Max: 15 * time.Minute, Window: 15 * time.Minute}},
						{Key: random(), Limit: store.Limit{Free: 20, Window: time.Hour}, Waive: random()},
					}
				}
				spread(b, goroutines, func(i int) error {
					clock[i] = clock[i].Add(time.Hour)
					d, err := s.Take(b.Context(), buckets[i], clock[i])
					if err == nil && !d.Allowed {
						return fmt.Errorf("refused: %+v", d)
					}
					return err
				})
			})
		}
	}
}

// BenchmarkSession is what strict Authenticate asks for.
func BenchmarkSession(b *testing.B) {
	s, _ := migrated(b, database(b))
	p := parent(b, s, 1000)
	n := signIn(child(b, s, p), p.ID, true)
	if _, err := s.CreateSession(b.Context(), n, at); err != nil {
		b.Fatal(err)
	}
	spread(b, 8, func(int) error {
		_, err := s.Session(b.Context(), n.Session.ID, at)
		return err
	})
}

func random() (d store.Digest) {
	_, _ = rand.Read(d[:])
	return d
}
