package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

const (
	sessionColumns = `s.id, s.account, s.epoch, s.audience, s.key_id, s.generation, s.rotated_at, s.network, s.agent,
  s.created_at, s.seen_at, s.proved_at, s.expires_at, s.refresh_until`

	// liveColumns go with liveJoins; the organization is its own, its owner's or its parent's.
	liveColumns = sessionColumns + `, a.parent, a.number, a.email, a.username, a.name, a.public_key, a.role, a.status,
  coalesce(p.status, 'active'), a.password_changed_at, a.password_temporary, a.verified_at > 0, a.proven_at > 0, a.factors <> 0,
  CASE WHEN a.organization IS NOT NULL THEN a.must_verify WHEN o.organization IS NOT NULL THEN o.must_verify ELSE coalesce(p.must_verify, false) END,
  CASE WHEN a.organization IS NOT NULL THEN a.must_factor WHEN o.organization IS NOT NULL THEN o.must_factor ELSE coalesce(p.must_factor, false) END,
  coalesce(p.key_master, a.key_master), coalesce(p.key_version, a.key_version)`
	liveJoins = ` JOIN accounts a ON a.id = s.account` + joinParent + ` LEFT JOIN accounts o ON o.id = a.organization_owner`

	alive   = ` AND s.epoch = a.epoch AND ` + undeleted
	active  = ` AND a.status = 'active' AND coalesce(p.status, 'active') = 'active'`
	current = `s.ended_at = 0 AND greatest(s.expires_at, s.refresh_until) > `

	sessionByID = `SELECT ` + liveColumns + ` FROM sessions s` + liveJoins + ` WHERE s.id = $1 AND ` + current + `$2` + alive

	listSessions = `SELECT ` + sessionColumns + ` FROM sessions s JOIN accounts a ON a.id = s.account` + joinParent + `
  WHERE s.account = $1 AND (s.created_at, s.id) > ($2::bigint, $3::uuid) AND ` + current + `$4` + alive + `
  ORDER BY s.created_at, s.id LIMIT $5`

	// ofOne is a live session of the account.
	ofOne = `
  FROM accounts a` + joinParent + ` WHERE a.id = @account AND s.id = @session AND s.account = @account AND ` + current + `@now::bigint` + alive

	// A statement that had to wait may see a session as it is and its account as it was. What it refused is therefore
	// confirmed by one that only reads, and so sees both at one moment. $1 session.
	sessionState = `SELECT ` + sessionColumns + `, s.ended_at <> 0, s.reused, a.epoch, a.status, coalesce(p.status, '')
  FROM sessions s JOIN accounts a ON a.id = s.account` + joinParent + ` WHERE s.id = $1`
)

// touchSession and revokeSession write a live session of the account.
var (
	touchSession = writing(`UPDATE sessions s SET seen_at = @now, proved_at = CASE WHEN @proved::boolean THEN @now ELSE s.proved_at END`+ofOne,
		values[holding]{"proved": field(func(h *holding) bool { return h.proved })})
	revokeSession = writing(`UPDATE sessions s SET ended_at = @now, end_day = least(s.end_day, @now / 86400000)` + ofOne)
)

func writing(sql string, more ...values[holding]) *assembly[holding] {
	return assemble(listing, func(p parts) (string, []values[holding]) {
		w := writer[holding]{groups: slices.Clone(more)}
		w.add(`WITH done AS (`+sql+` RETURNING 1)`, values[holding]{
			"account": field(func(h *holding) [16]byte { return h.account }),
			"session": field(func(h *holding) [16]byte { return h.session }),
			"now":     field(func(h *holding) int64 { return millis(h.now) }),
		})
		if p.has(listing) {
			w.add(logAll("done"), eventsValues(func(h *holding) events { return h.log }))
		}
		w.add(` SELECT 1 FROM done`)
		return w.done()
	})
}

// holding is a call of TouchSession or RevokeSession.
type holding struct {
	account, session uuid.UUID
	proved           bool
	events           []store.Event
	log              events
	now              time.Time
}

// rotateSession: the generation shown is the current one (moved), the one before within the grace (returned from cur)
// or an old one (ended).
var rotateSession = assemble(listing, func(p parts) (string, []values[rotation]) {
	var w writer[rotation]
	w.add(`WITH cur AS (
  SELECT s.* FROM sessions s
  WHERE s.id = @session AND s.ended_at = 0 AND s.refresh_until > @now::bigint
    AND EXISTS (SELECT 1 FROM accounts a`+joinParent+` WHERE a.id = s.account`+alive+active+`)
  FOR NO KEY UPDATE
), moved AS (
  UPDATE sessions s SET
    generation = CASE WHEN cur.generation = @shown::bigint THEN s.generation + 1 ELSE s.generation END,
    rotated_at = CASE WHEN cur.generation = @shown THEN @now ELSE s.rotated_at END,
    expires_at = CASE WHEN cur.generation = @shown THEN @expires_at::bigint ELSE s.expires_at END,
    refresh_until = CASE WHEN cur.generation = @shown THEN @refresh_until::bigint ELSE s.refresh_until END,
    end_day = CASE WHEN cur.generation = @shown THEN greatest(@expires_at, @refresh_until) / 86400000 ELSE least(s.end_day, @now / 86400000) END,
    ended_at = CASE WHEN cur.generation = @shown THEN 0 ELSE @now END,
    reused = cur.generation <> @shown
  FROM cur WHERE s.id = cur.id AND NOT (cur.generation = @shown + 1 AND @now < cur.rotated_at + @grace::bigint)
  RETURNING s.*
)`, values[rotation]{
		"session":       field(func(r *rotation) [16]byte { return r.Session }),
		"shown":         field(func(r *rotation) int { return r.Generation }),
		"now":           field(func(r *rotation) int64 { return millis(r.now) }),
		"grace":         field(func(r *rotation) int64 { return r.Grace.Milliseconds() }),
		"expires_at":    field(func(r *rotation) int64 { return millis(r.ExpiresAt) }),
		"refresh_until": field(func(r *rotation) int64 { return millis(r.RefreshUntil) }),
	})
	if p.has(listing) {
		w.add(logFrom(columnsOf(func(name, _ string) string { return "e." + name })+` FROM unnest(`+eventArrays+`, @on_reuse::boolean[])
    AS e (`+eventFields+`, on_reuse) JOIN moved ON moved.reused = e.on_reuse`, `moved`), eventsValues(func(r *rotation) events { return r.log }), values[rotation]{
			"on_reuse": field(func(r *rotation) []bool { return r.onReuse }),
		})
	}
	w.add(`, s AS (
  SELECT * FROM moved
  UNION ALL SELECT * FROM cur WHERE NOT EXISTS (SELECT 1 FROM moved)
)
SELECT s.reused, ` + liveColumns + ` FROM s` + liveJoins)
	return w.done()
})

// rotation is a call of RotateSession.
type rotation struct {
	store.Rotation
	log     events
	onReuse []bool // of each event: it is of the end by reuse, not of a generation that moves
	now     time.Time
}

func rotationOf(r store.Rotation, now time.Time) *rotation {
	moved, reused := distinct(r.Moved), distinct(r.Reused)
	x := &rotation{r, asColumns(slices.Concat(moved, reused)), make([]bool, len(moved)+len(reused)), now}
	for i := range reused {
		x.onReuse[len(moved)+i] = true
	}
	return x
}

// sessionTo returns where the columns of a session are scanned to; agent and times are filled by the caller.
func sessionTo(x *store.Session, agent *[]byte, times *moments) []any {
	t := times.of
	return []any{
		idTo(&x.ID), idTo(&x.Account), &x.Epoch, &x.Audience, &x.KeyID, &x.Generation, t(&x.RotatedAt), &x.Network, agent,
		times.ofCreation(&x.CreatedAt), t(&x.SeenAt), t(&x.ProvedAt), t(&x.ExpiresAt), t(&x.RefreshUntil),
	}
}

// liveRow is where a Live is scanned to.
type liveRow struct {
	store.Live
	agent []byte
	times moments
}

func (r *liveRow) to() []any {
	l := &r.Live
	r.times = make(moments, 0, 7)
	return append(sessionTo(&l.Session, &r.agent, &r.times),
		idTo(&l.Parent), &l.Number, &l.Email, &l.Username, &l.Name, &l.PublicKey, &l.Role, &l.Status, &l.ParentStatus,
		r.times.of(&l.PasswordChangedAt), &l.PasswordTemporary, &l.Verified, &l.Proven, &l.HasFactor, &l.MustVerify, &l.MustFactor, &l.KeyMaster, &l.KeyVersion)
}

func (r *liveRow) value() store.Live {
	r.times.fill()
	r.Live.Session.Agent = string(r.agent)
	return r.Live
}

// Session meets [store.SessionStore].
func (s *Store) Session(ctx context.Context, session uuid.UUID, now time.Time) (store.Live, error) {
	var row liveRow
	err := retry(ctx, func() error {
		found, err := s.one(ctx, sessionByID, []any{id(session), millis(now)}, row.to()...)
		if err == nil && !found {
			return store.ErrNotFound
		}
		return err
	})
	if err != nil {
		return store.Live{}, err
	}
	return row.value(), nil
}

// RotateSession meets [store.SessionStore].
func (s *Store) RotateSession(ctx context.Context, r store.Rotation, now time.Time) (store.Live, error) {
	sql := rotateSession.of(listing.when(len(r.Moved)+len(r.Reused) > 0))
	args := sql.Args(rotationOf(r, now))
	var row liveRow
	err := retry(ctx, func() error {
		var reused bool
		found, err := s.one(ctx, sql.Text, args, append([]any{&reused}, row.to()...)...)
		switch {
		case err != nil:
			return err
		case !found:
			return s.whyNotRotated(ctx, r, now)
		case reused:
			return store.Conflict{}
		}
		return nil
	})
	if err != nil {
		return store.Live{}, err
	}
	return row.value(), nil
}

// whyNotRotated returns the error of a rotation that found nothing to act on.
func (s *Store) whyNotRotated(ctx context.Context, r store.Rotation, now time.Time) error {
	x, standing, err := s.held(ctx, r.Session)
	if err != nil {
		return err
	}
	done, err := rules.Rotate(r, x, standing, now)
	if err == nil || done.Reuse { // there is something to act on now
		return errRaced
	}
	return err
}

// held looks up what decides about a session; nil: there is none.
func (s *Store) held(ctx context.Context, session uuid.UUID) (x *store.Session, w rules.Standing, err error) {
	var row store.Session
	var agent []byte
	var times moments
	to := append(sessionTo(&row, &agent, &times), &w.Ended, &w.Reused, &w.Epoch, &w.Status, &w.Parent)
	found, err := s.one(ctx, sessionState, []any{id(session)}, to...)
	if err != nil || !found {
		return nil, w, err
	}
	times.fill()
	return &row, w, nil
}

// TouchSession meets [store.SessionStore].
func (s *Store) TouchSession(ctx context.Context, t store.Touch, now time.Time) error {
	return s.changeLive(ctx, touchSession, &holding{account: t.Account, session: t.Session, proved: t.Proved, events: t.Events, now: now})
}

// RevokeSession meets [store.SessionStore].
func (s *Store) RevokeSession(ctx context.Context, r store.Revocation, now time.Time) error {
	return s.changeLive(ctx, revokeSession, &holding{account: r.Account, session: r.Session, events: r.Events, now: now})
}

// changeLive runs a statement that changes a live session of the account; ErrNotFound: there is none.
func (s *Store) changeLive(ctx context.Context, way *assembly[holding], h *holding) error {
	h.log = eventsOf(h.events)
	sql := way.of(listing.when(len(h.events) > 0))
	args := sql.Args(h)
	return retry(ctx, func() error {
		n, err := s.run(ctx, sql.Text, args)
		if err != nil || n > 0 {
			return err
		}
		x, standing, err := s.held(ctx, h.session)
		if err != nil {
			return err
		}
		if err := rules.Hold(h.account, x, standing, h.now); err != nil {
			return err
		}
		return errRaced
	})
}

// ListSessions meets [store.SessionStore].
func (s *Store) ListSessions(ctx context.Context, account uuid.UUID, p store.Page, now time.Time) (page []store.Session, err error) {
	start, after := rules.Start(store.Page{After: p.After})
	args := []any{id(account), start, id(after), millis(now), p.Limit}
	err = retry(ctx, func() error {
		page = nil
		return s.all(ctx, listSessions, args, func(row pgx.Row) error {
			var x store.Session
			var agent []byte
			var times moments
			err := row.Scan(sessionTo(&x, &agent, &times)...)
			times.fill()
			x.Agent = string(agent)
			page = append(page, x)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}
