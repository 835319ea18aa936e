package bench_test

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/postgres"
)

// trips counts round trips to the server: a statement is one, and so is a batch.
type trips struct{ n atomic.Int64 }

func (c *trips) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.n.Add(1)
	return ctx
}
func (c *trips) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (c *trips) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	c.n.Add(1)
	return ctx
}
func (c *trips) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (c *trips) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}

// TestRoundTrips: what a sign-in and a check of its token ask PostgreSQL for.
func TestRoundTrips(t *testing.T) {
	dsn := os.Getenv("TOLLKEEPER_TEST_POSTGRES")
	if dsn == "" {
		t.Skip("TOLLKEEPER_TEST_POSTGRES names no server")
	}
	count := &trips{}
	for name, staleness := range map[string]time.Duration{"strict": 0, "within staleness": time.Minute} {
		t.Run(name, func(t *testing.T) {
			auth := overPostgres(t, dsn, count, staleness)
			of := func(do func() error) int64 { // the least of some: the worker asks beside it
				least := int64(1 << 30)
				for range 3 {
					before := count.n.Load()
					if err := do(); err != nil {
						t.Fatal(err)
					}
					least = min(least, count.n.Load()-before)
				}
				return least
			}
			var signedIn tollkeeper.SignInResult
			signIn := func() (err error) {
				signedIn, err = auth.SignIn(t.Context(), tollkeeper.SignInRequest{Email: "ada@house.example", Password: "Tr0ub4dor&3x!"})
				return err
			}
			check := func() error { _, err := auth.Authenticate(t.Context(), signedIn.Token); return err }
			if n := of(signIn); n > 3 {
				t.Errorf("a sign-in takes %d round trips", n)
			}
			want := int64(1)
			if staleness > 0 {
				want = 0
			}
			if n := of(check); n != want {
				t.Errorf("Authenticate takes %d round trips, want %d", n, want)
			}
		})
	}
}

func overPostgres(t *testing.T, dsn string, count *trips, staleness time.Duration) *tollkeeper.Authenticator {
	t.Helper()
	ctx := t.Context()
	admin, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	name := "trips_" + strings.ToLower(rand.Text())
	if _, err := admin.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = admin.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
		_ = admin.Close(context.Background())
	})
	c, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	c.ConnConfig.Database, c.ConnConfig.Tracer = name, count
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	kept := postgres.New(pool)
	if err := kept.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	auth, err := tollkeeper.New(kept, tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()}, BaseURL: "https://auth.example",
		Logger:    slog.New(slog.NewTextHandler(io.Discard, nil)),
		Tokens:    tollkeeper.Tokens{Staleness: staleness},
		Passwords: tollkeeper.Passwords{Hash: tollkeeper.Hash{Memory: 8, Time: 1, Threads: 1, UnsafeForTests: true}},
		Mail:      tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = auth.Close(context.Background()) })
	if _, err := auth.Host().Bootstrap(ctx, tollkeeper.BootstrapRequest{Email: "ada@house.example", Password: "Tr0ub4dor&3x!"}); err != nil {
		t.Fatal(err)
	}
	return auth
}
