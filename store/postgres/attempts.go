package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// take is [store.Limit.Next] for all buckets at once. $1 keys $2 kinds (0 rate, 1 lock, 2 ceiling) $3 every $4 room $5
// free $6 base $7 max $8 window $9 marks that waive $10 now; durations in milliseconds. What refuses already at a
// glance is told from there: a refusal takes no lock and commits nothing, so that a storm of them costs little. Else
// the buckets are locked in the order of their keys. A bucket that was not there, but is by now, makes the statement
// fail (fence 0) and run again.
const take = `WITH ask AS (
  SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bytea[])
    WITH ORDINALITY AS a (key, kind, every, room, free, base, most, span, waive, ord)
), mark AS (
  SELECT a.ord, m.until FROM ask a JOIN marks m ON m.key = a.waive WHERE m.until > $10::bigint
), glance AS (
  SELECT NOT EXISTS (SELECT 1 FROM ask a JOIN attempts t ON t.key = a.key
    WHERE t.expires > $10 AND t.until > $10 AND NOT EXISTS (SELECT 1 FROM mark WHERE mark.ord = a.ord)) AS open
), held AS (
  SELECT key, n, until, expires, fence FROM attempts WHERE key = ANY ($1) AND (SELECT open FROM glance) ORDER BY key FOR UPDATE
), seen AS (
  SELECT * FROM held
  UNION ALL SELECT key, n, until, expires, fence FROM attempts WHERE key = ANY ($1) AND NOT (SELECT open FROM glance)
), state AS (
  SELECT a.*, mark.until AS marked, coalesce(s.fence, 0) AS fence, CASE WHEN s.expires > $10 THEN s.n ELSE 0 END AS n,
    CASE WHEN s.expires > $10 THEN s.until ELSE 0 END AS until, CASE WHEN s.expires > $10 THEN s.expires ELSE 0 END AS expires
  FROM ask a LEFT JOIN seen s ON s.key = a.key LEFT JOIN mark ON mark.ord = a.ord
), verdict AS (
  SELECT bool_and(until <= $10 OR marked IS NOT NULL) AS ok FROM state
), counted AS (
  SELECT s.*, greatest(s.until, $10 - s.room) + s.every AS later, CASE
    WHEN s.n + 1 < s.free THEN 0
    WHEN s.n + 1 - s.free < 20 AND s.base << (s.n + 1 - s.free)::int < s.most THEN s.base << (s.n + 1 - s.free)::int
    ELSE s.most END AS wait
  FROM state s, verdict WHERE verdict.ok AND s.until <= $10
), next AS (
  SELECT key, fence, CASE kind WHEN 0 THEN 0 ELSE n + 1 END AS n,
    CASE WHEN kind = 0 THEN later WHEN n + 1 < free THEN 0 WHEN kind = 1 THEN $10 + wait ELSE $10 + span END AS until,
    CASE WHEN kind = 0 THEN later + room WHEN kind = 1 THEN $10 + wait + span WHEN n = 0 OR n + 1 >= free THEN $10 + span ELSE expires END AS expires
  FROM counted
), put AS (
  INSERT INTO attempts AS t (key, n, until, expires, expires_day, fence)
  SELECT key, n, until, expires, expires / 86400000, fence + 1 FROM next ORDER BY key
  ON CONFLICT (key) DO UPDATE SET n = excluded.n, until = excluded.until, expires = excluded.expires, expires_day = excluded.expires_day,
    fence = CASE WHEN t.fence = excluded.fence - 1 THEN excluded.fence ELSE 0 END
  RETURNING t.key, t.n, t.until, t.expires
)
SELECT verdict.ok, put.key IS NOT NULL, coalesce(put.n, s.n), coalesce(put.until, s.until), coalesce(put.expires, s.expires), coalesce(s.marked, 0)`

const (
	takeRows   = ` FROM state s CROSS JOIN verdict LEFT JOIN put ON put.key = s.key ORDER BY s.ord`
	takeStrict = take + takeRows

	// The setting lasts as long as the transaction, which is this statement.
	takeRelaxed = take + ` FROM (SELECT set_config('synchronous_commit', 'off', true) AS off) relaxed
  CROSS JOIN state s CROSS JOIN verdict LEFT JOIN put ON put.key = s.key WHERE relaxed.off IS NOT NULL ORDER BY s.ord`
)

var release = prepare(`WITH `+askedAttempts+easeAttempts+`
`+addMark+whereMarked, releaseValues(func(t *releaseAt) *released { return t.released }),
	values[releaseAt]{"now": field(func(t *releaseAt) int64 { return millis(t.now) })})

const (
	// askedAttempts begins to release: what is asked for is locked in the order of keys. A condition may follow.
	askedAttempts = `asked AS (
  SELECT u.key, u.give, u.free FROM unnest(@released::bytea[], @give_back::boolean[], @free::bigint[]) AS u (key, give, free)
), held AS (
  SELECT t.key FROM attempts t WHERE t.key = ANY (@released)`

	// easeAttempts goes on: one attempt is given back, or all are forgotten.
	easeAttempts = ` ORDER BY t.key FOR UPDATE
), eased AS (
  UPDATE attempts t SET fence = t.fence + 1,
    n = CASE WHEN asked.give AND t.expires > @now::bigint THEN greatest(t.n - 1, 0) ELSE 0 END,
    until = CASE WHEN asked.give AND t.expires > @now AND t.n > asked.free THEN t.until ELSE 0 END,
    expires = CASE WHEN asked.give AND t.expires > @now THEN t.expires ELSE 0 END
  FROM held JOIN asked ON asked.key = held.key WHERE t.key = held.key
)`

	// addMark and whereMarked end it. A source of one row may stand between them.
	addMark     = `INSERT INTO marks AS m (key, until) SELECT @mark::bytea, @mark_until::bigint`
	whereMarked = ` WHERE @mark IS NOT NULL AND @mark_until > @now
  ON CONFLICT (key) DO UPDATE SET until = greatest(m.until, excluded.until)`
)

// Take meets [store.AttemptStore].
func (s *Store) Take(ctx context.Context, b []store.Bucket, now time.Time) (store.Decision, error) {
	d := store.Decision{Allowed: true}
	if len(b) == 0 {
		return d, ctx.Err()
	}
	args := takeArgs(b, now)
	err := retry(ctx, func() error {
		d.Outcomes = make([]store.Outcome, 0, len(b))
		return s.all(ctx, s.takeSQL, args, func(row pgx.Row) error {
			var o store.Outcome
			var until, expires, marked int64
			err := row.Scan(&d.Allowed, &o.Counted, &o.State.N, &until, &expires, &marked)
			o.State.Until, o.State.Expires, o.Marked = moment(until), moment(expires), moment(marked)
			d.Outcomes = append(d.Outcomes, o)
			return err
		})
	})
	if err != nil {
		return store.Decision{}, err
	}
	for i := range d.Outcomes {
		o := &d.Outcomes[i]
		o.Refused = rules.Refused(*o, now)
	}
	return d, nil
}

// takeArgs are the columns of the buckets, one array each.
func takeArgs(b []store.Bucket, now time.Time) []any {
	n := len(b)
	keys, waives := make([][]byte, n), make([][]byte, n)
	var column [7][]int64
	for i := range column {
		column[i] = make([]int64, n)
	}
	for i := range b {
		l := b[i].Limit
		keys[i], waives[i] = b[i].Key[:], []byte{}
		if b[i].Waive != (store.Digest{}) {
			waives[i] = b[i].Waive[:]
		}
		every := l.Every.Milliseconds()
		for c, v := range [7]int64{
			int64(l.Kind()), every, int64(l.Burst-1) * every, int64(l.Free), l.Base.Milliseconds(), l.Max.Milliseconds(), l.Window.Milliseconds(),
		} {
			column[c][i] = v
		}
	}
	return []any{keys, column[0], column[1], column[2], column[3], column[4], column[5], column[6], waives, millis(now)}
}

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
	keys  [][]byte
	gives []bool
	frees []int64
	mark  []byte
	until time.Time
}

// releaseAt is what Release does.
type releaseAt struct {
	*released
	now time.Time
}

// releaseValues are those of the statements that release, but for now.
func releaseValues[A any](of func(*A) *released) values[A] {
	return values[A]{
		"released":   field(func(a *A) [][]byte { return of(a).keys }),
		"give_back":  field(func(a *A) []bool { return of(a).gives }),
		"free":       field(func(a *A) []int64 { return of(a).frees }),
		"mark":       field(func(a *A) []byte { return of(a).mark }),
		"mark_until": field(func(a *A) int64 { return millis(of(a).until) }),
	}
}

// releaseOf names every key once; what is forgotten is not forgiven, too.
func releaseOf(t store.Release) *released {
	n := len(t.Forget) + len(t.Forgive)
	keys, gives, frees := make([][]byte, 0, n), make([]bool, 0, n), make([]int64, 0, n)
	known := make(map[store.Digest]bool, n)
	for _, key := range t.Forget {
		if !known[key] {
			known[key] = true
			keys, gives, frees = append(keys, key[:]), append(gives, false), append(frees, 0)
		}
	}
	for _, b := range t.Forgive {
		if !known[b.Key] && b.Limit.Forgives() {
			known[b.Key] = true
			keys, gives, frees = append(keys, b.Key[:]), append(gives, true), append(frees, int64(b.Limit.Free))
		}
	}
	return &released{keys, gives, frees, digestOrNull(t.Mark), t.Until}
}
