package sqlite

import (
	"bytes"
	"context"
	"database/sql/driver"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// eventColumns are those that eventOf reads, in its order, of events as e.
const eventColumns = `e.id, e.at, e.name, e.scope, e.account, e.done_by, e.session, e.audience, e.method, e.code, e.credits, e.count,
  e.network, e.detail, e.salt, e.commitment, e.operator`

func eventOf(r *row) store.Event {
	e := store.Event{
		ID: r.id(), At: time.UnixMilli(r.int()).UTC(), Name: store.EventName(r.text()), Scope: r.id(), Account: r.id(), By: r.id(),
		Session: r.text(), Audience: store.Audience(r.text()), Method: r.text(), Code: store.Code(r.text()), Credits: r.int(), Count: r.int(),
		Network: r.text(), Detail: r.text(),
	}
	e.Salt, e.Commitment, e.Operator = r.id(), r.id(), r.text()
	return e
}

const insertInto = `INSERT INTO events (id, at, name, scope, account, done_by, session, audience, method, code, credits, count,
  network, detail, salt, commitment, operator, previous) VALUES (@id, @at, @name, @scope, @account, @done_by, @session, @audience, @method, @code, @credits,
  @count, @network, @detail, @salt, @commitment, @operator, @previous) ON CONFLICT (id) DO `

var (
	insertEvent = prepare(insertInto+`NOTHING`, eventValues)

	// What rules.Again says.
	addEvent = prepare(insertInto+`UPDATE SET count = count + excluded.count`, eventValues)

	eventValues = values[line]{
		"id":         field(func(e *line) []byte { return e.ID[:] }),
		"at":         field(func(e *line) int64 { return e.At.UnixMilli() }),
		"name":       field(func(e *line) string { return string(e.Name) }),
		"scope":      field(func(e *line) []byte { return e.Scope[:] }),
		"account":    field(func(e *line) driver.Value { return optionalID(e.Account) }),
		"done_by":    field(func(e *line) driver.Value { return optionalID(e.By) }),
		"session":    field(func(e *line) driver.Value { return optional(e.Session) }),
		"audience":   field(func(e *line) driver.Value { return optional(string(e.Audience)) }),
		"method":     field(func(e *line) driver.Value { return optional(e.Method) }),
		"code":       field(func(e *line) driver.Value { return optional(string(e.Code)) }),
		"credits":    field(func(e *line) int64 { return e.Credits }),
		"count":      field(func(e *line) int64 { return e.Count }),
		"network":    field(func(e *line) driver.Value { return optional(e.Network) }),
		"detail":     field(func(e *line) driver.Value { return optional(e.Detail) }),
		"salt":       field(func(e *line) driver.Value { return optionalID(e.Salt) }),
		"commitment": field(func(e *line) driver.Value { return optionalID(e.Commitment) }),
		"operator":   field(func(e *line) driver.Value { return optional(e.Operator) }),
		"previous":   field(func(e *line) driver.Value { return e.previous }),
	}
)

// line is an event that is being written.
type line struct {
	store.Event
	previous driver.Value // of its chain; nil: it is in none
}

// log writes events that are not there yet. lives is an account that the verb knows to live; zero: it knows none.
func log(c *conn, list []store.Event, lives uuid.UUID) error {
	for i := range list {
		if _, err := writeEvent(c, insertEvent, line{Event: list[i]}, lives); err != nil {
			return err
		}
	}
	return nil
}

// logChained is log for a verb whose routine events are many. last is where the chain of the account begins; it returns
// where it then begins.
func logChained(c *conn, list []store.Event, account, last uuid.UUID) (uuid.UUID, error) {
	for i := range list {
		e := line{Event: list[i]}
		chained := rules.Routine(e.Name) && e.Account == account && string(e.ID[:]) > string(last[:])
		if chained {
			e.previous = bytes.Clone(last[:])
		}
		n, err := writeEvent(c, insertEvent, e, account)
		if err != nil {
			return last, err
		}
		if chained && n > 0 {
			last = e.ID
		}
	}
	return last, nil
}

// AddEvents meets [store.EventStore].
func (s *Store) AddEvents(ctx context.Context, list []store.Event) error {
	return s.write(ctx, func(c *conn) error {
		for i := range list {
			if _, err := writeEvent(c, addEvent, line{Event: list[i]}, uuid.Nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeEvent writes one of an account that is gone without what would tell of a person, and returns how many it wrote.
func writeEvent(c *conn, write statement[line], e line, lives uuid.UUID) (int64, error) {
	e.Event = rules.Logged(e.Event)
	if e.Account != uuid.Nil && e.Account != lives && e.Event != rules.Erased(e.Event) {
		gone, err := isGone(c, e.Account)
		if err != nil {
			return 0, err
		}
		if gone {
			e.Event = rules.Erased(e.Event)
		}
	}
	return execNamed(c, write, &e)
}

// isGone reports whether the account was there, and must not be found any more.
func isGone(c *conn, account uuid.UUID) (gone bool, err error) {
	_, err = c.one(selectOwner, func(r *row) { gone = rules.Gone(store.Status(r.text()), store.Status(r.text())) }, account[:])
	return gone, err
}

const (
	selectAllEvents = `SELECT ` + eventColumns + eventStatus + inLog
	selectEvents    = `SELECT ` + eventColumns + eventStatus + inLog + ` AND e.scope = ?6`
	selectEventsOf  = `SELECT ` + eventColumns + eventStatus + inLog + ` AND e.account = ?6 AND e.previous IS NULL`
	newestFirst     = ` ORDER BY e.id DESC LIMIT ?2`

	eventStatus = `, a.status, p.status FROM events e LEFT JOIN accounts a ON a.id = e.account LEFT JOIN accounts p ON p.id = a.parent`
	inLog       = ` WHERE e.id < ?1 AND e.at >= ?3 AND e.at < ?4 AND (?5 IS NULL OR e.name IN (SELECT value FROM json_each(?5)))`
)

// ListEvents meets [store.EventStore].
func (s *Store) ListEvents(ctx context.Context, q store.EventQuery) (page []store.Event, err error) {
	query, args, err := eventQuery(q)
	if err != nil {
		return nil, err
	}
	err = s.snapshot(ctx, func(c *conn) error {
		err := c.each(ctx, query, func(r *row) error {
			page = append(page, shownEvent(r))
			return nil
		}, args...)
		if err != nil || q.All || q.Account == uuid.Nil || q.Limit < 1 {
			return err
		}
		chain, err := listChain(c, q)
		page = append(page, chain...)
		slices.SortFunc(page, func(x, y store.Event) int { return bytes.Compare(y.ID[:], x.ID[:]) })
		page = page[:min(q.Limit, len(page))]
		return err
	})
	return page, err
}

// shownEvent reads eventColumns and eventStatus.
func shownEvent(r *row) store.Event {
	e := eventOf(r)
	if rules.Gone(store.Status(r.text()), store.Status(r.text())) {
		return rules.Erased(e)
	}
	return e
}

const (
	selectLastRoutine = `SELECT last_routine FROM accounts WHERE id = ?`
	updateLastRoutine = `UPDATE accounts SET last_routine = ?2 WHERE id = ?1`
	selectLink        = `SELECT previous, ` + eventColumns + eventStatus + ` WHERE e.id = ?1 AND e.account = ?2 AND e.previous IS NOT NULL`
)

func lastRoutine(c *conn, account uuid.UUID) (last uuid.UUID, err error) {
	_, err = c.one(selectLastRoutine, func(r *row) { last = r.id() }, account[:])
	return last, err
}

// listChain returns up to q.Limit of the account's routine events. Sweep takes the oldest first: where one is missing,
// all before it are.
func listChain(c *conn, q store.EventQuery) (page []store.Event, err error) {
	if len(q.Names) > 0 && !slices.ContainsFunc(q.Names, rules.Routine) {
		return nil, nil
	}
	next, err := lastRoutine(c, q.Account)
	for found := true; err == nil && found && len(page) < q.Limit; {
		id := next
		found, err = c.one(selectLink, func(r *row) {
			next = r.id()
			if e := shownEvent(r); rules.Selects(q, &e) {
				page = append(page, e)
			}
		}, id[:], q.Account[:])
	}
	return page, err
}

func eventQuery(q store.EventQuery) (query string, args []driver.Value, err error) {
	before, from, to := []byte(afterAllIDs), int64(math.MinInt64), int64(math.MaxInt64)
	if q.Before != uuid.Nil {
		before = q.Before[:]
	}
	if !q.From.IsZero() {
		from = q.From.UnixMilli()
	}
	if !q.To.IsZero() {
		to = q.To.UnixMilli()
	}
	var names driver.Value
	if len(q.Names) > 0 {
		if names, err = document(q.Names); err != nil {
			return "", nil, err
		}
	}
	args = []driver.Value{before, int64(max(0, q.Limit)), from, to, names}
	switch {
	case q.All:
		return selectAllEvents + newestFirst, args, nil
	case q.Account != uuid.Nil:
		return selectEventsOf + newestFirst, append(args, q.Account[:]), nil
	}
	return selectEvents + newestFirst, append(args, q.Scope[:]), nil
}

// afterAllIDs is longer than an id, so that also the last one is before it.
const afterAllIDs = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"

// old is what the log loses: up to ?2 events with ids below ?1. The second statement tells whether any is left.
var old = []struct {
	routine      bool
	remove, left string
}{
	{true, deleteEvents + oldRoutine + ` ORDER BY id LIMIT ?2)`, `SELECT 1` + oldRoutine + ` LIMIT 1`},
	{false, deleteEvents + oldOthers + ` ORDER BY id LIMIT ?2)`, `SELECT 1` + oldOthers + ` LIMIT 1`},
}

const (
	deleteEvents = `DELETE FROM events WHERE id IN (SELECT id`

	// What rules.Routine says.
	oldRoutine = ` FROM events INDEXED BY event_routine WHERE name IN ('sign_in', 'refreshed') AND id < ?1`
	oldOthers  = ` FROM events WHERE name NOT IN ('sign_in', 'refreshed') AND id < ?1`
)

// removeOld removes up to limit events of each kind and tells whether any is left.
func removeOld(c *conn, limit int, now time.Time) (left bool, err error) {
	for _, kind := range old {
		first := rules.OldEvents(kind.routine, now)
		if _, err := c.exec(kind.remove, first[:], int64(limit)); err != nil {
			return false, err
		}
		some, err := c.exists(kind.left, first[:])
		if err != nil {
			return false, err
		}
		left = left || some
	}
	return left, nil
}
