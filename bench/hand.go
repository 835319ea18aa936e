package bench

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper/store"
)

// The sign-in as a host would write it for itself, into the same tables: session, last sign-in, event, then the
// balance, whose row is held the shortest, and the ledger's row.
const (
	handSession = `INSERT INTO sessions (id, account, epoch, audience, key_id, generation, rotated_at, network, agent, created_at, seen_at,
  proved_at, expires_at, refresh_until, end_day) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`

	handAccount = `UPDATE accounts SET last_sign_in = $2, active_day = $3, sessions = sessions + 1 WHERE id = $1 AND status = 'active'`

	handEvent = `INSERT INTO events (id, at, name, scope, account, session, audience, method, credits, network, salt, commitment)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`

	handPayment = `WITH paid AS (
  UPDATE credits SET balance = balance - $2, used = used + $2, sign_ins = sign_ins + 1 WHERE owner = $1 AND balance >= $2 RETURNING balance
) INSERT INTO ledger (owner, id, key, op, amount, balance, subject, at) SELECT $1, $3, $4, $5, -$2, balance, $6, $7 FROM paid`
)

// statement is SQL with its parameters.
type statement struct {
	sql  string
	args []any
}

// handWritten are the statements of one sign-in.
func handWritten(n store.NewSession) []statement {
	x, e, c := n.Session, n.Events[0], n.Charge
	now := x.CreatedAt.UnixMilli()
	day := now / 86400000
	return []statement{
		{handSession, []any{
			raw(x.ID), raw(x.Account), x.Epoch, string(x.Audience), x.KeyID, x.Generation, int64(0), x.Network, []byte(x.Agent),
			now, now, now, x.ExpiresAt.UnixMilli(), int64(0), x.ExpiresAt.UnixMilli() / 86400000,
		}},
		{handAccount, []any{raw(x.Account), now, day}},
		{handEvent, []any{
			raw(e.ID), now, string(e.Name), raw(e.Scope), raw(e.Account), e.Session, string(e.Audience), e.Method, e.Credits, e.Network,
			e.Salt[:], e.Commitment[:],
		}},
		{handPayment, []any{raw(c.Owner), c.Price, raw(c.Entry), c.Key, string(c.Operation), raw(x.Account), now}},
	}
}

// raw is an id as pgx takes it without a detour.
func raw(id uuid.UUID) [16]byte { return id }

// byHandInTurn does the statements one after the other in one transaction.
func byHandInTurn(ctx context.Context, pool *pgxpool.Pool, n store.NewSession) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		for _, s := range handWritten(n) {
			tag, err := tx.Exec(ctx, s.sql, s.args...)
			if err == nil && tag.RowsAffected() != 1 {
				err = pgx.ErrNoRows
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// byHandAtOnce does them in one transaction of one round trip: the best that can be written without sharing commits.
func byHandAtOnce(ctx context.Context, pool *pgxpool.Pool, n store.NewSession) error {
	b := &pgx.Batch{}
	for _, s := range handWritten(n) {
		b.Queue(s.sql, s.args...)
	}
	return pool.SendBatch(ctx, b).Close()
}

// The floor: the same rows of many sign-ins in one transaction of one round trip, by arrays. It decides nothing and
// refuses nobody.
const (
	floorSessions = `INSERT INTO sessions (id, account, epoch, audience, key_id, generation, rotated_at, network, agent, created_at, seen_at,
  proved_at, expires_at, refresh_until, end_day) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[],
  $6::bigint[], $7::bigint[], $8::text[], $9::bytea[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[])`

	floorAccounts = `UPDATE accounts a SET last_sign_in = t.now, active_day = t.day, sessions = a.sessions + t.made
  FROM (SELECT id, max(now) AS now, max(day) AS day, count(*) AS made FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) u (id, now, day) GROUP BY id) t
  WHERE a.id = t.id`

	floorEvents = `INSERT INTO events (id, at, name, scope, account, session, audience, method, credits, network, salt, commitment)
  SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::text[],
  $11::bytea[], $12::bytea[])`

	floorPayments = `WITH due AS (
  SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::bigint[])
    AS u (owner, price, entry, key, op, account, now)
), paid AS (
  UPDATE credits c SET balance = c.balance - t.price, used = c.used + t.price, sign_ins = c.sign_ins + t.made
  FROM (SELECT owner, sum(price)::bigint AS price, count(*) AS made FROM due GROUP BY owner) t WHERE c.owner = t.owner RETURNING c.owner, c.balance
) INSERT INTO ledger (owner, id, key, op, amount, balance, subject, at)
  SELECT due.owner, due.entry, due.key, due.op, -due.price, paid.balance, due.account, due.now FROM due JOIN paid ON paid.owner = due.owner`
)

// floorBatch is how many sign-ins the floor commits at once.
const floorBatch = 64

// floor does many sign-ins at once.
func floor(ctx context.Context, pool *pgxpool.Pool, list []store.NewSession) error {
	var columns [4][]any
	for i, n := range list {
		for s, x := range handWritten(n) {
			columns[s] = appendRow(columns[s], x.args, len(list), i == 0)
		}
	}
	b := &pgx.Batch{}
	for s, sql := range []string{floorSessions, floorAccounts, floorEvents, floorPayments} {
		b.Queue(sql, columns[s]...)
	}
	return pool.SendBatch(ctx, b).Close()
}

// appendRow appends each value to the slice of its column, which the first row makes.
func appendRow(columns, row []any, n int, first bool) []any {
	if first {
		columns = make([]any, len(row))
	}
	for i, v := range row {
		switch v := v.(type) {
		case [16]byte:
			columns[i] = grown(columns[i], v, n)
		case int64:
			columns[i] = grown(columns[i], v, n)
		case int:
			columns[i] = grown(columns[i], int64(v), n)
		case string:
			columns[i] = grown(columns[i], v, n)
		case []byte:
			columns[i] = grown(columns[i], v, n)
		}
	}
	return columns
}

func grown[T any](column any, v T, n int) any {
	list, ok := column.([]T)
	if !ok {
		list = make([]T, 0, n)
	}
	return append(list, v)
}
