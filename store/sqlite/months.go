package sqlite

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
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

// CloseMonths meets [store.CreditStore].
func (s *Store) CloseMonths(ctx context.Context, month int, price int64, limit int, now time.Time) (int, []store.Settled, error) {
	if price < 0 {
		return 0, nil, store.ErrInvalid
	}
	type closed struct {
		settled int
		charged []store.Settled
	}
	r, err := answer(ctx, s, func(c *conn) (closed, error) {
		settled, charged, err := closeMonths(c, month, price, limit, now)
		return closed{settled, charged}, err
	})
	return r.settled, r.charged, err
}

const selectBehind = `SELECT b.owner, coalesce(a.status <> 'deleted' AND NOT a.house, 0), ` + balanceColumns + `
  FROM balances b LEFT JOIN accounts a ON a.id = b.owner WHERE b.closed_month < ?1 ORDER BY b.closed_month, b.owner LIMIT ?2`

// payer is a balance that is behind.
type payer struct {
	owner   uuid.UUID
	pays    bool // houses and deleted accounts do not
	balance store.Balance
}

func closeMonths(c *conn, month int, price int64, limit int, now time.Time) (settled int, charged []store.Settled, err error) {
	var behind []payer
	err = c.each(context.Background(), selectBehind, func(r *row) error {
		behind = append(behind, payer{r.id(), r.bool(), balanceOf(r)})
		return nil
	}, int64(month), int64(max(0, limit)))
	if err != nil {
		return 0, nil, err
	}
	for i := range behind {
		p := &behind[i]
		debit, err := closeMonth(c, p, price, now)
		if err != nil {
			return 0, nil, err
		}
		if debit > 0 {
			charged = append(charged, store.Settled{Owner: p.owner, Debit: debit, Balance: p.balance})
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

// closeMonth settles the oldest open month of the payer, moves its balance and answers what it cost.
func closeMonth(c *conn, p *payer, price int64, now time.Time) (cost int64, err error) {
	b := &p.balance
	month := b.ClosedMonth + 1
	if p.pays {
		cost = b.RetentionDue(price)
	}
	entry := store.RetentionEntry(p.owner, month, cost, now)
	if cost > 0 {
		paid, err := c.exists(selectKey, p.owner[:], entry.Key)
		if err != nil {
			return 0, err
		}
		if paid {
			cost = 0
		}
	}
	operations := b.Used - b.ClosedUsed
	if cost > 0 {
		b.Debit(store.OpRetention, cost)
		entry.Balance = b.Credits
		if err := writeEntry(c, &entry); err != nil {
			return 0, err
		}
	}
	b.ClosedMonth, b.ClosedUsed = month, b.Used
	if err := saveBalance(c, p.owner, b); err != nil {
		return 0, err
	}
	if _, err := c.exec(updateClosed, p.owner[:], int64(month), b.ClosedUsed); err != nil {
		return 0, err
	}
	_, err = c.exec(insertMonth, p.owner[:], int64(month), b.Children, b.FreeUsers, cost, operations, b.Credits, millis(now))
	return cost, err
}
