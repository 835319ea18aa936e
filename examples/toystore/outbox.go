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
			m.DueAt = rules.Whole(m.DueAt)
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
			next := *m
			next.DueAt = rules.Whole(d.Retry)
			if d.Args != nil {
				next.Args = d.Args
			}
			write(t, m, &next)
		}
		t.log(d.Events)
		return nil
	})
}
