package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

const listMonths = `SELECT month, users, free_users, retention, operations, credits, at FROM months
  WHERE owner = $1 AND month BETWEEN $2 AND $3 ORDER BY month DESC LIMIT $4`

// closeMonths settles the oldest open month of those that are furthest behind. They are locked in the order of ids; one
// that another process has settled meanwhile is left out.
var closeMonths = assemble(telling|reporting, func(p parts) (string, []values[closing]) {
	var w writer[closing]
	w.add(`WITH behind AS (
  SELECT owner FROM credits WHERE closed_month < `+closable+` ORDER BY closed_month, owner LIMIT @limit
), due AS (
  SELECT c.* FROM credits c WHERE c.owner = ANY (ARRAY(SELECT owner FROM behind)) AND c.closed_month < `+closable+` ORDER BY c.owner FOR UPDATE
), calc AS (
  SELECT due.owner, due.balance, due.used, due.closed_used, due.children, due.free_users, due.closed_month + 1 AS month,
    'retention:' || (due.closed_month + 1) / 12 || '-' || lpad(((due.closed_month + 1) % 12 + 1)::text, 2, '0') AS key,
    CASE WHEN a.status = 'deleted' OR a.house OR @price::bigint = 0 OR due.children <= due.free_users THEN 0
      WHEN due.children - due.free_users > due.balance / @price THEN due.balance
      ELSE (due.children - due.free_users) * @price END AS debit
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
  `+intoLedger+`
  SELECT owner, `+derivedID(`owner`, `key`, `@now::bigint`)+`, key, 'retention', -debit, balance - debit, `+root+`::uuid, @now
  FROM bill WHERE debit > 0
), mon AS (
  INSERT INTO months (owner, month, users, free_users, retention, operations, credits, at)
  SELECT owner, month, children, free_users, debit, used - closed_used, balance - debit, @now FROM bill
)`, values[closing]{
		"month": field(func(c *closing) int { return c.Month }),
		"price": field(func(c *closing) int64 { return c.Price }),
		"limit": field(func(c *closing) int { return c.Limit }),
		"now":   field(func(c *closing) int64 { return millis(c.now) }),
	})
	if p.has(telling) {
		w.add(tell(`SELECT c.owner, b.key, @now AS at, c.granted, c.used, c.balance, c.granted AS had_granted, b.used AS had_used, b.balance AS had
    FROM c JOIN bill b ON b.owner = c.owner WHERE c.debit > 0`), tellValues(func(c *closing) store.Telling { return c.Tell }))
	}
	if p.has(reporting) {
		w.add(`, report AS (
  INSERT INTO events (id, at, name, scope, account, credits)
  SELECT ` + derivedID(`owner`, `'closed:' || key`, `@now`) + `, @now, 'month_closed', ` + root + `, owner, -debit FROM bill WHERE debit > 0` + unlessLogged + `
)`)
	}
	w.add(` SELECT false, c.owner, c.debit, ` + balanceColumns + ` FROM c
UNION ALL SELECT true, ` + root + `::uuid, count(*), ` + noBalance + ` FROM behind`)
	return w.done()
})

// closable is the newest month that may be settled, as [rules.Closable] says.
const closable = `least(@month::bigint, (SELECT max(latest_month) FROM credits) - 1)`

// closing is a call of CloseMonths.
type closing struct {
	store.Closing
	now time.Time
}

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
func (s *Store) CloseMonths(ctx context.Context, c store.Closing, now time.Time) (settled int, charged []store.Settled, err error) {
	if rules.SenselessPrice(c.Price) {
		return 0, nil, store.ErrInvalid
	}
	if c.Limit < 1 {
		return 0, nil, ctx.Err()
	}
	sql := closeMonths.of(telling.when(c.Tell != store.Telling{}) | reporting.when(c.Log))
	args := sql.Args(&closing{c, now})
	err = retry(ctx, func() error {
		behind := 0
		settled, charged = 0, nil
		err := s.all(ctx, sql.Text, args, func(row pgx.Row) error {
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
