package memory

import (
	"context"
	"time"

	"github.com/tollkeeper/tollkeeper/store/rules"
)

// Sweep meets store.Sweeper. Counters need it least: [Store.Take] and [Store.Release] throw away dead ones, too. A
// limit below one removes nothing and returns false.
func (s *Store) Sweep(ctx context.Context, limit int, now time.Time) (bool, error) {
	if err := ctx.Err(); err != nil || limit < 1 {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ended := rules.Swept(now)
	s.counters.retire(limit, ended)
	s.marks.retire(limit, ended)
	sessions := s.sweepSessions(limit, ended.UnixMilli())
	secrets := s.sweepSecrets(limit, ended.UnixMilli())
	once := s.sweepOnce(limit, ended)
	pending := s.sweepPending(limit, ended)
	events := s.sweepEvents(limit, now)
	children := s.sweepChildren(limit, now)
	return sessions || secrets || once || pending || events || children, nil
}

// The three below return whether something is left that they would have removed without the limit.

func (s *Store) sweepSessions(limit int, ended int64) bool {
	for e, ok := s.sessionEnds.first(); ok && e.at <= ended; e, ok = s.sessionEnds.first() {
		if limit--; limit < 0 {
			return true
		}
		s.unindex(e.row)
		delete(s.sessions, e.id)
	}
	return false
}

func (s *Store) sweepSecrets(limit int, ended int64) bool {
	for e, ok := s.secretEnds.first(); ok && e.at <= ended; e, ok = s.secretEnds.first() {
		if limit--; limit < 0 {
			return true
		}
		s.dropSecret(e.row)
	}
	return false
}

func (s *Store) sweepChildren(limit int, now time.Time) bool {
	for len(s.abandoned) > 0 {
		last := len(s.abandoned) - 1
		child, ok := s.abandoned[last].below.accounts.first()
		if !ok {
			s.abandoned[last] = nil
			s.abandoned = s.abandoned[:last]
			continue
		}
		if limit--; limit < 0 {
			return true
		}
		s.bury(child.row, rules.Erase(child.row.Account, now))
	}
	return false
}
