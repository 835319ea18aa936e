package bench

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"

	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

func scaleSQLite(ctx context.Context, s Setup, rows int) (map[string]string, error) {
	path := filepath.Join(s.Dir, "scale.db")
	kept, err := sqlite.Open(path)
	if err != nil {
		return nil, err
	}
	defer kept.Close()
	if err := kept.Migrate(ctx); err != nil {
		return nil, err
	}
	p, err := newPopulation(ctx, kept, rows)
	if err != nil {
		return nil, err
	}
	paces, err := p.fill(ctx)
	if err != nil {
		return nil, err
	}
	sizes, err := liteSizes(ctx, path, rows)
	if err != nil {
		return nil, err
	}
	sweeps, err := p.sweeps(ctx, restOf(s))
	if err != nil {
		return nil, err
	}
	file, free, err := litePages(ctx, path)
	if err != nil {
		return nil, err
	}
	left := fmt.Sprintf("After the sweeps the file has %s, of which %s are free for new rows.\n", size(file), size(free))
	return map[string]string{"sqlite": sizes + "\n" + paces + "\n" + sweeps + "\n" + left}, nil
}

// fill makes the accounts, a paid sign-in of each that is told in the log, and as many counters of attempts.
func (p *population) fill(ctx context.Context) (string, error) {
	t := newPaces()
	for _, step := range []struct {
		what string
		n    int
		do   func(i int) error
		each int // rows that a call makes
	}{
		{"accounts", len(p.people), func(i int) error { return p.born(ctx, i) }, 1},
		{"sessions, each with a row of the ledger and a line of the log", len(p.people), func(i int) error {
			return p.signIn(ctx, p.anybody(i), signing{paid: true, told: true})
		}, 1},
		{"counters of attempts, three at a time", len(p.people) / 3, func(int) error { return p.attempt(ctx, p.s.Take) }, 3},
	} {
		took, err := crowded(step.n, step.do)
		if err != nil {
			return "", err
		}
		t.pace(step.what, step.n*step.each, took)
	}
	return t.String(), nil
}

// scaleTables are the tables that hold a row for each of something, and what that is.
var scaleTables = []struct{ table, what string }{
	{"accounts", "account"}, {"sessions", "session"}, {"ledger", "row of the ledger"}, {"events", "line of the log"}, {"attempts", "counter of attempts"},
}

// perRow says what a row of each of the tables takes, given its bytes without and in indexes. Tables have some rows of
// the parents, too, which are a thousandth.
func perRow(sizes map[string][2]int64, rows int) string {
	t := newSheet("one of each", "disk", "of it in the table itself", "in indexes")
	var all int64
	for _, x := range scaleTables {
		of := sizes[x.table]
		t.row(x.what, each(of[0]+of[1], rows), each(of[0], rows), each(of[1], rows))
		all += of[0] + of[1]
	}
	t.row("all of them, "+thousands(rows)+" of each", size(float64(all)), "", "")
	return t.String()
}

const liteBytes = `SELECT m.tbl_name, sum(CASE WHEN m.type = 'table' THEN s.pgsize ELSE 0 END), sum(CASE WHEN m.type = 'index' THEN s.pgsize ELSE 0 END)
FROM dbstat s JOIN sqlite_schema m ON m.name = s.name WHERE s.aggregate = 1 GROUP BY m.tbl_name`

// liteSizes asks SQLite how many bytes the pages of each table and index have.
func liteSizes(ctx context.Context, path string, rows int) (string, error) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return "", err
	}
	defer db.Close()
	found, err := db.QueryContext(ctx, liteBytes)
	if err != nil {
		return "", err
	}
	defer found.Close()
	sizes := map[string][2]int64{}
	for found.Next() {
		var table string
		var of [2]int64
		if err := found.Scan(&table, &of[0], &of[1]); err != nil {
			return "", err
		}
		sizes[table] = of
	}
	return perRow(sizes, rows), found.Err()
}

// litePages returns the bytes of the file, and those of its free pages.
func litePages(ctx context.Context, path string) (file, free float64, err error) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return 0, 0, err
	}
	defer db.Close()
	var pages, unused, bytes int64
	row := db.QueryRowContext(ctx, "SELECT page_count, freelist_count, page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size")
	if err := row.Scan(&pages, &unused, &bytes); err != nil {
		return 0, 0, err
	}
	return float64(pages * bytes), float64(unused * bytes), nil
}
