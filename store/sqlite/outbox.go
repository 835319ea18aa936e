package sqlite

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
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

// ClaimMail meets [store.OutboxStore].
func (s *Store) ClaimMail(ctx context.Context, limit int, lease time.Duration, now time.Time) ([]store.QueuedMail, error) {
	return answer(ctx, s, func(c *conn) ([]store.QueuedMail, error) { return claim(c, limit, now.Add(lease), now) })
}

const (
	selectDue   = `SELECT mail, tries FROM outbox WHERE due_at <= ?1 ORDER BY due_at, id LIMIT ?2`
	updateLease = `UPDATE outbox SET due_at = ?2, tries = tries + 1 WHERE id = ?1`
)

func claim(c *conn, limit int, until, now time.Time) ([]store.QueuedMail, error) {
	var mail []store.QueuedMail
	until = time.UnixMilli(until.UnixMilli()).UTC()
	err := c.each(context.Background(), selectDue, func(r *row) error {
		var m store.QueuedMail
		r.json(&m)
		m.Tries, m.DueAt = int(r.int())+1, until
		mail = append(mail, m)
		return nil
	}, now.UnixMilli(), int64(max(0, limit)))
	if err != nil {
		return nil, err
	}
	for i := range mail {
		if _, err := c.exec(updateLease, mail[i].ID[:], until.UnixMilli()); err != nil {
			return nil, err
		}
	}
	return mail, nil
}

const (
	deleteMail = `DELETE FROM outbox WHERE id = ?1 AND tries = ?2`
	updateMail = `UPDATE outbox SET due_at = ?3 WHERE id = ?1 AND tries = ?2`
)

// FinishMail meets [store.OutboxStore].
func (s *Store) FinishMail(ctx context.Context, id uuid.UUID, tries int, retry time.Time) error {
	return s.write(ctx, func(c *conn) (err error) {
		if retry.IsZero() {
			_, err = c.exec(deleteMail, id[:], int64(tries))
		} else {
			_, err = c.exec(updateMail, id[:], int64(tries), retry.UnixMilli())
		}
		return err
	})
}
