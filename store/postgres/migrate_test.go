package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper/store/postgres"
)

// starts lets n stores with connections of their own migrate at the same moment.
func starts(t *testing.T, n int, c *pgxpool.Config) {
	t.Helper()
	errs := make([]error, n)
	var ready, done sync.WaitGroup
	ready.Add(n)
	for i := range n {
		own := c.Copy()
		own.MaxConns = 1
		s := postgres.New(connect(t, own))
		done.Go(func() {
			ready.Done()
			ready.Wait()
			errs[i] = s.Migrate(t.Context())
		})
	}
	done.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func versions(t *testing.T, pool *pgxpool.Pool) (n int) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM tollkeeper_schema WHERE version > 0").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func shipped(t *testing.T) int {
	t.Helper()
	files, err := fs.Glob(postgres.Schema(), "schema/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal("no schema", err)
	}
	return len(files)
}

func TestMigrate(t *testing.T) {
	t.Run("twenty at once do it once", func(t *testing.T) {
		for _, isolation := range []string{"read committed", "serializable"} {
			c := database(t, "default_transaction_isolation="+isolation)
			starts(t, 20, c)
			s, pool := migrated(t, c)
			if got := versions(t, pool); got != shipped(t) {
				t.Errorf("%d versions were applied, want %d", got, shipped(t))
			}
			parent(t, s, 1)
		}
	})
	t.Run("also without advisory locks", func(t *testing.T) {
		c := database(t, "search_path=public,pg_catalog")
		pool := connect(t, c)
		if _, err := pool.Exec(t.Context(), `CREATE FUNCTION public.pg_try_advisory_xact_lock(bigint) RETURNS boolean LANGUAGE plpgsql AS
			$$ BEGIN RAISE EXCEPTION 'not here' USING ERRCODE = 'feature_not_supported'; END $$`); err != nil {
			t.Fatal(err)
		}
		starts(t, 20, c)
		if got := versions(t, pool); got != shipped(t) {
			t.Errorf("%d versions were applied, want %d", got, shipped(t))
		}
	})
	t.Run("into a schema of its own", func(t *testing.T) {
		c := database(t, "search_path=tollkeeper")
		pool := connect(t, c)
		if _, err := pool.Exec(t.Context(), "CREATE SCHEMA tollkeeper; CREATE TABLE public.accounts (of_the_host text)"); err != nil {
			t.Fatal(err)
		}
		s, _ := migrated(t, c)
		parent(t, s, 1)
	})
	t.Run("not over tables of somebody else", func(t *testing.T) {
		pool := connect(t, database(t))
		if _, err := pool.Exec(t.Context(), "CREATE TABLE accounts (of_the_host text)"); err != nil {
			t.Fatal(err)
		}
		if err := postgres.New(pool).Migrate(t.Context()); err == nil {
			t.Fatal("no error")
		}
		if got := versions(t, pool); got != 0 {
			t.Errorf("%d versions count as applied", got)
		}
	})
	t.Run("again is nothing, and needs no rights", func(t *testing.T) {
		c := database(t)
		migrated(t, c)
		c.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
		migrated(t, c)
	})
}

// next are the shipped files and one more.
func next(t *testing.T, name, sql string) fs.FS {
	t.Helper()
	files := before(t, postgres.Schema(), shipped(t)).(fstest.MapFS)
	files[fmt.Sprintf("schema/%04d_%s.sql", shipped(t)+1, name)] = &fstest.MapFile{Data: []byte(sql)}
	return files
}

func TestMigrateWhileAnOldProcessServes(t *testing.T) {
	c := database(t)
	old, _ := migrated(t, c)
	p := parent(t, old, 1_000_000)
	a := child(t, old, p)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan int)
	go func() {
		n := 0
		for ; ctx.Err() == nil; n++ {
			if _, err := old.CreateSession(t.Context(), signIn(a, p.ID, true), at); err != nil {
				t.Error(err)
				break
			}
		}
		served <- n
	}()
	young := postgres.New(connect(t, c))
	files := next(t, "next", "ALTER TABLE accounts ADD COLUMN colour text; CREATE TABLE colours (name text PRIMARY KEY);")
	if err := young.MigrateFrom(t.Context(), files); err != nil {
		t.Error(err)
	}
	child(t, old, p)
	stop()
	n := <-served
	if got, _ := ledger(t, old, p.ID, "sign-in"); got != int64(n) || n == 0 {
		t.Errorf("%d sign-ins were answered, %d stand", n, got)
	}
	if err := young.MigrateFrom(t.Context(), files); err != nil {
		t.Error("again:", err)
	}
	if err := old.Migrate(t.Context()); !errors.Is(err, postgres.ErrNewerSchema) {
		t.Errorf("the old program migrates a newer schema with %v, want ErrNewerSchema", err)
	}
}

func TestMigrateKeepsNothingOfAVersionThatFails(t *testing.T) {
	s, pool := migrated(t, database(t))
	if err := s.MigrateFrom(t.Context(), next(t, "next", "CREATE TABLE half (x int); SELECT 1/0;")); err == nil {
		t.Fatal("no error")
	}
	if got := versions(t, pool); got != shipped(t) {
		t.Errorf("%d versions count as applied", got)
	}
	if _, err := pool.Exec(t.Context(), "CREATE TABLE half (x int)"); err != nil {
		t.Error("something of it stands:", err)
	}
}
