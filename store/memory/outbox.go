package memory

import (
	"context"
	"maps"
	"math"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
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
		row.DueAt, row.Failure = rules.Whole(row.DueAt), ""
		s.mail[row.ID] = &row
		s.due.insert(dueAt(&row))
	}
}

func dueAt(m *store.QueuedMail) stamped[*store.QueuedMail] {
	return stamped[*store.QueuedMail]{m.DueAt.UnixMilli(), m.ID, m}
}

// ClaimMail meets [store.OutboxStore]. DueAt of what it returns is the end of the lease.
func (s *Store) ClaimMail(ctx context.Context, limit int, lease time.Duration, now time.Time) ([]store.QueuedMail, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var due []*store.QueuedMail
	for e := range s.due.from(stamped[*store.QueuedMail]{at: time.Time{}.UnixMilli()}) {
		if !rules.Ready(e.row.DueAt, now) || len(due) >= limit {
			break
		}
		due = append(due, e.row)
	}
	var claimed []store.QueuedMail
	for _, m := range due {
		s.move(m, rules.Lease(*m, lease, now))
		claimed = append(claimed, copyMail(*m))
	}
	return claimed, nil
}

// move puts the mail as it then stands in its place.
func (s *Store) move(m *store.QueuedMail, next store.QueuedMail) {
	s.due.remove(dueAt(m))
	*m = next
	s.due.insert(dueAt(m))
}

// FinishMail meets [store.OutboxStore].
func (s *Store) FinishMail(ctx context.Context, d store.Delivery) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.mail[d.ID]
	switch rules.Finish(m, d) {
	case rules.Left:
		return nil
	case rules.Removed:
		s.due.remove(dueAt(m))
		delete(s.mail, d.ID)
	case rules.Delayed:
		next := rules.Retried(*m, d)
		next.Args = maps.Clone(next.Args)
		s.move(m, next)
	}
	s.log(d.Events...)
	return nil
}

// ListMail meets [store.OutboxStore].
func (s *Store) ListMail(ctx context.Context, q store.MailQuery) ([]store.QueuedMail, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var page []store.QueuedMail
	for e := range s.due.from(stamped[*store.QueuedMail]{at: math.MinInt64}) {
		if len(page) >= q.Limit {
			break
		}
		if rules.Queued(e.row, q) {
			page = append(page, copyMail(*e.row))
		}
	}
	return page, nil
}

// CountMail meets [store.OutboxStore].
func (s *Store) CountMail(ctx context.Context) (c store.MailCounts, err error) {
	if err := ctx.Err(); err != nil {
		return c, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if first, ok := s.due.first(); ok {
		c.Oldest = first.row.DueAt
	}
	c.Waiting = min(int64(len(s.mail)), store.MostMail)
	for _, m := range s.mail {
		if m.Failure != "" && c.Failed < store.MostMail {
			c.Failed++
		}
	}
	return c, nil
}

// ResumeMail meets [store.OutboxStore].
func (s *Store) ResumeMail(ctx context.Context, r store.Resumption) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.mail[r.ID]
	if !rules.Resumable(m) {
		return store.ErrNotFound
	}
	if r.DueAt.IsZero() {
		s.due.remove(dueAt(m))
		delete(s.mail, r.ID)
	} else {
		next := *m
		next.DueAt = rules.Whole(r.DueAt)
		s.move(m, next)
	}
	s.log(r.Events...)
	return nil
}
