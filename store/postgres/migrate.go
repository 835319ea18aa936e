package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper/store"
)

// ErrNotMigrated is in the error of a verb that finds no tables, or older ones than it needs. Call Migrate. It is a
// [store.ErrNotMigrated].
var ErrNotMigrated = fmt.Errorf("postgres: %w", store.ErrNotMigrated)

// ErrNewerSchema is in the error of [Store.Migrate] when a newer program has migrated the database. Processes that are
// running already go on: every migration leaves what the version before it uses. It is a [store.ErrNewerSchema].
var ErrNewerSchema = fmt.Errorf("postgres: %w", store.ErrNewerSchema)

//go:embed schema/*.sql
var schema embed.FS

// The table of versions. Row 0 is the lock of engines that have no advisory locks.
const (
	versionTable = `CREATE TABLE IF NOT EXISTS tollkeeper_schema (version bigint PRIMARY KEY)`
	versionZero  = `INSERT INTO tollkeeper_schema (version) VALUES (0) ON CONFLICT (version) DO NOTHING`
	versionLock  = `SELECT version FROM tollkeeper_schema WHERE version = 0 FOR UPDATE NOWAIT`
	versionRead  = `SELECT coalesce(max(version), 0) FROM tollkeeper_schema`
	versionAdd   = `INSERT INTO tollkeeper_schema (version) VALUES ($1)`
	advisoryLock = `SELECT pg_try_advisory_xact_lock(7812462203551049047)`
	stayIdle     = `SET LOCAL idle_in_transaction_session_timeout = 0`
)

// Migrate brings the tables to this program's version. Any number of processes may call it at once: each version is
// applied once, in a transaction of its own, under an advisory lock and, for engines without one, the lock of a row.
// It needs the right to create tables only when there is something to do. A process of the version before keeps working
// while and after it runs. A database of a newer version is [ErrNewerSchema].
//
// Versions that build indexes on large tables do so without a transaction and without keeping writers out, which takes
// as long as the table is large: give ctx that time. One that was broken off begins anew at the next call.
func (s *Store) Migrate(ctx context.Context) error {
	return s.migrate(ctx, schema)
}

func (s *Store) migrate(ctx context.Context, files fs.FS) error {
	versions, err := load(files)
	if err != nil {
		return err
	}
	newest := len(versions)
	var have int
	err = s.pool.QueryRow(ctx, versionRead).Scan(&have) // also of a server that only reads: there may be nothing to do
	if pgCode(err) == "42P01" {
		err = retry(ctx, func() error { return s.createVersions(ctx) })
	}
	for err == nil && have < newest {
		err = retry(ctx, func() (err error) {
			have, err = s.upgrade(ctx, versions)
			return err
		})
	}
	if err == nil && have > newest {
		err = fmt.Errorf("%w: its version is %d, this program knows %d", ErrNewerSchema, have, newest)
	}
	return err
}

// version is one of the schema.
type version struct {
	sql    string
	online bool // statements that run one by one outside a transaction, and from the beginning when one was broken off
}

// load returns the versions; files are named by theirs: 0001_….sql, 0002_….online.sql.
func load(files fs.FS) ([]version, error) {
	names, err := fs.Glob(files, "schema/*.sql")
	if err != nil {
		return nil, err
	}
	versions := make([]version, len(names))
	for i, name := range names {
		if n, err := strconv.Atoi(name[len("schema/"):][:4]); err != nil || n != i+1 {
			return nil, fmt.Errorf("postgres: %s is not version %d", name, i+1)
		}
		sql, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		versions[i] = version{string(sql), strings.HasSuffix(name, ".online.sql")}
	}
	return versions, nil
}

const lockedOut = "55P03"

// locked runs f in a transaction that holds the advisory lock where there is one. READ COMMITTED, because f must see
// what was committed before. It asks for the locks again and again: a statement that waits for one would keep an index
// from being finished, which waits for all statements that began earlier.
func (s *Store) locked(ctx context.Context, f func(pgx.Tx) error) error {
	for n := 1; ; n++ {
		held := false
		err := s.on(ctx, func(c *pgxpool.Conn) error {
			return pgx.BeginTxFunc(ctx, c, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) (err error) {
				if held, err = lock(ctx, tx); err != nil || !held {
					return err
				}
				return f(tx)
			})
		})
		if held && pgCode(err) != lockedOut || !held && err != nil {
			return err
		}
		if err := pause(ctx, n); err != nil {
			return err
		}
	}
}

// lock reports whether the transaction has the advisory lock, or need not have it, because the engine has none.
func lock(ctx context.Context, tx pgx.Tx) (held bool, err error) {
	err = pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error { // a savepoint: the function may be missing
		return tx.QueryRow(ctx, advisoryLock).Scan(&held)
	})
	if code := pgCode(err); code == "0A000" || code == "42883" {
		return true, nil
	}
	return held, err
}

// createVersions makes the table of versions. Without advisory locks, one of several that do so at once may be told
// that some part of it is there already.
func (s *Store) createVersions(ctx context.Context) error {
	err := s.locked(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, versionTable); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, versionZero)
		return err
	})
	switch pgCode(err) {
	case "23505", "42710", "42P07":
		return fmt.Errorf("%w: %w", errRaced, err)
	}
	return err
}

// upgrade applies the next version if there is one, and returns the one that the database then has.
func (s *Store) upgrade(ctx context.Context, versions []version) (have int, err error) {
	err = s.locked(ctx, func(tx pgx.Tx) error {
		var zero int
		if err := tx.QueryRow(ctx, versionLock).Scan(&zero); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, versionRead).Scan(&have); err != nil || have >= len(versions) {
			return err
		}
		if err := s.apply(ctx, tx, versions[have]); err != nil {
			return fmt.Errorf("postgres: schema version %d: %w", have+1, err)
		}
		have++
		_, err := tx.Exec(ctx, versionAdd, have)
		return err
	})
	return have, err
}

// apply runs the SQL of a version: in the transaction, or beside it.
func (s *Store) apply(ctx context.Context, tx pgx.Tx, v version) error {
	if !v.online {
		_, err := tx.Conn().PgConn().Exec(ctx, v.sql).ReadAll()
		return err
	}
	if _, err := tx.Exec(ctx, stayIdle); err != nil {
		return err
	}
	conn, err := s.another(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for statement := range strings.SplitSeq(v.sql, ";\n") {
		if _, err := conn.PgConn().Exec(ctx, statement).ReadAll(); err != nil {
			return err
		}
	}
	return nil
}

// another is a connection beside the pool, all of whose connections may be in use.
func (s *Store) another(ctx context.Context) (*pgx.Conn, error) {
	config := s.pool.Config()
	if config.BeforeConnect != nil {
		if err := config.BeforeConnect(ctx, config.ConnConfig); err != nil {
			return nil, err
		}
	}
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil || config.AfterConnect == nil {
		return conn, err
	}
	if err := config.AfterConnect(ctx, conn); err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return conn, nil
}
