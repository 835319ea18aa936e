package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper/store/postgres"
)

func scalePostgres(ctx context.Context, s Setup, rows int) (map[string]string, error) {
	db, err := newDatabase(ctx, s.Postgres)
	if err != nil {
		return nil, err
	}
	defer db.drop()
	kept := postgres.New(db.pool)
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
	if _, err := db.pool.Exec(ctx, "VACUUM ANALYZE"); err != nil {
		return nil, err
	}
	sizes, err := serverSizes(ctx, db.pool)
	if err != nil {
		return nil, err
	}
	logs, wal, err := p.writeAhead(ctx, db.pool, s.size(20_000, 20))
	if err != nil {
		return nil, err
	}
	month, err := scaleMonth(ctx, s, db.pool, kept, monthCosts{rows: rows, sizes: sizes, wal: wal})
	if err != nil {
		return nil, err
	}
	sweeps, err := p.sweeps(ctx, restOf(s))
	if err != nil {
		return nil, err
	}
	tables := perRow(sizes, rows) + "\n" + paces + "\n" + logs + "\n" + sweeps
	return map[string]string{"postgres": tables, "month": month}, nil
}

const serverBytes = `SELECT relname, pg_total_relation_size(relid) - pg_indexes_size(relid), pg_indexes_size(relid) FROM pg_stat_user_tables`

// serverSizes asks PostgreSQL how many bytes each table has without and in indexes.
func serverSizes(ctx context.Context, pool *pgxpool.Pool) (map[string][2]int64, error) {
	found, err := pool.Query(ctx, serverBytes)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	sizes := map[string][2]int64{}
	for found.Next() {
		var table string
		var of [2]int64
		if err := found.Scan(&table, &of[0], &of[1]); err != nil {
			return nil, err
		}
		sizes[table] = of
	}
	return sizes, found.Err()
}

// ahead are what a paid sign-in writes ahead, an account's first one of a day: right after a checkpoint, and with
// its pages written since.
type ahead struct{ cold, warm float64 }

// writeAhead measures what sign-ins of n people, spread over all, write ahead: first right after a checkpoint, when
// each page that changes is written whole, and then the same people again, when few are.
func (p *population) writeAhead(ctx context.Context, pool *pgxpool.Pool, n int) (table string, paid ahead, err error) {
	t := newSheet("written ahead by a sign-in, 64 callers", "right after a checkpoint", "pages written since")
	for _, kind := range []struct {
		what string
		how  signing
		day  time.Duration // between one sign-in of an account and the next
	}{
		{"not paid, no log", signing{}, 0}, {"not paid", signing{told: true}, 0}, {"paid", signing{paid: true, told: true}, 0},
		{"paid, the account's first one of the day", signing{paid: true, told: true}, 24 * time.Hour},
	} {
		var bytes [2]float64
		for i := range bytes {
			if i == 0 {
				if _, err := pool.Exec(ctx, "CHECKPOINT"); err != nil {
					return "", paid, err
				}
			}
			p.moved += kind.day
			if bytes[i], err = p.written(ctx, pool, n, kind.how); err != nil {
				return "", paid, err
			}
		}
		t.row(kind.what, size(bytes[0]), size(bytes[1]))
		paid = ahead{bytes[0], bytes[1]}
	}
	return t.String(), paid, nil
}

const walNow = `SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint`

// written is the bytes of write-ahead log for each of n sign-ins.
func (p *population) written(ctx context.Context, pool *pgxpool.Pool, n int, how signing) (float64, error) {
	var before, after int64
	if err := pool.QueryRow(ctx, walNow).Scan(&before); err != nil {
		return 0, err
	}
	if _, err := crowded(n, func(i int) error { return p.signIn(ctx, p.anybody(i), how) }); err != nil {
		return 0, err
	}
	if err := pool.QueryRow(ctx, walNow).Scan(&after); err != nil {
		return 0, err
	}
	if after < before {
		return 0, fmt.Errorf("the log went back from %d to %d", before, after)
	}
	return float64(after-before) / float64(n), nil
}
