package toystore

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// mail is a row of the outbox.
type mail struct{ store.QueuedMail }

func mailKey(id uuid.UUID) string { return path("outbox", id) }

func (m mail) key() string { return mailKey(m.ID) }

func (m mail) index() []string { return []string{path("due", m.DueAt, m.ID)} }

// QueueMail meets [store.OutboxStore].
func (s *Store) QueueMail(ctx context.Context, list []store.QueuedMail) error {
	return s.change(ctx, func(t *tx) error {
		t.queue(list)
		return nil
	})
}

func (t *tx) queue(list []store.QueuedMail) {
	for _, m := range list {
		if !t.has(mailKey(m.ID)) {
			m.DueAt, m.Failure = rules.Whole(m.DueAt), ""
			write(t, nil, &mail{m})
		}
	}
}

// ClaimMail meets [store.OutboxStore].
func (s *Store) ClaimMail(ctx context.Context, limit int, lease time.Duration, now time.Time) ([]store.QueuedMail, error) {
	return update(ctx, s, func(t *tx) (claimed []store.QueuedMail, _ error) {
		for _, m := range rows[mail](t, path("due", ""), "") {
			if !rules.Ready(m.DueAt, now) || len(claimed) >= limit {
				break
			}
			leased := rules.Lease(m.QueuedMail, lease, now)
			write(t, m, &mail{leased})
			claimed = append(claimed, leased)
		}
		return claimed, nil
	})
}

// FinishMail meets [store.OutboxStore].
func (s *Store) FinishMail(ctx context.Context, d store.Delivery) error {
	return s.change(ctx, func(t *tx) error {
		m := load[mail](t, mailKey(d.ID))
		var waiting *store.QueuedMail
		if m != nil {
			waiting = &m.QueuedMail
		}
		switch rules.Finish(waiting, d) {
		case rules.Left:
			return nil
		case rules.Removed:
			write(t, m, nil)
		case rules.Delayed:
			next := mail{rules.Retried(*waiting, d)}
			write(t, m, &next)
		}
		t.log(d.Events)
		return nil
	})
}

// ListMail meets [store.OutboxStore].
func (s *Store) ListMail(ctx context.Context, q store.MailQuery) ([]store.QueuedMail, error) {
	return view(ctx, s, func(t *tx) (page []store.QueuedMail, _ error) {
		for _, m := range rows[mail](t, path("due", ""), "") {
			if len(page) >= q.Limit {
				break
			}
			if rules.Queued(&m.QueuedMail, q) {
				page = append(page, m.QueuedMail)
			}
		}
		return page, nil
	})
}

// CountMail meets [store.OutboxStore].
func (s *Store) CountMail(ctx context.Context) (store.MailCounts, error) {
	return view(ctx, s, func(t *tx) (c store.MailCounts, _ error) {
		for _, m := range rows[mail](t, path("due", ""), "") {
			if c.Waiting == 0 {
				c.Oldest = m.DueAt
			}
			c.Waiting = min(c.Waiting+1, store.MostMail)
			if m.Failure != "" {
				c.Failed = min(c.Failed+1, store.MostMail)
			}
		}
		return c, nil
	})
}

// ResumeMail meets [store.OutboxStore].
func (s *Store) ResumeMail(ctx context.Context, r store.Resumption) error {
	return s.change(ctx, func(t *tx) error {
		m := load[mail](t, mailKey(r.ID))
		if m == nil || !rules.Resumable(&m.QueuedMail) {
			return store.ErrNotFound
		}
		if r.DueAt.IsZero() {
			write(t, m, nil)
		} else {
			next := *m
			next.DueAt = rules.Whole(r.DueAt)
			write(t, m, &next)
		}
		t.log(r.Events)
		return nil
	})
}
