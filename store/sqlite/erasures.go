package sqlite

import (
	"context"

	"github.com/google/uuid"
)

// fewEvents are erased at once with their account. Sweep erases the others.
const fewEvents = 1000

// erasure is what is still to be erased of a tombstone's events.
type erasure struct {
	account uuid.UUID
	after   uuid.UUID // those with ids above it
	chain   uuid.UUID // and this one with the rest of its chain
}

const (
	selectUnerased = `SELECT id FROM events WHERE account = ?1 AND id > ?2 AND previous IS NULL ORDER BY id LIMIT ?3`
	selectPrevious = `SELECT previous FROM events WHERE id = ?1 AND account = ?2 AND previous IS NOT NULL`

	// What rules.Erased says.
	eraseEvent = `UPDATE events SET network = NULL, detail = NULL, salt = NULL WHERE id = ?`

	selectEventErasure = `SELECT account, after, chain FROM event_erasures LIMIT 1`
	upsertEventErasure = `INSERT INTO event_erasures (account, after, chain) VALUES (?1, ?2, ?3)
  ON CONFLICT (account) DO UPDATE SET after = excluded.after, chain = excluded.chain`
	deleteEventErasure = `DELETE FROM event_erasures WHERE account = ?`
)

// eraseEvents takes what tells of a person from up to limit events of a tombstone, and returns from how many. It leaves
// the others to Sweep.
func eraseEvents(c *conn, account uuid.UUID, limit int) (n int, err error) {
	e := erasure{account: account}
	if e.chain, err = lastRoutine(c, account); err != nil {
		return 0, err
	}
	n, left, err := e.erase(c, limit)
	if err != nil || !left {
		return n, err
	}
	return n, e.save(c)
}

func (e *erasure) save(c *conn) error {
	_, err := c.exec(upsertEventErasure, e.account[:], e.after[:], e.chain[:])
	return err
}

// erase goes on with up to limit events, and tells whether any is left.
func (e *erasure) erase(c *conn, limit int) (n int, left bool, err error) {
	ids, err := e.next(c, limit+1)
	if err != nil {
		return 0, false, err
	}
	for _, x := range ids[:min(limit, len(ids))] {
		if _, err := c.exec(eraseEvent, x.id[:]); err != nil {
			return n, false, err
		}
		if n++; x.chained {
			e.chain = x.previous
		} else {
			e.after = x.id
		}
	}
	return n, len(ids) > limit, nil
}

// unerased is an event that waits. Those of the chain come last.
type unerased struct {
	id, previous uuid.UUID
	chained      bool
}

func (e *erasure) next(c *conn, limit int) (list []unerased, err error) {
	err = c.each(context.Background(), selectUnerased, func(r *row) error {
		list = append(list, unerased{id: r.id()})
		return nil
	}, e.account[:], e.after[:], int64(limit))
	x := unerased{previous: e.chain, chained: true}
	for found := true; err == nil && found && len(list) < limit; {
		x.id = x.previous
		found, err = c.one(selectPrevious, func(r *row) { x.previous = r.id() }, x.id[:], e.account[:])
		if found {
			list = append(list, x)
		}
	}
	return list, err
}

// sweepErasures erases up to limit events of tombstones and tells whether any is left.
func sweepErasures(c *conn, limit int) (left bool, err error) {
	for {
		var e erasure
		found, err := c.one(selectEventErasure, func(r *row) { e = erasure{r.id(), r.id(), r.id()} })
		if err != nil || !found {
			return false, err
		}
		n, left, err := e.erase(c, limit)
		if err != nil {
			return false, err
		}
		if left {
			return true, e.save(c)
		}
		if _, err := c.exec(deleteEventErasure, e.account[:]); err != nil {
			return false, err
		}
		limit -= n
	}
}
