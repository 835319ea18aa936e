package sqlite

import (
	"context"
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
		m := &list[i]
		mail, err := document(m)
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
	updateLease = `UPDATE outbox SET due_at = ?2, tries = ?3 WHERE id = ?1`
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
	updateDue  = `UPDATE outbox SET due_at = ?2, mail = ?3 WHERE id = ?1`
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
	if d.Args != nil {
		m.Args = d.Args
	}
	mail, err := document(&m)
	if err != nil {
		return err
	}
	_, err = c.exec(updateDue, d.ID[:], d.Retry.UnixMilli(), mail)
	return err
}
