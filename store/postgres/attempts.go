package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// What take and release share. Durations are milliseconds; kinds are 0 rate, 1 lock, 2 ceiling, and longest and
// remembers are those of Limit.Longest.
const (
	heldFor = `30000` // store.HeldFor

	// pardonOf is the moment of a live pardon of each of asked.
	pardonOf = `pardon AS (
  SELECT a.key, m.at FROM asked a JOIN marks m ON m.key = a.pardon WHERE m.until > @now::bigint AND m.at > 0 AND m.at <= @now
)`

	// heldColumns are what stood takes of attempts t.
	heldColumns = `t.n AS held_n, t.until AS held_until, t.expires AS held_expires, t.at AS held_at, t.held AS places, t.held_until AS places_until`
)

// stood is Limit.Stand for the rows of s, which are asked with their attempts: what was pardoned is empty, what is too
// late is cut, lost places are failures, and what has expired is gone. Each step is fenced by an OFFSET, or the planner
// would write one into the other, and all of it many times.
var stood = `
  CROSS JOIN LATERAL (SELECT CASE WHEN ` + noState + ` THEN 0 ELSE s.held_n END AS n,
    CASE WHEN ` + noState + ` THEN 0 ELSE least(s.held_until, @now + s.longest) END AS until,
    CASE WHEN ` + noState + ` THEN 0 ELSE least(s.held_expires, @now + s.longest + s.remembers) END AS expires,
    CASE WHEN ` + noState + ` THEN 0 ELSE least(s.held_at, @now) END AS at,
    CASE WHEN ` + noState + ` THEN 0 ELSE s.places END AS places,
    CASE WHEN ` + noState + ` THEN 0 ELSE least(s.places_until, @now + ` + heldFor + `) END AS places_until,
    NOT (` + noState + `) AND ` + cut("s.held_until", "s.held_expires", "s.held_at", "s.places_until", "s") + ` AS cut OFFSET 0) c
  CROSS JOIN LATERAL (SELECT ` + lost + ` AS lost, ` + failedBefore + ` AS before, CASE WHEN ` + lost + ` THEN ` + failedBefore + ` + c.places ELSE c.n END AS n OFFSET 0) f
  CROSS JOIN LATERAL (SELECT ` + failed("f.n", "f.before", "c.places_until", "c.expires") + ` OFFSET 0) l
  CROSS JOIN LATERAL (SELECT CASE WHEN ` + remembered + ` THEN f.n ELSE 0 END AS n,
    CASE WHEN ` + remembered + ` THEN CASE WHEN lost THEN l.until ELSE c.until END ELSE 0 END AS until,
    CASE WHEN ` + remembered + ` THEN CASE WHEN lost THEN l.expires ELSE c.expires END ELSE 0 END AS expires,
    CASE WHEN ` + remembered + ` OR c.places > 0 AND NOT lost THEN c.at ELSE 0 END AS at,
    CASE WHEN lost THEN 0 ELSE c.places END AS places, CASE WHEN lost THEN 0 ELSE c.places_until END AS places_until, c.cut OFFSET 0) x`

const (
	noState      = `s.held_n IS NULL OR coalesce(s.pardoned >= s.held_at, false)`
	lost         = `(c.places > 0 AND c.places_until <= @now)`
	failedBefore = `CASE WHEN c.expires <= c.places_until THEN 0 ELSE c.n END`
	remembered   = `CASE WHEN lost THEN l.expires ELSE c.expires END > @now`
)

// cut is whether Limit.Clamp would.
func cut(until, expires, at, heldUntil, limit string) string {
	longest, remembers := limit+".longest", limit+".remembers"
	return `(` + until + ` > @now + ` + longest + ` OR ` + expires + ` > @now + ` + longest + ` + ` + remembers + ` OR ` + at + ` > @now
      OR ` + heldUntil + ` > @now + ` + heldFor + `)`
}

// failed is Limit.fail: until and expires of n failures, before of them earlier, after some at the moment.
func failed(n, before, moment, expires string) string {
	over := n + ` - s.free`
	wait := `CASE WHEN ` + over + ` < 20 AND s.base << (` + over + `)::int < s.longest THEN s.base << (` + over + `)::int ELSE s.longest END`
	return `CASE WHEN ` + over + ` < 0 THEN 0 WHEN s.kind = 1 THEN ` + moment + ` + ` + wait + ` ELSE ` + moment + ` + s.longest END AS until,
    CASE WHEN s.kind = 1 AND ` + over + ` < 0 THEN ` + moment + ` + s.remembers WHEN s.kind = 1 THEN ` + moment + ` + ` + wait + ` + s.remembers
      WHEN ` + over + ` >= 0 OR ` + before + ` = 0 THEN ` + moment + ` + s.longest ELSE ` + expires + ` END AS expires`
}

// deadDay is after the day on which a row of n, which will be written, means nothing any more.
const deadDay = `greatest(n.expires, CASE WHEN n.places > 0 THEN n.places_until + n.longest + n.remembers ELSE 0 END) / 86400000 + 1`

// take is [store.Limit.Next] for all buckets at once. What stops it already at a glance is told from there: that takes
// no lock and commits nothing, so that a storm of refusals costs little. Else the buckets are locked in the order of
// their keys. A bucket that was not there, but is by now, makes the statement fail (fence 0) and run again.
var take = `WITH asked AS (
  SELECT * FROM unnest(@keys::bytea[], @kinds::bigint[], @free::bigint[], @base::bigint[], @longest::bigint[], @remembers::bigint[],
    @waives::bytea[], @pardons::bytea[]) WITH ORDINALITY AS a (key, kind, free, base, longest, remembers, waive, pardon, ord)
), mark AS (
  SELECT a.ord, m.until, m.owner FROM asked a JOIN marks m ON m.key = a.waive WHERE m.until > @now
), ` + pardonOf + `, glance AS (
  SELECT coalesce(bool_or(g.cut) OR NOT bool_or(g.stops), true) AS open FROM (
    SELECT ` + cut("t.until", "t.expires", "t.at", "t.held_until", "a") + ` AS cut, mark.ord IS NULL AND (t.until > @now
      OR t.held_until > @now AND t.held >= greatest(1, a.free - CASE WHEN t.expires > @now THEN t.n ELSE 0 END)) AS stops
    FROM asked a JOIN attempts t ON t.key = a.key LEFT JOIN pardon p ON p.key = a.key LEFT JOIN mark ON mark.ord = a.ord
    WHERE NOT coalesce(p.at >= t.at, false)) g
), held AS (
  SELECT t.key, t.fence, ` + heldColumns + ` FROM attempts t WHERE t.key = ANY (@keys) AND (SELECT open FROM glance) ORDER BY t.key FOR UPDATE
), seen AS (
  SELECT * FROM held
  UNION ALL SELECT t.key, t.fence, ` + heldColumns + ` FROM attempts t WHERE t.key = ANY (@keys) AND NOT (SELECT open FROM glance)
), state AS (
  SELECT s.ord, s.key, s.kind, s.longest, s.remembers, coalesce(s.fence, 0) AS fence, mark.until AS marked, mark.owner, x.*,
    x.until <= @now AND ` + roomy + ` AS fits
  FROM (SELECT a.*, p.at AS pardoned, t.fence, t.held_n, t.held_until, t.held_expires, t.held_at, t.places, t.places_until
    FROM asked a LEFT JOIN seen t ON t.key = a.key LEFT JOIN pardon p ON p.key = a.key) s` + stood + ` LEFT JOIN mark ON mark.ord = s.ord
), verdict AS (
  SELECT bool_and(fits OR marked IS NOT NULL) AS ok FROM state
), rated AS (
  SELECT s.*, verdict.ok AND s.fits AS counted, greatest(s.until, @now - s.remembers) + s.longest AS later FROM state s, verdict
), next AS (
  SELECT ord, key, fence, longest, remembers, counted, CASE WHEN counted AND kind = 0 THEN 0 ELSE n END AS n,
    CASE WHEN counted AND kind = 0 THEN later ELSE until END AS until,
    CASE WHEN counted AND kind = 0 THEN later + remembers ELSE expires END AS expires, CASE WHEN counted THEN @now ELSE at END AS at,
    CASE WHEN counted AND kind > 0 THEN places + 1 ELSE places END AS places,
    CASE WHEN counted AND kind > 0 THEN @now + ` + heldFor + ` ELSE places_until END AS places_until, cut, fits, marked, owner
  FROM rated
), put AS (
  INSERT INTO attempts AS t (key, n, until, expires, at, held, held_until, dead_day, fence)
  SELECT n.key, n.n, n.until, n.expires, n.at, n.places, n.places_until, ` + deadDay + `, n.fence + 1
  FROM next n WHERE n.counted OR n.cut ORDER BY n.key
  ON CONFLICT (key) DO UPDATE SET n = excluded.n, until = excluded.until, expires = excluded.expires, at = excluded.at, held = excluded.held,
    held_until = excluded.held_until, dead_day = CASE WHEN excluded.expires = 0 AND excluded.held = 0 THEN t.dead_day ELSE excluded.dead_day END,
    fence = CASE WHEN t.fence = excluded.fence - 1 THEN excluded.fence ELSE 0 END
  RETURNING t.key
)
SELECT verdict.ok, n.fits, n.n, n.until, n.expires, n.at, n.places, n.places_until, coalesce(n.marked, 0), coalesce(n.owner, ` + root + `)`

const (
	// roomy is whether a bucket that does not refuse has a free place.
	roomy = `(s.kind = 0 OR x.places < greatest(1, s.free - x.n))`

	takeRows = ` FROM next n CROSS JOIN verdict LEFT JOIN put ON put.key = n.key ORDER BY n.ord`

	// The setting lasts as long as the transaction, which is this statement.
	relaxedRows = ` FROM (SELECT set_config('synchronous_commit', 'off', true) AS off) relaxed
  CROSS JOIN next n CROSS JOIN verdict LEFT JOIN put ON put.key = n.key WHERE relaxed.off IS NOT NULL ORDER BY n.ord`
)

var (
	takeStrict  = prepare(take+takeRows, takeValues)
	takeRelaxed = prepare(take+relaxedRows, takeValues)

	takeValues = values[taking]{
		"keys":      field(func(t *taking) [][]byte { return t.keys }),
		"kinds":     field(func(t *taking) []int64 { return t.kinds }),
		"free":      field(func(t *taking) []int64 { return t.free }),
		"base":      field(func(t *taking) []int64 { return t.base }),
		"longest":   field(func(t *taking) []int64 { return t.longest }),
		"remembers": field(func(t *taking) []int64 { return t.remembers }),
		"waives":    field(func(t *taking) [][]byte { return t.waives }),
		"pardons":   field(func(t *taking) [][]byte { return t.pardons }),
		"now":       field(func(t *taking) int64 { return millis(t.now) }),
	}
)

// buckets are [store.Bucket]s in columns.
type buckets struct {
	keys, waives, pardons                 [][]byte
	kinds, free, base, longest, remembers []int64
}

func (c *buckets) add(b *store.Bucket) {
	refuses, remembers := b.Limit.Longest()
	c.keys = append(c.keys, b.Key[:])
	c.waives = append(c.waives, digestOrNull(b.Waive))
	c.pardons = append(c.pardons, digestOrNull(b.Pardon))
	c.kinds = append(c.kinds, int64(b.Limit.Kind()))
	c.free = append(c.free, int64(b.Limit.Free))
	c.base = append(c.base, b.Limit.Base.Milliseconds())
	c.longest = append(c.longest, refuses.Milliseconds())
	c.remembers = append(c.remembers, remembers.Milliseconds())
}

// taking is a call of Take.
type taking struct {
	buckets
	now time.Time
}

// Take meets [store.AttemptStore].
func (s *Store) Take(ctx context.Context, b []store.Bucket, now time.Time) (store.Decision, error) {
	d := store.Decision{Allowed: true}
	if len(b) == 0 {
		return d, ctx.Err()
	}
	t := taking{now: now}
	for i := range b {
		t.add(&b[i])
	}
	sql := &takeStrict
	if s.relaxed {
		sql = &takeRelaxed
	}
	args := sql.Args(&t)
	err := retry(ctx, func() error {
		d.Outcomes = make([]store.Outcome, 0, len(b))
		return s.all(ctx, sql.Text, args, func(row pgx.Row) error {
			var o store.Outcome
			var until, expires, at, heldUntil, marked int64
			var fits bool
			err := row.Scan(&d.Allowed, &fits, &o.State.N, &until, &expires, &at, &o.State.Held, &heldUntil, &marked, idTo(&o.Owner))
			o.State.Until, o.State.Expires, o.State.At, o.State.HeldUntil = moment(until), moment(expires), moment(at), moment(heldUntil)
			o.Marked, o.Counted = moment(marked), fits && d.Allowed
			rules.Judge(&o, fits, now)
			d.Outcomes = append(d.Outcomes, o)
			return err
		})
	})
	if err != nil {
		return store.Decision{}, err
	}
	return d, nil
}

// asRelease begins to release: what is asked for is locked in the order of keys. A condition may follow.
const asRelease = `asked AS (
  SELECT * FROM unnest(@released::bytea[], @kinds::bigint[], @free::bigint[], @base::bigint[], @longest::bigint[], @remembers::bigint[],
    @pardoned::bytea[], @fails::boolean[], @gives::boolean[], @forgets::boolean[]) AS a (key, kind, free, base, longest, remembers, pardon, fail, give, forget)
), ` + pardonOf + `, held AS (
  SELECT t.key, ` + heldColumns + ` FROM attempts t WHERE t.key = ANY (@released)`

// easeAttempts goes on: Limit.Fail or Limit.Forgive, then Limit.Forget.
var easeAttempts = ` ORDER BY t.key FOR UPDATE
), state AS (
  SELECT s.*, x.n, x.until, x.expires, x.at, x.places AS had, x.places_until AS had_until
  FROM (SELECT a.*, p.at AS pardoned, t.held_n, t.held_until, t.held_expires, t.held_at, t.places, t.places_until
    FROM asked a JOIN held t ON t.key = a.key LEFT JOIN pardon p ON p.key = a.key) s` + stood + `
), settled AS (
  SELECT s.*, s.fail AND s.had > 0 AS failed, CASE WHEN s.fail AND s.had > 0 THEN s.n + 1 WHEN s.give AND s.had = 0 THEN greatest(0, s.n - 1) ELSE s.n END AS m,
    CASE WHEN s.fail OR s.give THEN greatest(0, s.had - 1) ELSE s.had END AS rest FROM state s
), moved AS (
  SELECT s.key, s.longest, s.remembers, s.m, s.rest, s.had_until, CASE WHEN s.failed THEN @now ELSE s.at END AS at,
    NOT s.forget AND (s.failed OR s.expires > 0) AS kept, CASE WHEN s.failed THEN l.until WHEN s.m < s.free THEN 0 ELSE s.until END AS until,
    CASE WHEN s.failed THEN l.expires ELSE s.expires END AS expires
  FROM settled s CROSS JOIN LATERAL (SELECT ` + failed("s.m", "s.n", "@now", "s.expires") + ` OFFSET 0) l
), next AS (
  SELECT key, longest, remembers, CASE WHEN kept THEN m ELSE 0 END AS n, CASE WHEN kept THEN until ELSE 0 END AS until,
    CASE WHEN kept THEN expires ELSE 0 END AS expires, CASE WHEN kept OR rest > 0 THEN at ELSE 0 END AS at,
    rest AS places, CASE WHEN rest > 0 THEN had_until ELSE 0 END AS places_until FROM moved
), eased AS (
  UPDATE attempts t SET fence = t.fence + 1, n = n.n, until = n.until, expires = n.expires, at = n.at, held = n.places, held_until = n.places_until,
    dead_day = CASE WHEN n.expires = 0 AND n.places = 0 THEN t.dead_day ELSE ` + deadDay + ` END FROM next n WHERE t.key = n.key
)`

const (
	// addMarks and whereMarked end it. A source of one row may stand between them.
	addMarks = `INSERT INTO marks AS m (key, owner, at, until) SELECT y.key, y.owner, y.at, y.until FROM (
    SELECT u.key, @mark_owner::uuid AS owner, 0::bigint AS at, @mark_until::bigint AS until FROM unnest(@marks::bytea[]) AS u (key)
    UNION ALL SELECT u.key, ` + root + `, @now, @pardon_until::bigint FROM unnest(@pardon_keys::bytea[]) AS u (key)) y`
	whereMarked = ` WHERE y.until > @now ORDER BY y.key
  ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, at = excluded.at,
    until = CASE WHEN m.owner = excluded.owner THEN greatest(m.until, excluded.until) ELSE excluded.until END`
)

var release = prepare(`WITH `+asRelease+easeAttempts+`
`+addMarks+whereMarked, releaseValues(func(t *releaseAt) *released { return t.released }),
	values[releaseAt]{"now": field(func(t *releaseAt) int64 { return millis(t.now) })})

// Release meets [store.AttemptStore].
func (s *Store) Release(ctx context.Context, t store.Release, now time.Time) error {
	if t.Zero() {
		return ctx.Err()
	}
	at := releaseAt{releaseOf(t), now}
	_, err := s.exec(ctx, release.Text, release.Args(&at)...)
	return err
}

// released is a [store.Release] in columns.
type released struct {
	buckets
	fails, gives, forgets []bool
	marks                 [][]byte
	owner                 uuid.UUID
	until                 time.Time
	granted               [][]byte // pardons
	grantedUntil          time.Time
}

// releaseAt is what Release does.
type releaseAt struct {
	*released
	now time.Time
}

// releaseValues are those of the statements that release, but for now.
func releaseValues[A any](of func(*A) *released) values[A] {
	return values[A]{
		"released":     field(func(a *A) [][]byte { return of(a).keys }),
		"kinds":        field(func(a *A) []int64 { return of(a).kinds }),
		"free":         field(func(a *A) []int64 { return of(a).free }),
		"base":         field(func(a *A) []int64 { return of(a).base }),
		"longest":      field(func(a *A) []int64 { return of(a).longest }),
		"remembers":    field(func(a *A) []int64 { return of(a).remembers }),
		"pardoned":     field(func(a *A) [][]byte { return of(a).pardons }),
		"fails":        field(func(a *A) []bool { return of(a).fails }),
		"gives":        field(func(a *A) []bool { return of(a).gives }),
		"forgets":      field(func(a *A) []bool { return of(a).forgets }),
		"marks":        field(func(a *A) [][]byte { return of(a).marks }),
		"mark_owner":   field(func(a *A) [16]byte { return of(a).owner }),
		"mark_until":   field(func(a *A) int64 { return millis(of(a).until) }),
		"pardon_keys":  field(func(a *A) [][]byte { return of(a).granted }),
		"pardon_until": field(func(a *A) int64 { return millis(of(a).grantedUntil) }),
	}
}

// releaseOf names every key once.
func releaseOf(t store.Release) *released {
	r := &released{marks: digests(t.Marks), owner: t.Owner, granted: digests(t.Pardon), until: t.Until, grantedUntil: t.PardonUntil}
	for _, x := range rules.Settlings(t) {
		r.add(x.Bucket)
		r.fails, r.gives, r.forgets = append(r.fails, x.Fail), append(r.gives, x.Forgive), append(r.forgets, x.Forget)
	}
	return r
}

// digests names each once.
func digests(list []store.Digest) [][]byte {
	keys, known := make([][]byte, 0, len(list)), make(map[store.Digest]bool, len(list))
	for _, key := range list {
		if !known[key] {
			known[key] = true
			keys = append(keys, key[:])
		}
	}
	return keys
}
