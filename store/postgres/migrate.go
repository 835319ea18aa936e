package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// ErrNotMigrated is in the error of a verb that finds no tables, or older ones than it needs. Call Migrate.
var ErrNotMigrated = errors.New("postgres: the database does not have this program's tables; call Migrate")

// ErrNewerSchema is in the error of Migrate when a newer program has migrated the database. Processes that are running
// already go on: every migration leaves what the version before it uses.
var ErrNewerSchema = errors.New("postgres: the database was migrated by a newer program")

//go:embed schema/*.sql
var schema embed.FS

// The table of versions. Row 0 is the lock of engines that have no advisory locks.
const (
	versionTable = `CREATE TABLE IF NOT EXISTS tollkeeper_schema (version bigint PRIMARY KEY)`
	versionLock  = `INSERT INTO tollkeeper_schema (version) VALUES (0) ON CONFLICT (version) DO UPDATE SET version = 0`
	versionRead  = `SELECT coalesce(max(version), 0) FROM tollkeeper_schema`
	versionAdd   = `INSERT INTO tollkeeper_schema (version) VALUES ($1)`
	advisoryLock = `SELECT pg_advisory_xact_lock(7812462203551049047)`
)

// Migrate brings the tables to this program's version. Any number of processes may call it at once: each version is
// applied once, in a transaction of its own, under an advisory lock and, for engines without one, the lock of a row.
// It needs the right to create tables only when there is something to do. A process of the version before keeps working
// while and after it runs. A database of a newer version is ErrNewerSchema.
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
	err = s.pool.QueryRow(ctx, versionRead).Scan(&have)
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

// load answers the SQL of each version; files are named by theirs: 0001_….sql, 0002_….sql.
func load(files fs.FS) ([]string, error) {
	names, err := fs.Glob(files, "schema/*.sql")
	if err != nil {
		return nil, err
	}
	versions := make([]string, len(names))
	for i, name := range names {
		if n, err := strconv.Atoi(name[len("schema/"):][:4]); err != nil || n != i+1 {
			return nil, fmt.Errorf("postgres: %s is not version %d", name, i+1)
		}
		sql, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		versions[i] = string(sql)
	}
	return versions, nil
}

// locked runs f in a transaction that holds the advisory lock where there is one. READ COMMITTED, because f must see
// what was committed while the lock was waited for.
func (s *Store) locked(ctx context.Context, f func(pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error {
		err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error { // a savepoint: an engine may not have the function
			_, err := tx.Exec(ctx, advisoryLock)
			return err
		})
		if code := pgCode(err); code == "0A000" || code == "42883" {
			err = nil
		}
		if err != nil {
			return err
		}
		return f(tx)
	})
}

// createVersions makes the table of versions. Without advisory locks, one of several that do so at once may be told
// that some part of it is there already.
func (s *Store) createVersions(ctx context.Context) error {
	err := s.locked(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, versionTable)
		return err
	})
	switch pgCode(err) {
	case "23505", "42710", "42P07":
		return fmt.Errorf("%w: %w", errRaced, err)
	}
	return err
}

// upgrade applies the next version if there is one, and answers the one that the database then has.
func (s *Store) upgrade(ctx context.Context, versions []string) (have int, err error) {
	err = s.locked(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, versionLock); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, versionRead).Scan(&have); err != nil || have >= len(versions) {
			return err
		}
		if _, err := tx.Conn().PgConn().Exec(ctx, versions[have]).ReadAll(); err != nil {
			return fmt.Errorf("postgres: schema version %d: %w", have+1, err)
		}
		have++
		_, err := tx.Exec(ctx, versionAdd, have)
		return err
	})
	return have, err
}
