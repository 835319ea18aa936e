package postgres_test

import (
	"context"
	"crypto/rand"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/postgres"
	"github.com/tollkeeper/tollkeeper/store/storetest"
)

// server returns the connection string of the server under test. Each test works in a database of its own there.
func server(tb testing.TB) string {
	tb.Helper()
	dsn := os.Getenv("TOLLKEEPER_TEST_POSTGRES")
	if dsn == "" {
		const hint = "TOLLKEEPER_TEST_POSTGRES names no PostgreSQL server: scripts/services run go test ./store/postgres/..."
		if os.Getenv("TOLLKEEPER_TEST_STRICT") == "1" {
			tb.Fatal(hint)
		}
		tb.Skip(hint)
	}
	return dsn
}

// database makes an empty database and returns a configuration for it.
func database(tb testing.TB, settings ...string) *pgxpool.Config {
	tb.Helper()
	dsn := server(tb)
	name := "tk_" + strings.ToLower(rand.Text())
	admin(tb, dsn, "CREATE DATABASE "+name)
	tb.Cleanup(func() { admin(tb, dsn, "DROP DATABASE "+name+" WITH (FORCE)") })
	return config(tb, dsn, name, settings...)
}

// config returns one for a database on the server. Settings are key=value, as in the options of a connection string.
func config(tb testing.TB, dsn, name string, settings ...string) *pgxpool.Config {
	tb.Helper()
	c, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		tb.Fatal(err)
	}
	c.ConnConfig.Database = name
	c.MaxConns = 8
	for _, s := range settings {
		key, value, _ := strings.Cut(s, "=")
		c.ConnConfig.RuntimeParams[key] = value
	}
	return c
}

func admin(tb testing.TB, dsn, sql string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		tb.Fatal(err)
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, sql); err != nil {
		tb.Fatal(err)
	}
}

func connect(tb testing.TB, c *pgxpool.Config) *pgxpool.Pool {
	tb.Helper()
	pool, err := pgxpool.NewWithConfig(context.Background(), c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(pool.Close)
	return pool
}

// migrated returns a store in a database of its own.
func migrated(tb testing.TB, c *pgxpool.Config, options ...postgres.Option) (*postgres.Store, *pgxpool.Pool) {
	tb.Helper()
	pool := connect(tb, c)
	s := postgres.New(pool, options...)
	if err := s.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return s, pool
}

func TestStore(t *testing.T) {
	s, _ := migrated(t, database(t, "synchronous_commit=off"))
	storetest.Run(t, func(*testing.T) store.Store { return s })
}

// TestStoreInSerializableTransactions, which a database may have as its default: the counters are raced. That every verb
// and outcome is met there is for TestStoreBehindAPooler.
func TestStoreInSerializableTransactions(t *testing.T) {
	s, _ := migrated(t, database(t, "default_transaction_isolation=serializable", "synchronous_commit=off"))
	storetest.RunAttempts(t, func(*testing.T) store.AttemptStore { return s })
}

// TestStoreBehindAPooler uses the one mode that a pooler in transaction mode needs: nothing is left on a connection. The
// mode changes how values travel and nothing else, so that every verb and outcome is met, and not every story told. The
// isolation level changes when verbs are run again, and no answer: both are met at once.
func TestStoreBehindAPooler(t *testing.T) {
	c := database(t, "default_transaction_isolation=serializable", "synchronous_commit=off")
	c.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	s, _ := migrated(t, c)
	storetest.Compare(t, 1, func(*testing.T) store.Store { return s })
}

func TestRelaxedAttempts(t *testing.T) {
	s, _ := migrated(t, database(t), postgres.RelaxedAttempts())
	storetest.RunAttempts(t, func(*testing.T) store.AttemptStore { return s })
}

// TestLongHistories compares with memory for as long as TOLLKEEPER_SOAK says.
func TestLongHistories(t *testing.T) {
	limit, err := time.ParseDuration(os.Getenv("TOLLKEEPER_SOAK"))
	if err != nil {
		t.Skip("TOLLKEEPER_SOAK is no time: the long test is not run")
	}
	s, _ := migrated(t, database(t, "synchronous_commit=off"))
	for end := time.Now().Add(limit); time.Now().Before(end); {
		storetest.Compare(t, 10_000, func(t *testing.T) store.Store { return s })
	}
}
