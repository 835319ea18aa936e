package toystore

import (
	"context"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// event is a row of the log.
type event struct{ store.Event }

func eventKey(id uuid.UUID) string { return path("events", id) }

func (e event) key() string { return eventKey(e.ID) }

// index leads to the newest events first, but for the oldest, which go first.
func (e event) index() []string {
	keys := []string{
		path("log", newest(e.ID)), path("scope-log", e.Scope, newest(e.ID)), path("old", rules.Routine(e.Name), e.ID),
	}
	if e.Account != uuid.Nil {
		keys = append(keys, path("account-log", e.Account, newest(e.ID)))
	}
	return keys
}

// newest returns an id whose order is the other way round.
func newest(id uuid.UUID) uuid.UUID {
	for i := range id {
		id[i] = ^id[i]
	}
	return id
}

// do does the effects of a verb, whose charge became the payment.
func (t *tx) do(fx store.Effects, p rules.Payment) {
	t.pay(p)
	t.queue(fx.Mail)
	t.log(fx.Events)
}

// tell writes what was decided to be told.
func (t *tx) tell(told rules.Told) {
	t.log(told.Events)
	t.queue(told.Mail)
}

// log writes events that are not there yet.
func (t *tx) log(list []store.Event) {
	for _, e := range list {
		if !t.has(eventKey(e.ID)) {
			write(t, nil, &event{rules.Logged(t.shown(e))})
		}
	}
}

// shown returns what may be known of the event: of an account that is gone nothing that tells of a person.
func (t *tx) shown(e store.Event) store.Event {
	if a := load[account](t, accountKey(e.Account)); a != nil && t.unlessGone(a) == nil {
		return rules.Erased(e)
	}
	return e
}

// erase takes from the account's events what tells of a person.
func (t *tx) erase(account uuid.UUID) {
	for _, e := range rows[event](t, path("account-log", account, ""), "") {
		write(t, e, &event{rules.Erased(e.Event)})
	}
}

// AddEvents meets [store.EventStore].
func (s *Store) AddEvents(ctx context.Context, list []store.Event) error {
	return s.change(ctx, func(t *tx) error {
		for _, e := range list {
			if was := load[event](t, eventKey(e.ID)); was != nil {
				write(t, was, &event{rules.Again(was.Event, e)})
			} else {
				t.log([]store.Event{e})
			}
		}
		return nil
	})
}

// ListEvents meets [store.EventStore].
func (s *Store) ListEvents(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	index := []any{"scope-log", q.Scope}
	switch {
	case q.All:
		index = []any{"log"}
	case q.Account != uuid.Nil:
		index = []any{"account-log", q.Account}
	}
	after := ""
	if q.Before != uuid.Nil {
		after = path(append(index, newest(q.Before))...)
	}
	return view(ctx, s, func(t *tx) (page []store.Event, _ error) {
		for _, e := range rows[event](t, path(append(index, "")...), after) {
			if len(page) >= q.Limit {
				break
			}
			if rules.Selects(q, &e.Event) {
				page = append(page, t.shown(e.Event))
			}
		}
		return page, nil
	})
}
