package sqlite

import (
	"context"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// Take meets [store.AttemptStore].
func (s *Store) Take(ctx context.Context, b []store.Bucket, now time.Time) (store.Decision, error) {
	return answer(ctx, s, func(c *conn) (store.Decision, error) { return takeAttempt(c, b, now.UTC()) })
}

func takeAttempt(c *conn, buckets []store.Bucket, now time.Time) (d store.Decision, err error) {
	counters := make([]rules.Counter, len(buckets))
	for i := range buckets {
		if counters[i], _, err = counter(c, &buckets[i]); err != nil {
			return d, err
		}
	}
	d = rules.Take(buckets, counters, now)
	for i := range d.Outcomes {
		if !rules.Keeps(&buckets[i], &counters[i], &d.Outcomes[i], now) {
			continue
		}
		if err := saveAttempt(c, &buckets[i], d.Outcomes[i].State); err != nil {
			return store.Decision{}, err
		}
	}
	return d, nil
}

const selectAttempt = `SELECT n, until, expires, at, held, held_until FROM attempts WHERE key = ?`

// counter looks up what the bucket is decided on; known: the bucket is there.
func counter(c *conn, b *store.Bucket) (x rules.Counter, known bool, err error) {
	if x.Waive, err = mark(c, b.Waive); err != nil {
		return x, false, err
	}
	if x.Pardon, err = mark(c, b.Pardon); err != nil {
		return x, false, err
	}
	known, err = c.one(selectAttempt, func(r *row) {
		x.State = store.State{N: int(r.int()), Until: r.time(), Expires: r.time(), At: r.time(), Held: int(r.int()), HeldUntil: r.time()}
	}, b.Key[:])
	return x, known, err
}

const upsertAttempt = `INSERT INTO attempts (key, n, until, expires, at, held, held_until, dead) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
  ON CONFLICT (key) DO UPDATE SET n = excluded.n, until = excluded.until, expires = excluded.expires, at = excluded.at,
    held = excluded.held, held_until = excluded.held_until, dead = excluded.dead`

func saveAttempt(c *conn, b *store.Bucket, s store.State) error {
	_, err := c.exec(upsertAttempt, b.Key[:], int64(s.N), millis(s.Until), millis(s.Expires), millis(s.At), int64(s.Held), millis(s.HeldUntil),
		b.Limit.Dead(s).UnixMilli())
	return err
}

// Release meets [store.AttemptStore].
func (s *Store) Release(ctx context.Context, t store.Release, now time.Time) error {
	if t.Zero() {
		return ctx.Err()
	}
	return s.write(ctx, func(c *conn) error { return releaseAttempts(c, t, now.UTC()) })
}

func releaseAttempts(c *conn, t store.Release, now time.Time) error {
	for _, x := range rules.Settlings(t) {
		if err := settle(c, x, now); err != nil {
			return err
		}
	}
	for _, key := range t.Marks {
		if err := renew(c, key, func(was rules.Mark) (rules.Mark, bool) { return rules.Marked(t, was, now) }); err != nil {
			return err
		}
	}
	for _, key := range t.Pardon {
		if err := renew(c, key, func(was rules.Mark) (rules.Mark, bool) { return rules.Pardoned(t, was, now) }); err != nil {
			return err
		}
	}
	return nil
}

const deleteAttempt = `DELETE FROM attempts WHERE key = ?`

func settle(c *conn, x rules.Settling, now time.Time) error {
	before, known, err := counter(c, x.Bucket)
	if err != nil || !known {
		return err
	}
	after := rules.Settle(x, before, now)
	if after == (store.State{}) {
		_, err := c.exec(deleteAttempt, x.Bucket.Key[:])
		return err
	}
	return saveAttempt(c, x.Bucket, after)
}

const (
	selectMark = `SELECT owner, at, until FROM marks WHERE key = ?`
	upsertMark = `INSERT INTO marks (key, owner, at, until) VALUES (?1, ?2, ?3, ?4)
  ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, at = excluded.at, until = excluded.until`
)

func mark(c *conn, key store.Digest) (m rules.Mark, err error) {
	if key == (store.Digest{}) {
		return m, nil
	}
	_, err = c.one(selectMark, func(r *row) { m = rules.Mark{Owner: r.id(), At: r.time(), Until: r.time()} }, key[:])
	return m, err
}

// renew writes a mark or a pardon, if it changes.
func renew(c *conn, key store.Digest, next func(was rules.Mark) (rules.Mark, bool)) error {
	was, err := mark(c, key)
	if err != nil {
		return err
	}
	m, changed := next(was)
	if !changed {
		return nil
	}
	_, err = c.exec(upsertMark, key[:], optionalID(m.Owner), millis(m.At), millis(m.Until))
	return err
}
