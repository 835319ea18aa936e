package bench

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"github.com/tollkeeper/tollkeeper"
)

// fill is rows that belong to one parent, numbered from 1: child n has the id number(first+n), and so have its session
// and the ledger row that paid for it.
type fill struct {
	parent                     uuid.UUID
	first                      int // ids begin after it
	children, sessions, ledger int
}

// number is the id of a row that was filled in.
func number(n int) uuid.UUID {
	return uuid.MustParse(fmt.Sprintf("00000000-0000-7000-8000-%012x", n))
}

func emailOf(n int) string { return fmt.Sprintf("mail%d@example.com", n) }

// The statements of both engines say the same. Their parameters are those of steps.

const fillAccountsLite = `
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < $3)
INSERT INTO accounts (id, parent, stray, email, email_key, username, username_key, name, locale, role, status, house, public_key, password,
  password_changed_at, password_temporary, email_verified_at, factors, key_master, key_version, epoch, version, organized, must_verify,
  must_factor, created_at, updated_at, last_sign_in, active_day)
SELECT unhex(printf('00000000000070008000%012x', $2+i)), $1, 1, 'mail' || i || '@example.com', 'mail' || i || '@example.com', 'name' || i,
  'name' || i, 'A Name', '', 'user', 'active', 0, 'APK_' || ($2+i), $5, $4, 0, $4, 0, '0123456789abcdef', 1, 1, 1, 0, 0, 0,
  (SELECT created_at FROM accounts WHERE id = $1), $4, $4, $4/86400000 FROM n`

const fillSessionsLite = `
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < $2)
INSERT INTO sessions (id, account, epoch, audience, key_id, generation, network, agent, created_at, seen_at, proved_at, expires_at, refresh_until, ends_at)
SELECT unhex(printf('00000000000070008000%012x', $1+i)), unhex(printf('00000000000070008000%012x', $1+i)), 1, 'organization', 'key-of-the-tenant',
  0, '192.0.2.0/24', 'Mozilla/5.0', $3, $3, $3, $3+86400000, $3+864000000, $3+864000000 FROM n`

const fillLedgerLite = `
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < $3)
INSERT INTO ledger (owner, id, key, operation, amount, balance, subject, at)
SELECT $1, unhex(printf('00000000000070008000%012x', $2+i)), NULL, 'sign-in', -1, 1, unhex(printf('00000000000070008000%012x', $2+i)), $4 FROM n`

const fillAccountsPostgres = `
INSERT INTO accounts (id, parent, email, email_key, username, username_key, name, locale, role, status, house, public_key, password,
  password_changed_at, password_temporary, password_history, verified_at, proven_at, metadata, factors, key_master, key_version, organization_owner,
  must_verify, must_factor, created_at, updated_at, last_sign_in, active_day)
SELECT ('00000000-0000-7000-8000-' || lpad(to_hex($2::bigint+i), 12, '0'))::uuid, $1::uuid, 'mail' || i || '@example.com',
  convert_to('mail' || i || '@example.com', 'UTF8'), 'name' || i, convert_to('name' || i, 'UTF8'), 'A Name', '', 'user', 'active', false,
  'APK_' || ($2::bigint+i), $5::text, $4::bigint, false, '{}', $4::bigint, 0, '', 0, '0123456789abcdef', 1,
  '00000000-0000-0000-0000-000000000000', false, false,
  (SELECT created_at FROM accounts WHERE id = $1::uuid), $4::bigint, $4::bigint, $4::bigint/86400000
FROM generate_series(1, $3::bigint) i`

const fillSessionsPostgres = `
INSERT INTO sessions (id, account, epoch, audience, key_id, generation, rotated_at, network, agent, created_at, seen_at, proved_at,
  expires_at, refresh_until, end_day)
SELECT ('00000000-0000-7000-8000-' || lpad(to_hex($1::bigint+i), 12, '0'))::uuid, ('00000000-0000-7000-8000-' || lpad(to_hex($1::bigint+i), 12, '0'))::uuid,
  1, 'organization', 'key-of-the-tenant', 0, 0, '192.0.2.0/24', 'Mozilla/5.0', $3::bigint, $3::bigint, $3::bigint,
  $3::bigint+86400000, $3::bigint+864000000, ($3::bigint+864000000)/86400000+1
FROM generate_series(1, $2::bigint) i`

const fillLedgerPostgres = `
INSERT INTO ledger (owner, id, key, op, amount, balance, subject, at)
SELECT $1::uuid, ('00000000-0000-7000-8000-' || lpad(to_hex($2::bigint+i), 12, '0'))::uuid, 'session:' || i, 'sign-in', -1, 1,
  ('00000000-0000-7000-8000-' || lpad(to_hex($2::bigint+i), 12, '0'))::uuid, $4::bigint
FROM generate_series(1, $3::bigint) i`

// lite fills the SQLite file. It is not durable while it works: nobody would miss it.
func (f fill) lite(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", path+"?_pragma=busy_timeout(60000)&_pragma=synchronous(0)&_pragma=cache_size(-200000)")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	parent := f.parent[:]
	for _, step := range f.steps(parent, fillAccountsLite, fillSessionsLite, fillLedgerLite) {
		if _, err := db.ExecContext(ctx, step.sql, step.args...); err != nil {
			return err
		}
	}
	_, err = db.ExecContext(ctx, "UPDATE balances SET children = $1 WHERE owner = $2", f.children, parent)
	return err
}

// postgres fills the database and lets the server learn about its tables, as its own housekeeping does sooner or later.
func (f fill) postgres(ctx context.Context, pool *pgxpool.Pool) error {
	for _, step := range f.steps(f.parent, fillAccountsPostgres, fillSessionsPostgres, fillLedgerPostgres) {
		if _, err := pool.Exec(ctx, step.sql, step.args...); err != nil {
			return err
		}
	}
	if _, err := pool.Exec(ctx, "UPDATE credits SET children = $1 WHERE owner = $2", f.children, f.parent); err != nil {
		return err
	}
	_, err := pool.Exec(ctx, "VACUUM ANALYZE")
	return err
}

type fillStep struct {
	sql  string
	args []any
}

func (f fill) steps(parent any, accounts, sessions, ledger string) (steps []fillStep) {
	now := moment().UnixMilli()
	if f.children > 0 {
		steps = append(steps, fillStep{accounts, []any{parent, f.first, f.children, now, blank(tollkeeper.Root).Password}})
	}
	if f.sessions > 0 {
		steps = append(steps, fillStep{sessions, []any{f.first, f.sessions, now}})
	}
	if f.ledger > 0 {
		steps = append(steps, fillStep{ledger, []any{parent, f.first, f.ledger, now}})
	}
	return steps
}
