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

const upsertAttempt = `INSERT INTO attempts (key, n, until, expires) VALUES (?1, ?2, ?3, ?4)
  ON CONFLICT (key) DO UPDATE SET n = excluded.n, until = excluded.until, expires = excluded.expires`

func takeAttempt(c *conn, buckets []store.Bucket, now time.Time) (d store.Decision, err error) {
	counters := make([]rules.Counter, len(buckets))
	for i := range buckets {
		if counters[i], err = counter(c, &buckets[i]); err != nil {
			return d, err
		}
	}
	d = rules.Take(buckets, counters, now)
	for i := range d.Outcomes {
		if !d.Outcomes[i].Counted {
			continue
		}
		if err := saveAttempt(c, buckets[i].Key, d.Outcomes[i].State); err != nil {
			return store.Decision{}, err
		}
	}
	return d, nil
}

const (
	selectAttempt = `SELECT n, until, expires FROM attempts WHERE key = ?`
	selectMark    = `SELECT until FROM marks WHERE key = ?`
)

// counter looks up what the bucket is decided on.
func counter(c *conn, b *store.Bucket) (x rules.Counter, err error) {
	if b.Waive != (store.Digest{}) {
		if _, err = c.one(selectMark, func(r *row) { x.Marked = r.time() }, b.Waive[:]); err != nil {
			return x, err
		}
	}
	x.State, err = attempt(c, b.Key)
	return x, err
}

func attempt(c *conn, key store.Digest) (s store.State, err error) {
	_, err = c.one(selectAttempt, func(r *row) {
		s = store.State{N: int(r.int()), Until: r.time(), Expires: r.time()}
	}, key[:])
	return s, err
}

func saveAttempt(c *conn, key store.Digest, s store.State) error {
	_, err := c.exec(upsertAttempt, key[:], int64(s.N), millis(s.Until), s.Expires.UnixMilli())
	return err
}

// Release meets [store.AttemptStore].
func (s *Store) Release(ctx context.Context, t store.Release, now time.Time) error {
	if t.Zero() {
		return ctx.Err()
	}
	return s.write(ctx, func(c *conn) error { return releaseAttempts(c, t, now) })
}

const (
	deleteAttempt = `DELETE FROM attempts WHERE key = ?`
	upsertMark    = `INSERT INTO marks (key, until) VALUES (?1, ?2)
  ON CONFLICT (key) DO UPDATE SET until = max(until, excluded.until)`
)

func releaseAttempts(c *conn, t store.Release, now time.Time) error {
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
	until, ok := rules.Mark(t, now)
	if !ok {
		return nil
	}
	_, err := c.exec(upsertMark, t.Mark[:], until.UnixMilli())
	return err
}

func forgive(c *conn, b *store.Bucket, now time.Time) error {
	before, err := attempt(c, b.Key)
	if err != nil || before == (store.State{}) {
		return err
	}
	if after := b.Limit.Forgive(before, now); after != before {
		return saveAttempt(c, b.Key, after)
	}
	return nil
}
