package memory

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// lines is events by id.
type lines = ordered[byID[*store.Event]]

// AddEvents meets [store.EventStore].
func (s *Store) AddEvents(ctx context.Context, list []store.Event) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range list {
		if was := s.event(e.ID); was != nil {
			*was = rules.Again(*was, e)
			continue
		}
		s.log(e)
	}
	return nil
}

// event returns the one of that id; nil: there is none.
func (s *Store) event(id uuid.UUID) *store.Event {
	i, j, found := s.events.find(byID[*store.Event]{id: id})
	if !found {
		return nil
	}
	return s.events.chunks[i][j].row
}

// log writes events that are not there yet. Those of an account that is gone are written without what would tell of a
// person.
func (s *Store) log(list ...store.Event) {
	for _, e := range list {
		if s.event(e.ID) != nil {
			continue
		}
		if a := s.accounts[e.Account]; a != nil && a.gone() {
			e = rules.Erased(e)
		}
		e = rules.Logged(e)
		var room [4]*lines
		for _, l := range s.logsOf(room[:0], &e) {
			l.insert(byID[*store.Event]{e.ID, &e})
		}
	}
}

// logsOf adds the indexes that an event is in, up to four.
func (s *Store) logsOf(logs []*lines, e *store.Event) []*lines {
	logs = append(logs, &s.events, indexed(s.byScope, e.Scope))
	if e.Account != uuid.Nil {
		logs = append(logs, indexed(s.byAccount, e.Account))
	}
	if rules.Routine(e.Name) {
		return append(logs, &s.routine)
	}
	return append(logs, &s.kept)
}

func indexed(m map[uuid.UUID]*lines, key uuid.UUID) *lines {
	if m[key] == nil {
		m[key] = &lines{}
	}
	return m[key]
}

// ListEvents meets [store.EventStore].
func (s *Store) ListEvents(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	l := &s.events
	switch {
	case q.All:
	case q.Account != uuid.Nil:
		l = s.byAccount[q.Account]
	default:
		l = s.byScope[q.Scope]
	}
	if l == nil {
		return nil, nil
	}
	var page []store.Event
	for e := range l.downFrom(byID[*store.Event]{id: q.Before}, q.Before != uuid.Nil) {
		if len(page) >= q.Limit {
			break
		}
		if !rules.Selects(q, e.row) {
			continue
		}
		shown := *e.row
		if a := s.accounts[shown.Account]; a != nil && a.gone() {
			shown = rules.Erased(shown)
		}
		page = append(page, shown)
	}
	return page, nil
}

// eraseEvents takes from the account's events what tells of a person.
func (s *Store) eraseEvents(account uuid.UUID) {
	l := s.byAccount[account]
	if l == nil {
		return
	}
	for e := range l.from(byID[*store.Event]{}) {
		*e.row = rules.Erased(*e.row)
	}
}

func (s *Store) sweepEvents(limit int, now time.Time) (more bool) {
	for _, old := range []struct {
		of      *lines
		routine bool
	}{{&s.routine, true}, {&s.kept, false}} {
		first := rules.OldEvents(old.routine, now)
		left := limit
		for e, ok := old.of.first(); ok && string(e.id[:]) < string(first[:]); e, ok = old.of.first() {
			if left--; left < 0 {
				more = true
				break
			}
			for _, l := range s.logsOf(nil, e.row) {
				l.remove(e)
			}
		}
	}
	return more
}

// tell writes what was decided to be told.
func (s *Store) tell(t rules.Told) {
	s.log(t.Events...)
	s.queue(t.Mail)
}
