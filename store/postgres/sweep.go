package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store/rules"
)

// The batch of a Sweep. $1 ended by; $N is its limit, written out: the planner must know it. Rows that somebody works
// on are left to the next one.
const (
	sweepSessions = `DELETE FROM sessions WHERE id = ANY (ARRAY(
  SELECT id FROM sessions WHERE end_day <= $1::bigint / 86400000
    AND CASE WHEN ended_at > 0 THEN least(ended_at, greatest(expires_at, refresh_until)) ELSE greatest(expires_at, refresh_until) END <= $1
  ORDER BY end_day LIMIT $N FOR UPDATE SKIP LOCKED))`

	sweepSecrets = `DELETE FROM secrets WHERE (account, digest) IN (
  SELECT account, digest FROM secrets WHERE expires_at > 0 AND expires_at <= $1 ORDER BY expires_at LIMIT $N FOR UPDATE SKIP LOCKED)`

	sweepSpent = `DELETE FROM secrets WHERE (account, digest) IN (
  SELECT account, digest FROM secrets WHERE expires_at = 0 AND used_at > 0 AND used_at <= $1 ORDER BY used_at LIMIT $N FOR UPDATE SKIP LOCKED)`

	sweepAttempts = `DELETE FROM attempts WHERE key = ANY (ARRAY(
  SELECT key FROM attempts WHERE dead_day <= $1::bigint / 86400000
  ORDER BY dead_day LIMIT $N FOR UPDATE SKIP LOCKED))`

	sweepPending = `DELETE FROM factors WHERE (account, id) IN (
  SELECT account, id FROM factors WHERE pending_until > 0 AND pending_until <= $1 ORDER BY pending_until LIMIT $N FOR UPDATE SKIP LOCKED)`

	sweepOnce = `DELETE FROM once WHERE digest = ANY (ARRAY(
  SELECT digest FROM once WHERE until <= $1 ORDER BY until LIMIT $N FOR UPDATE SKIP LOCKED))`

	sweepMarks = `DELETE FROM marks WHERE key = ANY (ARRAY(
  SELECT key FROM marks WHERE until <= $1 ORDER BY until LIMIT $N FOR UPDATE SKIP LOCKED))`

	// What goes soon is left to sweepRoutine, unless that has been there already. $1 the first id that stays.
	sweepEvents = `DELETE FROM events WHERE id = ANY (ARRAY(
  SELECT id FROM events WHERE id < $1 AND (name NOT IN ('sign_in', 'refreshed') OR id <= (SELECT routine FROM swept))
  ORDER BY id LIMIT $N FOR UPDATE SKIP LOCKED))`

	// Of what goes soon only those are looked at that are newer than the last one that was looked at before.
	// $1 the last id that goes.
	sweepRoutine = `WITH mark AS (
  SELECT routine FROM swept FOR UPDATE SKIP LOCKED
), seen AS (
  SELECT id, name FROM events WHERE id > (SELECT routine FROM mark) AND id <= $1 ORDER BY id LIMIT $N
), gone AS (
  DELETE FROM events WHERE id = ANY (ARRAY(SELECT id FROM seen WHERE name IN ('sign_in', 'refreshed')))
), moved AS (
  UPDATE swept SET routine = CASE WHEN (SELECT count(*) FROM seen) < $N THEN $1 ELSE (SELECT id FROM seen ORDER BY id DESC LIMIT 1) END
  FROM mark WHERE mark.routine < $1
)
SELECT 1 FROM seen`

	// A deleted parent without children is done with.
	sweepParents = `UPDATE accounts p SET orphans = false WHERE p.id = ANY (ARRAY(
  SELECT o.id FROM accounts o WHERE o.orphans
    AND (SELECT a.id FROM accounts a WHERE a.parent = o.id AND a.status <> 'deleted' ORDER BY a.parent, a.created_at, a.id LIMIT 1) IS NULL
  LIMIT $N FOR UPDATE SKIP LOCKED))`
)

// Children of deleted parents are locked and marked first, so that the statement behind it sees all that they ever had.
// The orders by parent keep the planner on the index of the parent's children, however many there are of one parent.
const markChildren = `UPDATE accounts SET orphans = true WHERE id = ANY (ARRAY(
  SELECT k.id FROM (SELECT id FROM accounts WHERE orphans ORDER BY id LIMIT $N) o CROSS JOIN LATERAL (
    SELECT a.id FROM accounts a WHERE a.parent = o.id AND a.status <> 'deleted'
    ORDER BY a.parent, a.created_at, a.id LIMIT $N FOR UPDATE SKIP LOCKED) k LIMIT $N))`

var sweepChildren = prepare(`WITH kids AS (
  SELECT id FROM accounts WHERE orphans AND parent <> `+root+`
), gone AS (
  UPDATE accounts a SET `+tombstone+`, orphans = false FROM kids WHERE a.id = kids.id RETURNING a.id, a.parent
), `+erase+`, less AS (
  UPDATE credits c SET children = c.children - g.n FROM (SELECT parent, count(*) AS n FROM gone GROUP BY parent) g WHERE c.owner = g.parent
)
SELECT count(*) FROM gone`, values[time.Time]{"now": field(func(now *time.Time) int64 { return millis(*now) })})

// Sweep meets [store.Sweeper].
func (s *Store) Sweep(ctx context.Context, limit int, now time.Time) (bool, error) {
	if limit < 1 {
		return false, ctx.Err()
	}
	var children int64
	of := func(sql string, args ...any) step {
		return step{sql: writtenOut(sql, limit), args: args}
	}
	steps := []step{
		of(markChildren),
		{sql: sweepChildren.Text, args: sweepChildren.Args(&now), scan: func(rows pgx.Rows) error { return rows.Scan(&children) }},
		of(sweepParents),
	}
	ended := millis(rules.Swept(now))
	kinds := []step{
		of(sweepEvents, id(rules.OldEvents(false, now))),
		of(sweepRoutine, id(before(rules.OldEvents(true, now)))),
	}
	for _, sql := range []string{sweepSessions, sweepSecrets, sweepSpent, sweepPending, sweepOnce, sweepAttempts, sweepMarks} {
		kinds = append(kinds, of(sql, ended))
	}
	counts := make([]int64, len(kinds))
	for i := range kinds {
		kinds[i].changed = &counts[i]
	}
	steps = append(steps, kinds...)
	if err := retry(ctx, func() error { return s.batch(ctx, steps) }); err != nil {
		return false, err
	}
	return max(children, slices.Max(counts)) == int64(limit), nil
}
