package bench

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/postgres"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

// Listing is how long one page of a console takes.
type Listing struct {
	Store, What string
	Rows        int
	Median      time.Duration
	Worst       time.Duration // of all but the first call, which finds no page of the file in memory
	First       time.Duration
}

// Among a million children a thousandth part of a million is disabled, and five are admins. Their times of creation are
// a second apart. Every second one has an address that begins with "a". The entries of the ledger are those of 400
// days.
const (
	spreadLite = `
UPDATE accounts SET created_at = created_at + 1000 * number, role = CASE WHEN number % (?2 / 5) = 7 THEN 'admin' ELSE role END,
  status = CASE WHEN number % (?2 / 20) = 9 THEN 'disabled' ELSE status END, email_key = CASE WHEN number % 2 = 0 THEN 'a' || email_key ELSE email_key END
WHERE parent = ?1`
	spreadPostgres = `
UPDATE accounts SET created_at = created_at + 1000 * number, role = CASE WHEN number % ($2::bigint / 5) = 7 THEN 'admin' ELSE role END,
  status = CASE WHEN number % ($2::bigint / 20) = 9 THEN 'disabled' ELSE status END,
  email_key = CASE WHEN number % 2 = 0 THEN 'a'::bytea || email_key ELSE email_key END
WHERE parent = $1::uuid`

	bookLite = `
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < ?2)
INSERT INTO ledger (owner, id, key, operation, amount, balance, at)
SELECT ?1, unhex(printf('%012x70008000%012x', ?3 + i * ?4, i)), 'book:' || i,
  CASE WHEN i % 10 = 0 THEN 'report' WHEN i % 10 = 1 THEN 'sign-up' ELSE 'sign-in' END, -1, 1, ?3 + i * ?4 FROM n`
	bookPostgres = `
INSERT INTO ledger (owner, id, key, op, amount, balance, subject, at)
SELECT $1::uuid, (lpad(to_hex($3::bigint + i * $4::bigint), 12, '0') || '70008000' || lpad(to_hex(i), 12, '0'))::uuid, 'book:' || i,
  CASE WHEN i % 10 = 0 THEN 'report' WHEN i % 10 = 1 THEN 'sign-up' ELSE 'sign-in' END, -1, 1,
  '00000000-0000-0000-0000-000000000000', $3::bigint + i * $4::bigint
FROM generate_series(1, $2::bigint) i`
)

// bookDays is how many days the entries of the book are of.
const bookDays = 399

// Lists measures the pages of a console over one parent with n children and n entries: on SQLite, and on PostgreSQL
// where there is a server.
func Lists(ctx context.Context, s Setup, n int) (all []Listing, err error) {
	kept, err := sqlite.Open(filepath.Join(s.Dir, "lists.db"))
	if err != nil {
		return nil, err
	}
	defer kept.Close()
	if err := kept.Migrate(ctx); err != nil {
		return nil, err
	}
	lite := func(parent uuid.UUID) error {
		path := filepath.Join(s.Dir, "lists.db")
		if err := (fill{parent: parent, first: 1 << 32, children: n}).lite(ctx, path); err != nil {
			return err
		}
		db, err := sql.Open("sqlite", path+"?_pragma=busy_timeout(60000)&_pragma=synchronous(0)&_pragma=cache_size(-200000)")
		if err != nil {
			return err
		}
		defer db.Close()
		if _, err := db.ExecContext(ctx, spreadLite, parent[:], n); err != nil {
			return err
		}
		_, err = db.ExecContext(ctx, bookLite, parent[:], n, bookStart(), bookStep(n))
		return err
	}
	if all, err = lists(ctx, "SQLite", kept, n, lite); err != nil || s.Postgres == "" {
		return all, err
	}
	db, err := newDatabase(ctx, s.Postgres)
	if err != nil {
		return nil, err
	}
	defer db.drop()
	served := postgres.New(db.pool)
	if err := served.Migrate(ctx); err != nil {
		return nil, err
	}
	more, err := lists(ctx, "PostgreSQL", served, n, func(parent uuid.UUID) error {
		if err := (fill{parent: parent, first: 1 << 32, children: n}).postgres(ctx, db.pool); err != nil {
			return err
		}
		if _, err := db.pool.Exec(ctx, spreadPostgres, parent, n); err != nil {
			return err
		}
		if _, err := db.pool.Exec(ctx, bookPostgres, parent, n, bookStart(), bookStep(n)); err != nil {
			return err
		}
		_, err := db.pool.Exec(ctx, "VACUUM ANALYZE")
		return err
	})
	return append(all, more...), err
}

func bookStart() int64 { return moment().AddDate(0, 0, -bookDays).UnixMilli() }

func bookStep(n int) int64 { return bookDays * 86_400_000 / int64(n) }

func lists(ctx context.Context, name string, s store.Store, n int, pour func(parent uuid.UUID) error) (all []Listing, err error) {
	parent, err := payer(ctx, s, 1<<40)
	if err != nil {
		return nil, err
	}
	if err := pour(parent.ID); err != nil {
		return nil, err
	}
	documents, done, err := console(ctx, s, parent)
	if err != nil {
		return nil, err
	}
	defer done()
	for _, page := range slices.Concat(pages(ctx, s, parent, n), documents) {
		l := Listing{Store: name, What: page.what}
		var took []time.Duration
		for i := range 25 {
			begun := time.Now()
			if l.Rows, err = page.do(); err != nil {
				return nil, fmt.Errorf("%s: %w", page.what, err)
			}
			if d := time.Since(begun); i == 0 {
				l.First = d
			} else {
				took = append(took, d)
			}
		}
		slices.Sort(took)
		l.Median, l.Worst = took[len(took)/2], took[len(took)-1]
		all = append(all, l)
	}
	return all, nil
}

type listedPage struct {
	what string
	do   func() (rows int, err error)
}

func pages(ctx context.Context, s store.Store, parent tollkeeper.Account, n int) (all []listedPage) {
	const rows = 51 // a page of the core, and one more to know whether there is another
	middle := store.Position{At: parent.CreatedAt.Add(time.Duration(n/2) * time.Second), ID: uuid.Max}
	for _, of := range []struct {
		what string
		page store.Page
	}{
		{"first page", store.Page{}},
		{"newest page", store.Page{Newest: true}},
		{"a page in the middle", store.Page{After: middle}},
		{"a page in the middle, newest first", store.Page{After: middle, Newest: true}},
		{"search that half of all match", store.Page{Search: "a"}},
		{"search that half of all match, newest first", store.Page{Search: "a", Newest: true}},
		{"search that nothing matches", store.Page{Search: "zz"}},
		{"search that one matches", store.Page{Search: fmt.Sprintf("name%d", n/2+1)}},
		{"search that 1,111 match who came one after the other, newest first", store.Page{Search: fmt.Sprintf("name%d", n/4000), Newest: true}},
		{"role admin, 5 of all", store.Page{Role: tollkeeper.RoleAdmin, Newest: true}},
		{"role user", store.Page{Role: tollkeeper.RoleUser, Newest: true}},
		{"a role that nobody has", store.Page{Role: "editor", Newest: true}},
		{"role admin and a search that half of all match", store.Page{Role: tollkeeper.RoleAdmin, Search: "a"}},
		{"status disabled, 20 of all", store.Page{Status: tollkeeper.StatusDisabled, Newest: true}},
		{"status active", store.Page{Status: tollkeeper.StatusActive, Newest: true}},
	} {
		of.page.Limit = rows
		all = append(all, listedPage{"accounts: " + of.what, func() (int, error) {
			list, err := s.ListAccounts(ctx, parent.ID, of.page)
			return len(list), err
		}})
	}
	now := moment()
	all = append(all, listedPage{"accounts: how many are active", func() (int, error) {
		n, err := s.CountAccounts(ctx, parent.ID, now.AddDate(0, 0, -30))
		return int(n), err
	}})
	for what, q := range map[string]store.CreditQuery{
		"newest page": {Newest: true}, "newest page of an operation": {Newest: true, Operation: "report"},
		"newest page of a day in the middle": {Newest: true, From: now.AddDate(0, 0, -200), To: now.AddDate(0, 0, -199)},
	} {
		q.Limit = rows
		all = append(all, listedPage{"ledger: " + what, func() (int, error) {
			list, err := s.ListCredits(ctx, parent.ID, q)
			return len(list), err
		}})
	}
	for _, days := range []int{1, 30, store.MostDays} {
		all = append(all, listedPage{fmt.Sprintf("ledger: sums of %d days", days), func() (int, error) {
			list, err := s.SumCredits(ctx, parent.ID, store.Days{First: now.AddDate(0, 0, 1-days), Last: now})
			return len(list), err
		}})
	}
	return all
}
