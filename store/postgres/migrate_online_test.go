package postgres_test

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/postgres"
)

// people makes children of a parent, the n-th in minute n, with ids in the opposite order.
func people(t *testing.T, pool *pgxpool.Pool, parent uuid.UUID, n int) {
	t.Helper()
	_, err := pool.Exec(t.Context(), `INSERT INTO accounts (id, parent, email, email_key, username, name, role, status, house, public_key,
  password, password_changed_at, password_temporary, password_history, verified_at, proven_at, locale, metadata, factors, key_master, key_version,
  organization_owner, must_verify, must_factor, created_at, updated_at)
SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(1000000 - n), 12, '0'))::uuid, $1::uuid, 'mail' || n, convert_to('mail' || n, 'UTF8'), '', '', 'user',
  'active', false, 'key' || n, '', 0, false, '{}', 0, 0, '', '', 0, '', 1, '00000000-0000-0000-0000-000000000000', false, false, n * 60000, 0
FROM generate_series(1, $2::bigint) n`, parent.String(), n)
	if err != nil {
		t.Fatal(err)
	}
}

func minute(n int) time.Time { return time.UnixMilli(int64(n) * 60000) }

// TestListsBetweenDates: however many match, the pages are those in order of creation, not of ids.
func TestListsBetweenDates(t *testing.T) {
	s, pool := migrated(t, database(t))
	p := parent(t, s, 1)
	const all = 12_000
	people(t, pool, p.ID, all)
	for name, tt := range map[string]struct {
		from, to       time.Time
		first, matches int
	}{
		"few at the end":  {minute(all - 99), minute(all + 1), all - 99, 100},
		"few in between":  {minute(5000), minute(5100), 5000, 100},
		"none":            {minute(all + 1), time.Time{}, 0, 0},
		"just few":        {minute(2001), time.Time{}, 2001, all - 2000},
		"many to the end": {minute(2000), time.Time{}, 2000, all - 1999},
		"many from begin": {time.Time{}, minute(11_001), 1, 11_000},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for page := (store.Page{From: tt.from, To: tt.to, Limit: 77}); len(got) < 300; { // the rest is alike
				list, err := s.ListAccounts(t.Context(), p.ID, page)
				if err != nil {
					t.Fatal(err)
				}
				if len(list) == 0 {
					break
				}
				for _, a := range list {
					got = append(got, a.Email)
				}
				last := list[len(list)-1]
				page.After = store.Position{At: last.CreatedAt, ID: last.ID}
			}
			var want []string
			for i := range min(tt.matches, len(got)) {
				want = append(want, "mail"+strconv.Itoa(tt.first+i))
			}
			if !slices.Equal(got, want) || len(got) < min(tt.matches, 300) {
				t.Errorf("%d accounts: %v", len(got), got)
			}
		})
	}
}

// before are the files up to a version.
func before(t *testing.T, files fs.FS, version int) fs.FS {
	t.Helper()
	older := fstest.MapFS{}
	names, err := fs.Glob(files, "schema/*.sql")
	ok(t, err)
	for _, name := range names[:version] {
		text, err := fs.ReadFile(files, name)
		ok(t, err)
		older[name] = &fstest.MapFile{Data: text}
	}
	return older
}

// objects are the indexes and columns of a database, with whether they are of use.
func objects(t *testing.T, pool *pgxpool.Pool) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), `SELECT pg_get_indexdef(indexrelid) || indisvalid || indisready FROM pg_index i
  JOIN pg_class c ON c.oid = i.indrelid WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT table_name || '.' || column_name || data_type || is_nullable FROM information_schema.columns WHERE table_schema = 'public'
  ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// An index that the next version might build, also where a try was broken off before.
const online = `DROP INDEX CONCURRENTLY IF EXISTS account_name;
CREATE INDEX CONCURRENTLY account_name ON accounts (parent, name) WHERE status <> 'deleted';
`

// TestMigrateFromEachVersion brings a database of each version, with data in it, to one that comes after the newest,
// while a process of that version signs in and up. The first try is broken off in the middle.
func TestMigrateFromEachVersion(t *testing.T) {
	files := next(t, "next.online", online)
	fresh := connect(t, database(t))
	ok(t, postgres.New(fresh).MigrateFrom(t.Context(), files))
	want := objects(t, fresh)
	for version := 1; version <= shipped(t); version++ {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			c := database(t)
			pool := connect(t, c)
			old := postgres.New(pool)
			ok(t, old.MigrateFrom(t.Context(), before(t, files, version)))
			p := parent(t, old, 1_000_000)
			people(t, pool, p.ID, 20_000)
			a := child(t, old, p)
			stop := serve(t, old, p, a)

			young := postgres.New(connect(t, c))
			breakOff(t, young, pool, files)
			ok(t, young.MigrateFrom(t.Context(), files))
			time.Sleep(50 * time.Millisecond) // the old process goes on
			signIns, signUps := stop()
			t.Logf("%d sign-ins and %d sign-ups meanwhile", signIns, signUps)

			if got, _ := ledger(t, young, p.ID, "sign-in"); got != signIns || signIns == 0 {
				t.Errorf("%d sign-ins were answered, %d stand", signIns, got)
			}
			if b, err := young.Balance(t.Context(), p.ID); err != nil || b.Children != signUps+1 || b.Credits != 1_000_000-signIns {
				t.Errorf("balance %+v, %v after %d sign-ups", b, err, signUps)
			}
			list, err := young.ListAccounts(t.Context(), p.ID, store.Page{From: minute(19_999), To: minute(20_001), Limit: 9})
			if err != nil || len(list) != 2 || list[0].Email != "mail19999" {
				t.Errorf("the list: %v, %v", list, err)
			}
			if got := objects(t, pool); !slices.Equal(got, want) {
				t.Errorf("it has %q, a new one has %q", got, want)
			}
		})
	}
}

// serve lets the store sign in and up until stop, which returns how often it did.
func serve(t *testing.T, s *postgres.Store, p, a store.Account) (stop func() (signIns, signUps int64)) {
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	var in, up atomic.Int64
	for range 4 {
		all.Go(func() {
			for ctx.Err() == nil {
				if _, err := s.CreateSession(t.Context(), signIn(a, p.ID, true), at); err != nil {
					t.Error(err)
					return
				}
				in.Add(1)
			}
		})
	}
	all.Go(func() {
		for ctx.Err() == nil {
			if _, _, err := s.CreateAccount(t.Context(), store.NewAccount{Account: account(uuid.New(), p.ID)}, at); err != nil {
				t.Error(err)
				return
			}
			up.Add(1)
		}
	})
	return func() (int64, int64) {
		cancel()
		all.Wait()
		return in.Load(), up.Load()
	}
}

// breakOff ends a migration while it waits for a transaction that has written.
func breakOff(t *testing.T, s *postgres.Store, pool *pgxpool.Pool, files fs.FS) {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	ok(t, err)
	defer tx.Rollback(context.Background())
	_, err = tx.Exec(t.Context(), "UPDATE accounts SET name = name WHERE email = 'mail1'")
	ok(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if err := s.MigrateFrom(ctx, files); err == nil {
		t.Error("the migration did not wait for the writer")
	}
}
