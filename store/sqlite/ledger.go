package sqlite

import (
	"context"
	"database/sql/driver"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

const (
	selectEntries = `SELECT ` + entryColumns + ` FROM ledger WHERE owner = ?1 AND id > ?2 AND id < ?3`

	// The index has no sign-ins. They are most of all entries, and found among them.
	selectEntriesOf = `SELECT ` + entryColumns + ` FROM ledger INDEXED BY ledger_operation
  WHERE owner = ?1 AND operation = ?5 AND operation <> 'sign-in' AND id > ?2 AND id < ?3`
	selectSignIns = selectEntries + ` AND operation = 'sign-in'`

	oldestEntries = ` ORDER BY id LIMIT ?4`
	newestEntries = ` ORDER BY id DESC LIMIT ?4`
)

// ListCredits meets [store.CreditStore]. An owner without [store.Balance] has no entries.
func (s *Store) ListCredits(ctx context.Context, owner uuid.UUID, q store.CreditQuery) (page []store.LedgerEntry, err error) {
	above, below := rules.Between(q)
	query, args := selectEntries, []driver.Value{owner[:], above[:], below[:], int64(max(0, q.Limit))}
	switch q.Operation {
	case "":
	case store.OpSignIn:
		query = selectSignIns
	default:
		query, args = selectEntriesOf, append(args, string(q.Operation))
	}
	if q.Newest {
		query += newestEntries
	} else {
		query += oldestEntries
	}
	err = s.read(ctx, func(c *conn) error {
		return c.each(ctx, query, func(r *row) error {
			page = append(page, entryOf(r))
			return nil
		}, args...)
	})
	return page, err
}

// All of these but those of sign-ins read nothing but the index that they name.
const (
	firstOperation = `SELECT operation FROM ledger INDEXED BY ledger_operation WHERE owner = ?1 AND operation <> 'sign-in'
  ORDER BY operation LIMIT 1`
	nextOperation = `SELECT operation FROM ledger INDEXED BY ledger_operation WHERE owner = ?1 AND operation <> 'sign-in' AND operation > ?2
  ORDER BY operation LIMIT 1`

	selectNext = `SELECT id FROM ledger INDEXED BY ledger_operation
  WHERE owner = ?1 AND operation = ?2 AND operation <> 'sign-in' AND id > ?3 AND id < ?4 ORDER BY id LIMIT 1`
	nextSignIn = `SELECT id FROM ledger WHERE owner = ?1 AND operation = ?2 AND id > ?3 AND id < ?4 ORDER BY id LIMIT 1`

	sumDay = `SELECT count(*), sum(amount) FROM ledger INDEXED BY ledger_operation
  WHERE owner = ?1 AND operation = ?2 AND operation <> 'sign-in' AND id > ?3 AND id < ?4`
	sumSignIns = `SELECT count(*), sum(amount) FROM ledger WHERE owner = ?1 AND operation = ?2 AND id > ?3 AND id < ?4`
)

// SumCredits meets [store.CreditStore].
func (s *Store) SumCredits(ctx context.Context, owner uuid.UUID, d store.Days) (sums []store.CreditDay, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	days, err := rules.Span(d)
	if err != nil {
		return nil, err
	}
	above, _ := rules.DayIDs(days[0])
	_, below := rules.DayIDs(days[len(days)-1])
	err = s.snapshot(ctx, func(c *conn) (err error) {
		if sums, err = sumsOf(ctx, c, owner, string(store.OpSignIn), above, below); err != nil {
			return err
		}
		op := ""
		next := func(r *row) { op = r.text() }
		found, err := c.one(firstOperation, next, owner[:])
		for ; err == nil && found; found, err = c.one(nextOperation, next, owner[:], op) {
			of, err := sumsOf(ctx, c, owner, op, above, below)
			if err != nil {
				return err
			}
			sums = append(sums, of...)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	rules.InOrder(sums)
	return sums, nil
}

// sumsOf adds up one operation, from one day that has an entry to the next.
func sumsOf(ctx context.Context, c *conn, owner uuid.UUID, op string, above, below uuid.UUID) (sums []store.CreditDay, err error) {
	nextID, sum := selectNext, sumDay
	if op == string(store.OpSignIn) {
		nextID, sum = nextSignIn, sumSignIns
	}
	for {
		next := above
		found, err := c.one(nextID, func(r *row) { next = r.id() }, owner[:], op, above[:], below[:])
		if err != nil || !found {
			return sums, err
		}
		day := store.CreditDay{Day: rules.DayOf(next), Operation: store.Operation(op)}
		first, end := rules.DayIDs(day.Day)
		err = c.each(ctx, sum, func(r *row) error {
			day.Entries, day.Credits = r.int(), r.int()
			return nil
		}, owner[:], op, first[:], end[:])
		if err != nil {
			return nil, err
		}
		sums, above = append(sums, day), rules.LastBefore(end)
	}
}
