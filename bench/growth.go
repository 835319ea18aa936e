package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper/store"
)

// countAll is the one verb that may read an index of all accounts of a scope; the core asks it once an hour.
const countAll = "CountAccounts"

// growthSizes are accounts below one parent, sessions and ledger rows, so many of each.
func growthSizes(s Setup) []int {
	if s.Small {
		return []int{10, 20, 30}
	}
	return []int{1_000, 100_000, 1_000_000}
}

func openGrowthSQLite(ctx context.Context, s Setup) (*Bench, error) {
	return open(func(b *Bench) error {
		b.Quick = true
		for _, n := range growthSizes(s) {
			path := filepath.Join(s.Dir, fmt.Sprintf("growth-%d.db", n))
			kept, err := b.lite(ctx, path)
			if err != nil {
				return err
			}
			if err := b.addSize(ctx, kept, n, func(f fill) error { return f.lite(ctx, path) }); err != nil {
				return err
			}
		}
		return nil
	})
}

func openGrowthPostgres(ctx context.Context, s Setup) (*Bench, error) {
	return open(func(b *Bench) error {
		b.Quick = true
		for _, n := range growthSizes(s) {
			db, kept, err := b.server(ctx, s.Postgres)
			if err != nil {
				return err
			}
			if err := b.addSize(ctx, kept, n, func(f fill) error { return f.postgres(ctx, db.pool) }); err != nil {
				return err
			}
			if _, err := db.pool.Exec(ctx, resetScans); err != nil {
				return err
			}
			b.Check = func() (string, error) { return sequentialScans(ctx, db.pool, n) } // of the largest
		}
		return nil
	})
}

// addSize adds every verb on a store with n rows of each kind.
func (b *Bench) addSize(ctx context.Context, kept store.Store, n int, pour func(fill) error) error {
	parent, err := payer(ctx, kept, 1<<40)
	if err != nil {
		return err
	}
	if err := pour(fill{parent: parent.ID, children: n, sessions: n, ledger: n}); err != nil {
		return err
	}
	size := thousands(n)
	first := len(b.Sizes) == 0
	b.Sizes = append(b.Sizes, size)
	for _, v := range verbs(ctx, kept, parent, n) {
		next := 0
		b.add(v.name+"/"+size, func(int) error {
			next++
			return v.do(inTheMiddle(next, n))
		})
		if last := len(b.Sizes) - 1; first || v.name == countAll {
			continue
		} else {
			b.setGrowth(v.name, b.Sizes[0], b.Sizes[last])
		}
	}
	return nil
}

// inTheMiddle returns one of a thousand neighbouring rows: the rows that are worked on are as many at each size, and
// what grows is what lies around them.
func inTheMiddle(i, n int) int {
	few := min(n, 1000)
	return (n-few)/2 + i*7919%few
}

// setGrowth is the target that a verb costs as much with many rows as with few.
func (b *Bench) setGrowth(verb, few, many string) {
	t := Target{What: verb, Value: ratio(perOp, verb+"/"+many, verb+"/"+few), Unit: "×", Must: 1.5, Aim: 1.1}
	for i := range b.Targets {
		if b.Targets[i].What == verb {
			b.Targets[i] = t
			return
		}
	}
	b.Targets = append(b.Targets, t)
}

// thousands writes 1000000 as 1,000,000.
func thousands(n int) string {
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

const scans = `SELECT relname, seq_scan FROM pg_stat_user_tables
WHERE relname IN ('accounts', 'sessions', 'ledger') ORDER BY relname`

// resetScans begins the server's counting anew.
const resetScans = `SELECT pg_stat_reset()`

// sequentialScans says how often each large table was read from one end to the other.
func sequentialScans(ctx context.Context, pool *pgxpool.Pool, n int) (string, error) {
	time.Sleep(2 * time.Second) // connections report what they did once a second
	rows, err := pool.Query(ctx, scans)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var said []string
	for rows.Next() {
		var table string
		var count int64
		if err := rows.Scan(&table, &count); err != nil {
			return "", err
		}
		said = append(said, fmt.Sprintf("%s %d", table, count))
	}
	return fmt.Sprintf("Sequential scans of the tables with %s rows that the server counted in this run: %s.", thousands(n), strings.Join(said, ", ")), rows.Err()
}
