package postgres

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// How often a verb is run that the server aborts because of others, and the most that it waits in between. Another
// server is looked for less often, because each time makes a connection.
const (
	retries   = 100
	redirects = 2
	longPause = 50 * time.Millisecond
)

// errRaced makes retry run a verb again that found what it had looked at changed.
var errRaced = errors.New("postgres: raced")

// retry runs f until it is not aborted in favour of somebody else, at most retries times, and some times more when a
// server refused that only reads; the last error is returned.
// A lost connection is not retried: whether f happened is unknown then, and the ids that the caller made let them ask
// again. f must use what it read only after its command has succeeded.
func retry(ctx context.Context, f func() error) error {
	redirected := 0
	for n := 1; ; n++ {
		err := f()
		again := raced(err) && n < retries
		if misdirected(err) && redirected < redirects {
			redirected++
			again = true
		}
		if err == nil || !again {
			return hint(err)
		}
		if pause(ctx, n) != nil {
			return hint(err)
		}
	}
}

// raced reports whether nothing happened and trying again may help.
func raced(err error) bool {
	if errors.Is(err, errRaced) {
		return true
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return false
	}
	switch e.Code {
	case "40001", "40P01": // serialization failure, deadlock
		return true
	case "23514":
		return e.ConstraintName == "attempts_raced"
	}
	return false
}

// pause waits for a random part of a time that doubles up to longPause.
func pause(ctx context.Context, n int) error {
	most := min(time.Millisecond<<min(n, 10), longPause)
	var b [8]byte
	_, _ = rand.Read(b[:])
	t := time.NewTimer(time.Duration(binary.NativeEndian.Uint64(b[:]) % uint64(most)))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hint says what to do about a database without the tables.
func hint(err error) error {
	if code := pgCode(err); code == "42P01" || code == "42703" {
		return fmt.Errorf("%w: %w", ErrNotMigrated, err)
	}
	return err
}

// violated returns the name of the unique constraint that err is about, or "".
func violated(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == "23505" {
		return e.ConstraintName
	}
	return ""
}

// one runs a statement that returns at most one row and scans it; false: it returned none. The row counts only when
// the whole command has succeeded: at SERIALIZABLE it arrives before the commit may fail.
func (s *Store) one(ctx context.Context, sql string, args []any, to ...any) (found bool, err error) {
	err = s.on(ctx, func(c *pgxpool.Conn) error {
		rows, err := c.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		if found = rows.Next(); found {
			err = rows.Scan(to...)
		}
		rows.Close()
		return cmp.Or(rows.Err(), err)
	})
	return found && err == nil, err
}

// all runs a statement and scans every row; the rows count only when it returns no error.
func (s *Store) all(ctx context.Context, sql string, args []any, scan func(pgx.Row) error) error {
	return s.on(ctx, func(c *pgxpool.Conn) error {
		rows, err := c.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := scan(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// exec runs a statement and returns how many rows it changed.
func (s *Store) exec(ctx context.Context, sql string, args ...any) (n int64, err error) {
	err = retry(ctx, func() (err error) {
		n, err = s.run(ctx, sql, args)
		return err
	})
	return n, err
}

// run is exec once.
func (s *Store) run(ctx context.Context, sql string, args []any) (n int64, err error) {
	err = s.on(ctx, func(c *pgxpool.Conn) error {
		tag, err := c.Exec(ctx, sql, args...)
		n = tag.RowsAffected()
		return err
	})
	return n, err
}

// step is a statement of a batch. Without scan its rows are not looked at; changed, if any, takes how many it wrote.
type step struct {
	sql     string
	args    []any
	scan    func(pgx.Rows) error
	changed *int64
}

// keepPlans has the server keep one plan for each statement of the transaction. Of some statements it believes that
// one for the values at hand is better, and plans them anew each time: in a large database that costs more than to run
// them. It lasts as long as the transaction, so that neither the host's statements nor those of others behind a pooler
// see it.
const keepPlans = `SELECT set_config('plan_cache_mode', 'force_generic_plan', true)`

// batch runs the steps in one round trip and one transaction, with plans that are kept: all or none of them happen.
// What was scanned counts only when it returns no error.
func (s *Store) batch(ctx context.Context, steps []step) error {
	b := &pgx.Batch{}
	b.Queue(keepPlans)
	for _, t := range steps {
		b.Queue(t.sql, t.args...)
	}
	return s.on(ctx, func(c *pgxpool.Conn) error {
		results := c.SendBatch(ctx, b)
		_, err := results.Exec()
		for i := 0; i < len(steps) && err == nil; i++ {
			err = steps[i].read(results)
		}
		return cmp.Or(err, results.Close())
	})
}

// oneKept is one, as a batch.
func (s *Store) oneKept(ctx context.Context, sql string, args []any, to ...any) (found bool, err error) {
	err = s.batch(ctx, []step{{sql: sql, args: args, scan: func(rows pgx.Rows) error {
		found = true
		return rows.Scan(to...)
	}}})
	return found && err == nil, err
}

// allKept is all, as a batch.
func (s *Store) allKept(ctx context.Context, sql string, args []any, scan func(pgx.Row) error) error {
	return s.batch(ctx, []step{{sql: sql, args: args, scan: func(rows pgx.Rows) error { return scan(rows) }}})
}

func (t step) read(results pgx.BatchResults) error {
	rows, err := results.Query()
	if err != nil {
		return err
	}
	for err == nil && t.scan != nil && rows.Next() {
		err = t.scan(rows)
	}
	rows.Close()
	if e := rows.Err(); e != nil {
		return e
	}
	if t.changed != nil {
		*t.changed = rows.CommandTag().RowsAffected()
	}
	return err
}

// pgCode returns the SQLSTATE of err, or "".
func pgCode(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}
