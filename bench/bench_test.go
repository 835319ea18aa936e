package bench_test

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/bench"
)

func TestMain(m *testing.M) {
	if asked, err := bench.Apart(); asked {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func setup(tb testing.TB) bench.Setup {
	return bench.Setup{Postgres: os.Getenv("TOLLKEEPER_TEST_POSTGRES"), Redis: os.Getenv("TOLLKEEPER_TEST_REDIS"), Dir: tb.TempDir()}
}

// start opens a topic, or skips where its server is missing, or fails where everything must be there.
func start(tb testing.TB, t bench.Topic, s bench.Setup) *bench.Bench {
	tb.Helper()
	b, err := t.Start(tb.Context(), s)
	if errors.Is(err, bench.ErrNoServer) && os.Getenv("TOLLKEEPER_TEST_STRICT") != "1" {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(b.Close)
	return b
}

// TestEveryCaseRuns measures nothing: it shows that each case does its work and each target gets a value.
func TestEveryCaseRuns(t *testing.T) {
	for _, topic := range bench.Topics() {
		t.Run(topic.Name, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			s.Small = true
			b := start(t, topic, s)
			r, err := b.Measure(1, time.Microsecond)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range b.Cases {
				if len(r[c.Name]) != 1 || r[c.Name][0].Ops == 0 {
					t.Errorf("%s: %+v", c.Name, r[c.Name])
				}
			}
			for _, target := range b.Targets {
				if v := target.Value(r); v != v { // NaN
					t.Errorf("%s has no value", target.What)
				}
			}
		})
	}
}

func topic(b *testing.B, name string) {
	for _, t := range bench.Topics() {
		if t.Name != name {
			continue
		}
		for _, c := range start(b, t, setup(b)).Cases {
			b.Run(c.Name, func(b *testing.B) { run(b, c) })
		}
	}
}

// run gives a case to the testing package. What runs several callers or another program reports its own figures, of one pass.
func run(b *testing.B, c bench.Case) {
	b.ReportAllocs()
	if c.Callers <= 1 && c.Pass == nil {
		for b.Loop() {
			if err := c.Do(0); err != nil {
				b.Fatal(err)
			}
		}
		return
	}
	for b.Loop() {
		s, err := c.Run(time.Second)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(s.Rate(), "ops/s")
		b.ReportMetric(float64(s.P50), "p50-ns")
		b.ReportMetric(float64(s.P99), "p99-ns")
	}
}

func BenchmarkAuthenticate(b *testing.B)   { topic(b, "authenticate") }
func BenchmarkHash(b *testing.B)           { topic(b, "hash") }
func BenchmarkSignIn(b *testing.B)         { topic(b, "sign-in") }
func BenchmarkFirstSight(b *testing.B)     { topic(b, "first-sight") }
func BenchmarkStores(b *testing.B)         { topic(b, "stores") }
func BenchmarkCrowd(b *testing.B)          { topic(b, "crowd") }
func BenchmarkWaiting(b *testing.B)        { topic(b, "waiting") }
func BenchmarkServer(b *testing.B)         { topic(b, "server") }
func BenchmarkPostgres(b *testing.B)       { topic(b, "postgres") }
func BenchmarkSlowDisk(b *testing.B)       { topic(b, "slow-disk") }
func BenchmarkSQLite(b *testing.B)         { topic(b, "sqlite") }
func BenchmarkLog(b *testing.B)            { topic(b, "log") }
func BenchmarkRedis(b *testing.B)          { topic(b, "redis") }
func BenchmarkEconomy(b *testing.B)        { topic(b, "economy") }
func BenchmarkGrowthSQLite(b *testing.B)   { topic(b, "growth-sqlite") }
func BenchmarkGrowthPostgres(b *testing.B) { topic(b, "growth-postgres") }
