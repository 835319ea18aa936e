package memory

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// QueueMail meets [store.OutboxStore].
func (s *Store) QueueMail(ctx context.Context, m []store.QueuedMail) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue(m)
	return nil
}

func (s *Store) queue(list []store.QueuedMail) {
	for _, m := range list {
		if s.mail[m.ID] != nil {
			continue
		}
		row := copyMail(m)
		row.DueAt = whole(row.DueAt)
		s.mail[row.ID] = &row
		s.due.insert(dueAt(&row))
	}
}

func dueAt(m *store.QueuedMail) stamped[*store.QueuedMail] {
	return stamped[*store.QueuedMail]{m.DueAt.UnixMilli(), m.ID, m}
}

// ClaimMail meets [store.OutboxStore].
func (s *Store) ClaimMail(ctx context.Context, limit int, lease time.Duration, now time.Time) ([]store.QueuedMail, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	now = whole(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	var due []*store.QueuedMail
	for e := range s.due.from(stamped[*store.QueuedMail]{at: time.Time{}.UnixMilli()}) {
		if e.row.DueAt.After(now) || len(due) >= limit {
			break
		}
		due = append(due, e.row)
	}
	var claimed []store.QueuedMail
	for _, m := range due {
		m.Tries++
		s.delay(m, now.Add(lease))
		claimed = append(claimed, copyMail(*m))
	}
	return claimed, nil
}

func (s *Store) delay(m *store.QueuedMail, until time.Time) {
	s.due.remove(dueAt(m))
	m.DueAt = whole(until)
	s.due.insert(dueAt(m))
}

// FinishMail meets [store.OutboxStore].
func (s *Store) FinishMail(ctx context.Context, id uuid.UUID, tries int, retry time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.mail[id]
	switch {
	case m == nil || m.Tries != tries:
	case retry.IsZero():
		s.due.remove(dueAt(m))
		delete(s.mail, id)
	default:
		s.delay(m, retry)
	}
	return nil
}
