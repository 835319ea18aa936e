package postgres

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// eventTypes are the columns of an event with their types.
var eventTypes = [...][2]string{
	{"id", "uuid"}, {"at", "bigint"}, {"name", "text"}, {"scope", "uuid"}, {"account", "uuid"}, {"by", "uuid"}, {"session", "text"},
	{"audience", "text"}, {"method", "text"}, {"code", "text"}, {"credits", "bigint"}, {"count", "bigint"}, {"network", "text"},
	{"detail", "text"}, {"salt", "bytea"}, {"commitment", "bytea"}, {"operator", "text"},
}

// columnsOf returns what each makes of the columns of an event, as a list.
func columnsOf(each func(name, kind string) string) string {
	list := make([]string, len(eventTypes))
	for i, c := range eventTypes {
		list[i] = each(c[0], c[1])
	}
	return strings.Join(list, ", ")
}

var (
	eventFields = columnsOf(func(name, _ string) string { return name })
	oneEvent    = columnsOf(func(name, kind string) string { return "@event_" + name + "::" + kind })

	// eventArrays are any number of them, and askedEvents those as e.
	eventArrays = columnsOf(func(name, kind string) string { return "@event_" + name + "::" + kind + "[]" })
	askedEvents = `unnest(` + eventArrays + `) AS e (` + eventFields + `)`

	intoEvents = `INSERT INTO events (` + eventFields + `)
  SELECT `
	unlessLogged = ` ON CONFLICT (id) DO NOTHING`
)

// aboutTheFound are the columns of events e, which are about the account live where they name none, as
// [rules.Matched] says.
var aboutTheFound = columnsOf(func(name, _ string) string {
	switch name {
	case "scope":
		return `CASE WHEN e.account IS NULL THEN live.parent ELSE e.scope END`
	case "account":
		return `coalesce(e.account, live.id)`
	}
	return "e." + name
})

// logOne writes the event that goes with what from has a row of. One that is there violates a constraint, because ON
// CONFLICT writes 48 bytes more for each of the others. late is whether the log was swept already where it goes.
func logOne(from string) string { return `, log AS (` + intoEvents + oneEvent + ` FROM ` + from + `)` }

const late = `@event_id <= (SELECT routine FROM swept)`

// logAll writes the events if from has a row.
func logAll(from string) string {
	return logFrom(`e.* FROM `+askedEvents+` WHERE EXISTS (SELECT 1 FROM `+from+`)`, from)
}

// logFrom writes what is selected, and lowers what was swept, if from has a row.
func logFrom(selected, from string) string {
	return `, log AS (` + intoEvents + selected + unlessLogged + `), ` + lower(` AND EXISTS (SELECT 1 FROM `+from+`)`)
}

// lower lets events that go where the log was swept already be swept again.
func lower(and string) string {
	return `lowered AS (UPDATE swept SET routine = @event_floor::uuid WHERE routine > @event_floor` + and + `)`
}

// eventValues are those of an event, or where there is none NULL. They are also those of askedEvents: as arrays.
func eventValues[A any](of func(*A) *store.Event) values[A] {
	text := func(of2 func(*store.Event) string) func(*A) *string {
		return func(a *A) *string { return textOrNull(of2(orNothing(of(a)))) }
	}
	ids := func(of2 func(*store.Event) uuid.UUID) func(*A) *[16]byte {
		return func(a *A) *[16]byte { return idOrNull(of2(orNothing(of(a)))) }
	}
	return values[A]{
		"event_id":         field(ids(func(e *store.Event) uuid.UUID { return e.ID })),
		"event_at":         field(func(a *A) int64 { return millis(orNothing(of(a)).At) }),
		"event_name":       field(func(a *A) string { return string(orNothing(of(a)).Name) }),
		"event_scope":      field(func(a *A) [16]byte { return orNothing(of(a)).Scope }),
		"event_account":    field(ids(func(e *store.Event) uuid.UUID { return e.Account })),
		"event_by":         field(ids(func(e *store.Event) uuid.UUID { return e.By })),
		"event_session":    field(text(func(e *store.Event) string { return e.Session })),
		"event_audience":   field(text(func(e *store.Event) string { return string(e.Audience) })),
		"event_method":     field(text(func(e *store.Event) string { return e.Method })),
		"event_code":       field(text(func(e *store.Event) string { return string(e.Code) })),
		"event_credits":    field(func(a *A) *int64 { return countOrNull(orNothing(of(a)).Credits, 0) }),
		"event_count":      field(func(a *A) *int64 { return countOrNull(max(1, orNothing(of(a)).Count), 1) }),
		"event_network":    field(text(func(e *store.Event) string { return e.Network })),
		"event_detail":     field(text(func(e *store.Event) string { return e.Detail })),
		"event_salt":       field(func(a *A) []byte { return saltOrNull(orNothing(of(a)).Salt) }),
		"event_commitment": field(func(a *A) []byte { return saltOrNull(orNothing(of(a)).Commitment) }),
		"event_operator":   field(text(func(e *store.Event) string { return e.Operator })),
	}
}

var nothing store.Event

func orNothing(e *store.Event) *store.Event {
	if e == nil {
		return &nothing
	}
	return e
}

// inColumns turns events into the arrays of askedEvents. It is not run.
var inColumns = prepare(oneEvent, eventValues(func(e *store.Event) *store.Event { return e }))

// events are events in columns, and the id below the first of them.
type events []any

func eventsOf(list []store.Event) events { return asColumns(distinct(list)) }

func asColumns(list []store.Event) events {
	first := uuid.Max
	for _, e := range list {
		if string(e.ID[:]) < string(first[:]) {
			first = e.ID
		}
	}
	return append(inColumns.Arrays(list), id(before(first)))
}

// before returns the id that an id follows.
func before(u uuid.UUID) uuid.UUID {
	for i := len(u) - 1; i >= 0; i-- {
		if u[i]--; u[i] != 0xff {
			return u
		}
	}
	return uuid.Nil // of the first one
}

// distinct names every id once: the first one of it stays.
func distinct(list []store.Event) (first []store.Event) {
	known := make(map[uuid.UUID]bool, len(list))
	for _, e := range list {
		if !known[e.ID] {
			known[e.ID] = true
			first = append(first, e)
		}
	}
	return first
}

// eventsValues are those of askedEvents.
func eventsValues[A any](of func(*A) events) values[A] {
	v := values[A]{"event_floor": field(func(a *A) any { return of(a)[len(eventTypes)] })}
	for i, c := range eventTypes {
		v["event_"+c[0]] = field(func(a *A) any { return of(a)[i] })
	}
	return v
}

const (
	// erased is whether the account a or its parent p is gone, so that nothing of the event tells of a person.
	erased = `coalesce(a.status, '') = 'deleted' OR coalesce(p.status, '') = 'deleted'`

	// The rows are chosen first, and then few are looked at. $1 before $2 names $3 from $4 to $5 limit $6 whose.
	shownEvents = `SELECT e.id, e.at, e.name, e.scope, coalesce(e.account, ` + root + `), coalesce(e.by, ` + root + `), coalesce(e.session, ''),
  coalesce(e.audience, ''), coalesce(e.method, ''), coalesce(e.code, ''), coalesce(e.credits, 0), coalesce(e.count, 1), e.commitment, coalesce(e.operator, ''),
  CASE WHEN ` + erased + ` THEN '' ELSE coalesce(e.network, '') END, CASE WHEN ` + erased + ` THEN '' ELSE coalesce(e.detail, '') END,
  CASE WHEN ` + erased + ` THEN NULL ELSE e.salt END FROM (`
	andTheirs = `
) e LEFT JOIN accounts a ON a.id = e.account` + joinParent + ` ORDER BY e.id DESC`

	inLog       = `SELECT * FROM events WHERE id < $1 AND ($2::text[] IS NULL OR name = ANY ($2)) AND at >= $3::bigint AND at < $4::bigint`
	ofScope     = ` AND scope = $6`
	ofAccount   = ` AND account = $6`
	newestFirst = ` ORDER BY id DESC`
)

// addEvents counts again what is there.
var addEvents = prepare(`WITH `+lower(``)+`
INSERT INTO events AS was (`+eventFields+`)
  SELECT e.id, e.at, e.name, e.scope, e.account, e.by, e.session, e.audience, e.method, e.code, e.credits, e.count,
    CASE WHEN `+erased+` THEN NULL ELSE e.network END, CASE WHEN `+erased+` THEN NULL ELSE e.detail END,
    CASE WHEN `+erased+` THEN NULL ELSE e.salt END, e.commitment, e.operator
  FROM `+askedEvents+` LEFT JOIN accounts a ON a.id = e.account`+joinParent+` ORDER BY e.id
  ON CONFLICT (id) DO UPDATE SET count = coalesce(was.count, 1) + coalesce(excluded.count, 1)`,
	eventsValues(func(e *events) events { return *e }))

// AddEvents meets [store.EventStore].
func (s *Store) AddEvents(ctx context.Context, list []store.Event) error {
	if len(list) == 0 {
		return ctx.Err()
	}
	var sums []store.Event // a statement can write a row but once
	at := map[uuid.UUID]int{}
	for _, e := range list {
		n, ok := at[e.ID]
		if !ok {
			at[e.ID] = len(sums)
			sums = append(sums, rules.Logged(e))
			continue
		}
		sums[n] = rules.Again(sums[n], e)
	}
	columns := eventsOf(sums)
	_, err := s.exec(ctx, addEvents.Text, addEvents.Args(&columns)...)
	return err
}

// ListEvents meets [store.EventStore].
func (s *Store) ListEvents(ctx context.Context, q store.EventQuery) (page []store.Event, err error) {
	sql, args := eventQuery(q)
	err = retry(ctx, func() error {
		page = nil
		return s.all(ctx, sql, args, func(row pgx.Row) error {
			var e store.Event
			var at int64
			var salt, commitment []byte
			err := row.Scan(idTo(&e.ID), &at, &e.Name, idTo(&e.Scope), idTo(&e.Account), idTo(&e.By), &e.Session, &e.Audience, &e.Method,
				&e.Code, &e.Credits, &e.Count, &commitment, &e.Operator, &e.Network, &e.Detail, &salt)
			e.At = moment(at)
			copy(e.Salt[:], salt)
			copy(e.Commitment[:], commitment)
			page = append(page, e)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// eventQuery chooses the statement of a query.
func eventQuery(q store.EventQuery) (string, []any) {
	if q.Before == uuid.Nil {
		q.Before = uuid.Max
	}
	var names []string // none is NULL
	for _, n := range q.Names {
		names = append(names, storable(string(n)))
	}
	args := []any{id(q.Before), names, orBound(q.From, math.MinInt64), orBound(q.To, math.MaxInt64), q.Limit}
	which := inLog
	switch {
	case q.All:
	case q.Account != uuid.Nil:
		which, args = which+ofAccount, append(args, id(q.Account))
	default:
		which, args = which+ofScope, append(args, id(q.Scope))
	}
	return shownEvents + limited(which+newestFirst, 5, q.Limit) + andTheirs, args
}

// orBound returns the milliseconds of t, or the bound of all times when it is zero.
func orBound(t time.Time, bound int64) int64 {
	if t.IsZero() {
		return bound
	}
	return t.UnixMilli()
}
