package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store/rules"
)

// The batch of a Sweep. $1 ended by $2 limit. Rows that somebody works on are left to the next one.
const (
	sweepSessions = `DELETE FROM sessions WHERE id = ANY (ARRAY(
  SELECT id FROM sessions WHERE end_day <= $1::bigint / 86400000
    AND CASE WHEN ended_at > 0 THEN least(ended_at, greatest(expires_at, refresh_until)) ELSE greatest(expires_at, refresh_until) END <= $1
  ORDER BY end_day LIMIT $2 FOR UPDATE SKIP LOCKED))`

	sweepSecrets = `DELETE FROM secrets WHERE (account, digest) IN (
  SELECT account, digest FROM secrets WHERE expires_at > 0 AND expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)`

	sweepSpent = `DELETE FROM secrets WHERE (account, digest) IN (
  SELECT account, digest FROM secrets WHERE expires_at = 0 AND used_at > 0 AND used_at <= $1 ORDER BY used_at LIMIT $2 FOR UPDATE SKIP LOCKED)`

	sweepAttempts = `DELETE FROM attempts WHERE key = ANY (ARRAY(
  SELECT key FROM attempts WHERE expires_day <= $1::bigint / 86400000 AND expires <= $1
  ORDER BY expires_day LIMIT $2 FOR UPDATE SKIP LOCKED))`

	sweepMarks = `DELETE FROM marks WHERE key = ANY (ARRAY(
  SELECT key FROM marks WHERE until <= $1 ORDER BY until LIMIT $2 FOR UPDATE SKIP LOCKED))`

	// A deleted parent without children is done with.
	sweepParents = `UPDATE accounts p SET orphans = false WHERE p.id = ANY (ARRAY(
  SELECT o.id FROM accounts o WHERE o.orphans
    AND (SELECT a.id FROM accounts a WHERE a.parent = o.id AND a.status <> 'deleted' ORDER BY a.parent, a.id LIMIT 1) IS NULL
  LIMIT $1 FOR UPDATE SKIP LOCKED))`
)

// The orders by parent keep the planner on the index of the parent's children, however many there are of one parent.
var sweepChildren = prepare(`WITH kids AS (
  SELECT k.id, k.parent FROM (SELECT id FROM accounts WHERE orphans ORDER BY id LIMIT @limit) o CROSS JOIN LATERAL (
    SELECT a.id, a.parent FROM accounts a WHERE a.parent = o.id AND a.status <> 'deleted'
    ORDER BY a.parent, a.id LIMIT @limit FOR UPDATE SKIP LOCKED) k LIMIT @limit
), gone AS (
  UPDATE accounts a SET `+tombstone+` FROM kids WHERE a.id = kids.id RETURNING a.id, a.parent
), `+dropSecrets+`, less AS (
  UPDATE credits c SET children = c.children - g.n FROM (SELECT parent, count(*) AS n FROM gone GROUP BY parent) g WHERE c.owner = g.parent
)
SELECT count(*) FROM gone`, values[sweep]{
	"limit": field(func(s *sweep) int { return s.limit }),
	"now":   field(func(s *sweep) int64 { return millis(s.now) }),
})

// sweep is a call of Sweep.
type sweep struct {
	limit int
	now   time.Time
}

// Sweep meets [store.Sweeper].
func (s *Store) Sweep(ctx context.Context, limit int, now time.Time) (bool, error) {
	if limit < 1 {
		return false, ctx.Err()
	}
	ended := millis(rules.Swept(now))
	var children int64
	counts := make([]int64, 5)
	steps := []step{
		{sql: sweepChildren.Text, args: sweepChildren.Args(&sweep{limit, now}), scan: func(rows pgx.Rows) error { return rows.Scan(&children) }},
		{sql: sweepParents, args: []any{limit}},
	}
	for i, sql := range []string{sweepSessions, sweepSecrets, sweepSpent, sweepAttempts, sweepMarks} {
		steps = append(steps, step{sql: sql, args: []any{ended, limit}, changed: &counts[i]})
	}
	if err := retry(ctx, func() error { return s.batch(ctx, steps) }); err != nil {
		return false, err
	}
	return max(children, slices.Max(counts)) == int64(limit), nil
}
