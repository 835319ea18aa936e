package sqlite

import (
	"context"
	"database/sql/driver"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// QueueMail meets [store.OutboxStore].
func (s *Store) QueueMail(ctx context.Context, m []store.QueuedMail) error {
	return s.write(ctx, func(c *conn) error { return queue(c, m) })
}

const insertMail = `INSERT INTO outbox (id, due_at, tries, mail) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO NOTHING`

func queue(c *conn, list []store.QueuedMail) error {
	for i := range list {
		m := list[i]
		m.Failure = ""
		mail, err := document(&m)
		if err != nil {
			return err
		}
		if _, err := c.exec(insertMail, m.ID[:], m.DueAt.UnixMilli(), int64(m.Tries), mail); err != nil {
			return err
		}
	}
	return nil
}

// ClaimMail meets [store.OutboxStore]. DueAt of what it returns is the end of the lease.
func (s *Store) ClaimMail(ctx context.Context, limit int, lease time.Duration, now time.Time) ([]store.QueuedMail, error) {
	return answer(ctx, s, func(c *conn) ([]store.QueuedMail, error) { return claim(c, limit, lease, now) })
}

const (
	selectDue   = `SELECT mail, tries FROM outbox WHERE due_at <= ?1 ORDER BY due_at, id LIMIT ?2`
	updateLease = `UPDATE outbox SET due_at = ?2, tries = ?3, failure = NULL WHERE id = ?1`
)

func claim(c *conn, limit int, lease time.Duration, now time.Time) ([]store.QueuedMail, error) {
	var mail []store.QueuedMail
	err := c.each(context.Background(), selectDue, func(r *row) error {
		var m store.QueuedMail
		r.json(&m)
		m.Tries = int(r.int())
		mail = append(mail, rules.Lease(m, lease, now))
		return nil
	}, now.UnixMilli(), int64(max(0, limit)))
	if err != nil {
		return nil, err
	}
	for i := range mail {
		if _, err := c.exec(updateLease, mail[i].ID[:], mail[i].DueAt.UnixMilli(), int64(mail[i].Tries)); err != nil {
			return nil, err
		}
	}
	return mail, nil
}

const (
	selectMail = `SELECT mail, tries FROM outbox WHERE id = ?`
	deleteMail = `DELETE FROM outbox WHERE id = ?`
	updateDue  = `UPDATE outbox SET due_at = ?2, mail = ?3, failure = ?4 WHERE id = ?1`
)

// FinishMail meets [store.OutboxStore].
func (s *Store) FinishMail(ctx context.Context, d store.Delivery) error {
	return s.write(ctx, func(c *conn) error {
		var m *store.QueuedMail
		_, err := c.one(selectMail, func(r *row) {
			m = &store.QueuedMail{}
			r.json(m)
			m.Tries = int(r.int())
		}, d.ID[:])
		if err != nil {
			return err
		}
		switch rules.Finish(m, d) {
		case rules.Left:
			return nil
		case rules.Removed:
			_, err = c.exec(deleteMail, d.ID[:])
		case rules.Delayed:
			err = delay(c, *m, d)
		}
		if err != nil {
			return err
		}
		return log(c, d.Events, uuid.Nil)
	})
}

// delay writes when the mail is due again, and with what.
func delay(c *conn, m store.QueuedMail, d store.Delivery) error {
	m = rules.Retried(m, d)
	failure := optional(m.Failure)
	m.Failure = ""
	mail, err := document(&m)
	if err != nil {
		return err
	}
	_, err = c.exec(updateDue, d.ID[:], d.Retry.UnixMilli(), mail, failure)
	return err
}

const (
	mailColumns = `SELECT mail, tries, due_at, failure FROM outbox`

	selectWaiting = mailColumns + ` WHERE (due_at, id) > (?1, ?2) ORDER BY due_at, id LIMIT ?3`
	selectFailed  = mailColumns + ` WHERE failure IS NOT NULL AND (due_at, id) > (?1, ?2) ORDER BY due_at, id LIMIT ?3`
	selectThis    = mailColumns + ` WHERE id = ?1`
)

func mailOf(r *row) (m store.QueuedMail) {
	r.json(&m)
	m.Tries = int(r.int())
	m.DueAt = r.time()
	m.Failure = r.text()
	return m
}

// ListMail meets [store.OutboxStore].
func (s *Store) ListMail(ctx context.Context, q store.MailQuery) (page []store.QueuedMail, err error) {
	after, _ := rules.Start(store.Page{After: q.After})
	query, args := selectWaiting, []driver.Value{after, q.After.ID[:], int64(max(0, q.Limit))}
	switch {
	case q.ID != uuid.Nil:
		query, args = selectThis, []driver.Value{q.ID[:]}
	case q.Failed:
		query = selectFailed
	}
	err = s.read(ctx, func(c *conn) error {
		return c.each(ctx, query, func(r *row) error {
			if m := mailOf(r); len(page) < q.Limit && rules.Queued(&m, q) {
				page = append(page, m)
			}
			return nil
		}, args...)
	})
	return page, err
}

const countMail = `SELECT (SELECT count(*) FROM (SELECT 1 FROM outbox INDEXED BY outbox_due WHERE due_at > ?1 LIMIT ?2)),
  (SELECT count(*) FROM (SELECT 1 FROM outbox INDEXED BY outbox_failed WHERE failure IS NOT NULL AND due_at > ?1 LIMIT ?2)),
  (SELECT due_at FROM outbox WHERE due_at > ?1 ORDER BY due_at, id LIMIT 1)`

// CountMail meets [store.OutboxStore].
func (s *Store) CountMail(ctx context.Context) (n store.MailCounts, err error) {
	err = s.read(ctx, func(c *conn) error {
		return c.each(ctx, countMail, func(r *row) error {
			n = store.MailCounts{Waiting: r.int(), Failed: r.int(), Oldest: r.time()}
			return nil
		}, int64(math.MinInt64), int64(store.MostMail))
	})
	return n, err
}

// ResumeMail meets [store.OutboxStore].
func (s *Store) ResumeMail(ctx context.Context, d store.Resumption) error {
	return s.write(ctx, func(c *conn) error {
		var m *store.QueuedMail
		_, err := c.one(selectThis, func(r *row) {
			found := mailOf(r)
			m = &found
		}, d.ID[:])
		if err != nil {
			return err
		}
		if !rules.Resumable(m) {
			return store.ErrNotFound
		}
		if d.DueAt.IsZero() {
			_, err = c.exec(deleteMail, d.ID[:])
		} else {
			_, err = c.exec(updateWaiting, d.ID[:], d.DueAt.UnixMilli())
		}
		if err != nil {
			return err
		}
		return log(c, d.Events, uuid.Nil)
	})
}

const updateWaiting = `UPDATE outbox SET due_at = ?2 WHERE id = ?1`
