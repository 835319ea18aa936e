package sqlite

import (
	"context"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// Take meets [store.AttemptStore].
func (s *Store) Take(ctx context.Context, b []store.Bucket, now time.Time) (store.Decision, error) {
	return answer(ctx, s, func(c *conn) (store.Decision, error) { return takeAttempt(c, b, now.UTC()) })
}

const upsertAttempt = `INSERT INTO attempts (key, n, until, expires) VALUES (?1, ?2, ?3, ?4)
  ON CONFLICT (key) DO UPDATE SET n = excluded.n, until = excluded.until, expires = excluded.expires`

func takeAttempt(c *conn, buckets []store.Bucket, now time.Time) (store.Decision, error) {
	d := store.Decision{Allowed: true, Outcomes: make([]store.Outcome, len(buckets))}
	before := make([]store.State, len(buckets))
	for i := range buckets {
		var err error
		if d.Outcomes[i], before[i], err = weigh(c, &buckets[i], now); err != nil {
			return store.Decision{}, err
		}
		d.Allowed = d.Allowed && !d.Outcomes[i].Refused
	}
	for i := range d.Outcomes {
		o := &d.Outcomes[i]
		if o.Charged && !d.Allowed {
			o.Charged, o.State = false, before[i]
		}
		if o.Charged {
			if err := saveAttempt(c, buckets[i].Key, o.State); err != nil {
				return store.Decision{}, err
			}
		}
	}
	return d, nil
}

const (
	selectAttempt = `SELECT n, until, expires FROM attempts WHERE key = ?1 AND expires > ?2`
	selectMark    = `SELECT until FROM marks WHERE key = ?1 AND until > ?2`
)

// weigh answers what the Take would do to the bucket if no other one refuses, and the bucket's state before it.
func weigh(c *conn, b *store.Bucket, now time.Time) (o store.Outcome, before store.State, err error) {
	if b.Waive != (store.Digest{}) {
		if _, err = c.one(selectMark, func(r *row) { o.Marked = r.time() }, b.Waive[:], millis(now)); err != nil {
			return o, before, err
		}
	}
	if before, err = attempt(c, b.Key, now); err != nil {
		return o, before, err
	}
	o.State, o.Charged = b.Limit.Next(before, now)
	o.Refused = !o.Charged && o.Marked.IsZero()
	return o, before, nil
}

func attempt(c *conn, key store.Digest, now time.Time) (s store.State, err error) {
	_, err = c.one(selectAttempt, func(r *row) {
		s = store.State{N: int(r.int()), Until: r.time(), Expires: r.time()}
	}, key[:], now.UnixMilli())
	return s, err
}

func saveAttempt(c *conn, key store.Digest, s store.State) error {
	_, err := c.exec(upsertAttempt, key[:], int64(s.N), millis(s.Until), s.Expires.UnixMilli())
	return err
}

// Settle meets [store.AttemptStore].
func (s *Store) Settle(ctx context.Context, t store.Settlement, now time.Time) error {
	if t.Zero() {
		return ctx.Err()
	}
	return s.write(ctx, func(c *conn) error { return settleAttempts(c, t, now) })
}

const (
	deleteAttempt = `DELETE FROM attempts WHERE key = ?`
	upsertMark    = `INSERT INTO marks (key, until) VALUES (?1, ?2)
  ON CONFLICT (key) DO UPDATE SET until = max(until, excluded.until)`
)

func settleAttempts(c *conn, t store.Settlement, now time.Time) error {
	for i := range t.Forget {
		if _, err := c.exec(deleteAttempt, t.Forget[i][:]); err != nil {
			return err
		}
	}
	for i := range t.Forgive {
		if err := forgive(c, &t.Forgive[i], now); err != nil {
			return err
		}
	}
	if t.Mark == (store.Digest{}) || !now.Before(t.Until) {
		return nil
	}
	_, err := c.exec(upsertMark, t.Mark[:], t.Until.UnixMilli())
	return err
}

func forgive(c *conn, b *store.Bucket, now time.Time) error {
	before, err := attempt(c, b.Key, now)
	if err != nil || before == (store.State{}) {
		return err
	}
	if after := b.Limit.Forgive(before, now); after != before {
		return saveAttempt(c, b.Key, after)
	}
	return nil
}
