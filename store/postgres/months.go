package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

const (
	listMonths = `SELECT month, users, free_users, retention, operations, credits, at FROM months
  WHERE owner = $1 AND month BETWEEN $2 AND $3 ORDER BY month DESC LIMIT $4`

	// closeMonths settles the oldest open month of those that are furthest behind. They are locked in the order of ids;
	// one that another process has settled meanwhile is left out. $1 month $2 price $3 limit $4 now.
	closeMonths = `WITH behind AS (
  SELECT owner FROM credits WHERE closed_month < $1 ORDER BY closed_month, owner LIMIT $3
), due AS (
  SELECT c.* FROM credits c WHERE c.owner = ANY (ARRAY(SELECT owner FROM behind)) AND c.closed_month < $1 ORDER BY c.owner FOR UPDATE
), calc AS (
  SELECT due.owner, due.balance, due.used, due.closed_used, due.children, due.free_users, due.closed_month + 1 AS month,
    'retention:' || (due.closed_month + 1) / 12 || '-' || lpad(((due.closed_month + 1) % 12 + 1)::text, 2, '0') AS key,
    CASE WHEN a.status = 'deleted' OR a.house OR $2::bigint = 0 OR due.children <= due.free_users THEN 0
      WHEN due.children - due.free_users > due.balance / $2 THEN due.balance
      ELSE (due.children - due.free_users) * $2 END AS debit
  FROM due JOIN accounts a ON a.id = due.owner
), bill AS (
  SELECT calc.owner, calc.month, calc.key, calc.balance, calc.used, calc.closed_used, calc.children, calc.free_users,
    CASE WHEN EXISTS (SELECT 1 FROM ledger l WHERE l.owner = calc.owner AND l.key = calc.key) THEN 0 ELSE calc.debit END AS debit
  FROM calc
), c AS (
  UPDATE credits c SET balance = bill.balance - bill.debit, used = c.used + bill.debit, retained = c.retained + bill.debit,
    closed_month = bill.month, closed_used = c.used + bill.debit
  FROM bill WHERE c.owner = bill.owner RETURNING c.*, bill.debit
), led AS (
  ` + intoLedger + `
  SELECT owner, ` + retentionID + `, key, 'retention', -debit, balance - debit, ` + root + `::uuid, $4::bigint FROM (
    SELECT bill.*, encode(sha256(uuid_send(owner) || convert_to(key, 'UTF8')), 'hex') AS hash FROM bill WHERE debit > 0) x
), mon AS (
  INSERT INTO months (owner, month, users, free_users, retention, operations, credits, at)
  SELECT owner, month, children, free_users, debit, used - closed_used, balance - debit, $4 FROM bill
)
SELECT false, c.owner, c.debit, ` + balanceColumns + ` FROM c
UNION ALL SELECT true, ` + root + `::uuid, count(*), ` + noBalance + ` FROM behind`

	// retentionID is that of [rules.Due]: a UUIDv7 of now, the rest of which is of the hash.
	retentionID = `(right(lpad(to_hex($4::bigint), 16, '0'), 12) || '7' || substr(hash, 14, 3) ||
    translate(substr(hash, 17, 1), '0123456789abcdef', '89ab89ab89ab89ab') || substr(hash, 18, 15))::uuid`
)

// ListMonths meets [store.CreditStore].
func (s *Store) ListMonths(ctx context.Context, owner uuid.UUID, from, to, limit int) (page []store.Month, err error) {
	err = retry(ctx, func() error {
		page = nil
		return s.all(ctx, listMonths, []any{id(owner), from, to, limit}, func(row pgx.Row) error {
			m := store.Month{Owner: owner}
			var at int64
			err := row.Scan(&m.Month, &m.Users, &m.FreeUsers, &m.Retention, &m.Operations, &m.Credits, &at)
			m.At = moment(at)
			page = append(page, m)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// CloseMonths meets [store.CreditStore].
func (s *Store) CloseMonths(ctx context.Context, month int, price int64, limit int, now time.Time) (settled int, charged []store.Settled, err error) {
	if rules.SenselessPrice(price) {
		return 0, nil, store.ErrInvalid
	}
	if limit < 1 {
		return 0, nil, ctx.Err()
	}
	err = retry(ctx, func() error {
		behind := 0
		settled, charged = 0, nil
		err := s.all(ctx, closeMonths, []any{month, price, limit, millis(now)}, func(row pgx.Row) error {
			var x store.Settled
			var last bool
			err := row.Scan(append([]any{&last, idTo(&x.Owner), &x.Debit}, balanceTo(&x.Balance)...)...)
			switch {
			case last:
				behind = int(x.Debit)
			case x.Debit > 0:
				charged = append(charged, x)
				fallthrough
			default:
				settled++
			}
			return err
		})
		if err == nil && settled == 0 && behind > 0 || violated(err) == "ledger_key" {
			return errRaced // others settled all of these: look for the next ones
		}
		return err
	})
	if err != nil {
		return 0, nil, err
	}
	return settled, charged, nil
}
