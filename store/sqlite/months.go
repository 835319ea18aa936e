package sqlite

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

const selectMonths = `SELECT owner, month, users, free_users, retention, operations, credits, at FROM months
  WHERE owner = ?1 AND month BETWEEN ?2 AND ?3 ORDER BY month DESC LIMIT ?4`

// ListMonths meets [store.CreditStore].
func (s *Store) ListMonths(ctx context.Context, owner uuid.UUID, from, to, limit int) (page []store.Month, err error) {
	err = s.read(ctx, func(c *conn) error {
		return c.each(ctx, selectMonths, func(r *row) error {
			page = append(page, store.Month{
				Owner: r.id(), Month: int(r.int()), Users: r.int(), FreeUsers: r.int(), Retention: r.int(),
				Operations: r.int(), Credits: r.int(), At: r.time(),
			})
			return nil
		}, owner[:], int64(from), int64(to), int64(max(0, limit)))
	})
	return page, err
}

// CloseMonths meets [store.CreditStore]. Those that are furthest behind come first, then by id.
func (s *Store) CloseMonths(ctx context.Context, cl store.Closing, now time.Time) (int, []store.Settled, error) {
	if rules.SenselessPrice(cl.Price) {
		return 0, nil, store.ErrInvalid
	}
	type closed struct {
		settled int
		charged []store.Settled
	}
	r, err := answer(ctx, s, func(c *conn) (closed, error) {
		settled, charged, err := closeMonths(c, cl, now)
		return closed{settled, charged}, err
	})
	return r.settled, r.charged, err
}

const (
	selectLatest = `SELECT coalesce(max(latest_month), 0) FROM balances`

	selectBehind = `SELECT b.owner, a.status, a.house, ` + balanceColumns + `
  FROM balances b LEFT JOIN accounts a ON a.id = b.owner WHERE b.closed_month < ?1 ORDER BY b.closed_month, b.owner LIMIT ?2`
)

func closeMonths(c *conn, cl store.Closing, now time.Time) (settled int, charged []store.Settled, err error) {
	var latest int64
	if _, err := c.one(selectLatest, func(r *row) { latest = r.int() }); err != nil {
		return 0, nil, err
	}
	var behind []rules.Tenant
	err = c.each(context.Background(), selectBehind, func(r *row) error {
		behind = append(behind, rules.Tenant{Owner: r.id(), Status: store.Status(r.text()), House: r.bool(), Balance: balanceOf(r)})
		return nil
	}, int64(rules.Closable(int(latest), cl.Month)), int64(max(0, cl.Limit)))
	if err != nil {
		return 0, nil, err
	}
	for _, t := range behind {
		closed, err := closeMonth(c, cl, t, now)
		if err != nil {
			return 0, nil, err
		}
		if closed.Entry != nil {
			charged = append(charged, store.Settled{Owner: t.Owner, Debit: closed.Month.Retention, Balance: closed.Balance})
		}
	}
	return len(behind), charged, nil
}

const (
	selectKey    = `SELECT 1 FROM ledger WHERE owner = ?1 AND key = ?2`
	updateClosed = `UPDATE balances SET closed_month = ?2, closed_used = ?3 WHERE owner = ?1`
	insertMonth  = `INSERT INTO months (owner, month, users, free_users, retention, operations, credits, at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)`
)

// closeMonth settles the oldest open month of the tenant.
func closeMonth(c *conn, cl store.Closing, t rules.Tenant, now time.Time) (closed rules.Closed, err error) {
	due, paid := rules.Due(t, cl.Price, now), false
	if due.Amount < 0 {
		if paid, err = c.exists(selectKey, t.Owner[:], due.Key); err != nil {
			return closed, err
		}
	}
	closed = rules.Close(cl, t, due, paid)
	if closed.Entry != nil {
		if err := writeEntry(c, closed.Entry); err != nil {
			return closed, err
		}
	}
	if err := tell(c, closed.Told); err != nil {
		return closed, err
	}
	b, m := &closed.Balance, &closed.Month
	if err := saveBalance(c, t.Owner, b); err != nil {
		return closed, err
	}
	if _, err := c.exec(updateClosed, t.Owner[:], int64(b.ClosedMonth), b.ClosedUsed); err != nil {
		return closed, err
	}
	_, err = c.exec(insertMonth, m.Owner[:], int64(m.Month), m.Users, m.FreeUsers, m.Retention, m.Operations, m.Credits, millis(m.At))
	return closed, err
}
