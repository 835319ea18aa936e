package sqlite

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// ended is what each kind loses: the rows that ended at or before ?1, oldest first, up to ?2 of them. The second
// statement tells whether any is left.
var ended = []struct{ remove, left string }{
	{
		`DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE ends_at <= ?1 ORDER BY ends_at LIMIT ?2)`,
		`SELECT 1 FROM sessions WHERE ends_at <= ?1 LIMIT 1`,
	}, {
		`DELETE FROM secrets WHERE (account, digest) IN
  (SELECT account, digest FROM secrets WHERE coalesce(expires_at, used_at) <= ?1 ORDER BY coalesce(expires_at, used_at) LIMIT ?2)`,
		`SELECT 1 FROM secrets WHERE coalesce(expires_at, used_at) <= ?1 LIMIT 1`,
	}, {
		`DELETE FROM factors WHERE (account, id) IN
  (SELECT account, id FROM factors WHERE pending_until <= ?1 ORDER BY pending_until LIMIT ?2)`,
		`SELECT 1 FROM factors WHERE pending_until <= ?1 LIMIT 1`,
	}, {
		`DELETE FROM once WHERE digest IN (SELECT digest FROM once WHERE until <= ?1 ORDER BY until LIMIT ?2)`,
		`SELECT 1 FROM once WHERE until <= ?1 LIMIT 1`,
	}, {
		`DELETE FROM attempts WHERE key IN (SELECT key FROM attempts WHERE dead <= ?1 ORDER BY dead LIMIT ?2)`,
		`SELECT 1 FROM attempts WHERE dead <= ?1 LIMIT 1`,
	}, {
		`DELETE FROM marks WHERE key IN (SELECT key FROM marks WHERE until <= ?1 ORDER BY until LIMIT ?2)`,
		`SELECT 1 FROM marks WHERE until <= ?1 LIMIT 1`,
	},
}

// Sweep meets [store.Sweeper]. A limit below one removes nothing and returns false.
func (s *Store) Sweep(ctx context.Context, limit int, now time.Time) (more bool, err error) {
	if limit < 1 {
		return false, ctx.Err()
	}
	return answer(ctx, s, func(c *conn) (bool, error) {
		children, err := eraseChildren(c, limit, now)
		if err != nil {
			return false, err
		}
		erasures, err := sweepErasures(c, limit)
		if err != nil {
			return false, err
		}
		events, err := removeOld(c, limit, now)
		if err != nil {
			return false, err
		}
		rows, err := removeEnded(c, limit, rules.Swept(now))
		return children || erasures || events || rows, err
	})
}

// removeEnded removes up to limit rows of each kind and tells whether any is left.
func removeEnded(c *conn, limit int, before time.Time) (left bool, err error) {
	for _, kind := range ended {
		if _, err := c.exec(kind.remove, before.UnixMilli(), int64(limit)); err != nil {
			return false, err
		}
		some, err := c.exists(kind.left, before.UnixMilli())
		if err != nil {
			return false, err
		}
		left = left || some
	}
	return left, nil
}

const (
	selectErasure = `SELECT parent FROM erasures LIMIT 1`
	deleteErasure = `DELETE FROM erasures WHERE parent = ?1`
	selectOrphans = `SELECT ` + accountColumns + ` FROM accounts a WHERE a.parent = ?1 AND a.status <> 'deleted' ORDER BY a.created_at, a.id LIMIT ?2`
)

// eraseChildren makes tombstones of up to limit children of deleted parents and tells whether any is left.
func eraseChildren(c *conn, limit int, now time.Time) (left bool, err error) {
	events := max(limit, fewEvents)
	for {
		var parent uuid.UUID
		found, err := c.one(selectErasure, func(r *row) { parent = r.id() })
		if err != nil || !found {
			return false, err
		}
		var orphans []store.Account
		err = c.each(context.Background(), selectOrphans, func(r *row) error {
			orphans = append(orphans, accountOf(r))
			return nil
		}, parent[:], int64(limit)+1)
		if err != nil {
			return false, err
		}
		for _, child := range orphans[:min(limit, len(orphans))] {
			tombstone := rules.Erase(child, now)
			erased, err := bury(c, &tombstone, events)
			if err != nil {
				return false, err
			}
			events -= erased
		}
		if len(orphans) > limit {
			return true, nil
		}
		limit -= len(orphans)
		if _, err := c.exec(deleteErasure, parent[:]); err != nil {
			return false, err
		}
	}
}
