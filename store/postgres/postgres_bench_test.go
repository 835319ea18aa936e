package postgres_test

import (
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

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

// BenchmarkSignInParts says what the parts of a sign-in cost: each kind beside the plain one in one run, in turn, with
// the median of the passes. Commits are not waited for, so that what is measured is the work.
func BenchmarkSignInParts(b *testing.B) {
	c := database(b, "synchronous_commit=off")
	c.MaxConns = 16
	s, pool := migrated(b, c)
	together := postgres.New(pool)
	alone := postgres.New(pool, postgres.SignInLanes(0))
	people := signers(b, s, 64)
	paid := func(p *person) store.NewSession {
		n := signIn(p.Account, p.Account.Parent, true)
		n.Session.Agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
		return n
	}
	free := func(p *person) store.NewSession {
		n := paid(p)
		n.Charge = store.Charge{}
		return n
	}
	with := func(of func(*person) store.NewSession, more ...func(*person, *store.NewSession)) func(*person) store.NewSession {
		return func(p *person) store.NewSession {
			n := of(p)
			for _, f := range more {
				f(p, &n)
			}
			return n
		}
	}
	event := func(p *person, n *store.NewSession) { n.Events = logged(p.Account) }
	tell := func(_ *person, n *store.NewSession) { n.Charge = told(n.Charge) }
	most := func(_ *person, n *store.NewSession) { n.Most = 1 << 40 }
	use := func(p *person, n *store.NewSession) {
		p.counter++
		n.Use = store.Use{Factor: p.factor, Counter: p.counter}
	}
	for _, run := range []struct {
		name     string
		s        *postgres.Store
		variants []variant
	}{
		{"paid-alone", alone, []variant{
			{"plain", paid}, {"same", paid}, {"logged", with(paid, event)}, {"told", with(paid, tell)}, {"capped", with(paid, most)}, {"used", with(paid, use)},
		}},
		{"free-alone", alone, []variant{{"plain", free}, {"logged", with(free, event)}, {"used", with(free, use)}}},
		{"paid-together", together, []variant{{"plain", paid}, {"same", paid}, {"logged", with(paid, event)}, {"told", with(paid, tell)}, {"capped", with(paid, most)}}},
	} {
		b.Run(run.name, func(b *testing.B) { interleave(b, pool, run.s, people, run.variants) })
	}
}

// person is an account with two factors, one of which is used.
type person struct {
	store.Account
	factor  uuid.UUID
	counter int64
}

func signers(b *testing.B, s store.Store, n int) []*person {
	b.Helper()
	people := make([]*person, n)
	for i := range people {
		a := child(b, s, parent(b, s, 1<<50))
		f, other := passkey(), passkey()
		if _, _, err := s.UpdateAccount(b.Context(), store.Change{Account: a, PutFactors: []store.Factor{f, other}}, at); err != nil {
			b.Fatal(err)
		}
		people[i] = &person{Account: a, factor: f.ID}
	}
	return people
}

// variant is a kind of sign-in.
type variant struct {
	name string
	of   func(*person) store.NewSession
}

// interleave lets every person sign in b.N times in each way, in fifteen passes, and reports the medians of time and of
// the write-ahead log as ratios to the first way.
func interleave(b *testing.B, pool *pgxpool.Pool, s store.Store, people []*person, variants []variant) {
	const passes = 15
	times, logs := make([][]float64, len(variants)), make([][]float64, len(variants))
	b.ResetTimer()
	for pass := range passes {
		took, wrote := make([]float64, len(variants)), make([]float64, len(variants))
		for i := range variants {
			n := (i + pass) % len(variants)
			before, start := walBytes(b, pool), time.Now()
			var all sync.WaitGroup
			for _, p := range people {
				all.Go(func() {
					for range b.N {
						if _, err := s.CreateSession(b.Context(), variants[n].of(p), at); err != nil {
							b.Error(err)
						}
					}
				})
			}
			all.Wait()
			took[n], wrote[n] = time.Since(start).Seconds(), walBytes(b, pool)-before
		}
		for n := range variants {
			times[n], logs[n] = append(times[n], took[n]/took[0]), append(logs[n], wrote[n]/wrote[0])
		}
	}
	for n := 1; n < len(variants); n++ {
		b.ReportMetric(median(times[n]), variants[n].name+"-x-time")
		b.ReportMetric(median(logs[n]), variants[n].name+"-x-wal")
	}
}

func median(list []float64) float64 { return slices.Sorted(slices.Values(list))[len(list)/2] }

func walBytes(b *testing.B, pool *pgxpool.Pool) (n float64) {
	b.Helper()
	if err := pool.QueryRow(b.Context(), `SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8`).Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
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
