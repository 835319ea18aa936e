package postgres

import (
	"context"
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
  coalesce(p.status, 'active'), a.password_changed_at, a.password_temporary, a.verified_at > 0, length(a.totp) > 0,
  CASE WHEN a.organization IS NOT NULL THEN a.must_verify WHEN o.organization IS NOT NULL THEN o.must_verify ELSE coalesce(p.must_verify, false) END,
  CASE WHEN a.organization IS NOT NULL THEN a.must_factor WHEN o.organization IS NOT NULL THEN o.must_factor ELSE coalesce(p.must_factor, false) END,
  coalesce(p.key_master, a.key_master), coalesce(p.key_version, a.key_version)`
	liveJoins = ` JOIN accounts a ON a.id = s.account` + joinParent + ` LEFT JOIN accounts o ON o.id = a.organization_owner`

	alive   = ` AND s.epoch = a.epoch AND ` + undeleted
	active  = ` AND a.status = 'active' AND coalesce(p.status, 'active') = 'active'`
	current = `s.ended_at = 0 AND greatest(s.expires_at, s.refresh_until) > `

	sessionByID = `SELECT ` + liveColumns + ` FROM sessions s` + liveJoins + ` WHERE s.id = $1 AND ` + current + `$2` + alive

	listSessions = `SELECT ` + sessionColumns + ` FROM sessions s JOIN accounts a ON a.id = s.account` + joinParent + `
  WHERE s.account = $1 AND s.id > $2 AND ` + current + `$3` + alive + ` ORDER BY s.id LIMIT $4`

	// ofOne is a live session of the account. $1 session $2 account $3 now.
	ofOne = `
  FROM accounts a` + joinParent + ` WHERE a.id = $2 AND s.id = $1 AND s.account = $2 AND ` + current + `$3::bigint` + alive

	// $4 proved.
	touchSession = `UPDATE sessions s SET seen_at = $3, proved_at = CASE WHEN $4::boolean THEN $3 ELSE s.proved_at END` + ofOne

	revokeSession = `UPDATE sessions s SET ended_at = $3, end_day = least(s.end_day, $3 / 86400000)` + ofOne

	// rotateSession: the generation shown is the current one (moved), the one before within the grace (returned from
	// cur) or an old one (ended). $1 session $2 generation $3 now $4 grace $5 expiry $6 refresh until.
	rotateSession = `WITH cur AS (
  SELECT s.* FROM sessions s
  WHERE s.id = $1 AND s.ended_at = 0 AND s.refresh_until > $3::bigint
    AND EXISTS (SELECT 1 FROM accounts a` + joinParent + ` WHERE a.id = s.account` + alive + active + `)
  FOR NO KEY UPDATE
), moved AS (
  UPDATE sessions s SET
    generation = CASE WHEN cur.generation = $2::bigint THEN s.generation + 1 ELSE s.generation END,
    rotated_at = CASE WHEN cur.generation = $2 THEN $3 ELSE s.rotated_at END,
    expires_at = CASE WHEN cur.generation = $2 THEN $5::bigint ELSE s.expires_at END,
    refresh_until = CASE WHEN cur.generation = $2 THEN $6::bigint ELSE s.refresh_until END,
    end_day = CASE WHEN cur.generation = $2 THEN greatest($5, $6) / 86400000 ELSE least(s.end_day, $3 / 86400000) END,
    ended_at = CASE WHEN cur.generation = $2 THEN 0 ELSE $3 END,
    reused = cur.generation <> $2
  FROM cur WHERE s.id = cur.id AND NOT (cur.generation = $2 + 1 AND $3 < cur.rotated_at + $4::bigint)
  RETURNING s.*
), s AS (
  SELECT * FROM moved
  UNION ALL SELECT * FROM cur WHERE NOT EXISTS (SELECT 1 FROM moved)
)
SELECT s.reused, ` + liveColumns + ` FROM s` + liveJoins

	// A statement that had to wait may see a session as it is and its account as it was. What it refused is therefore
	// confirmed by one that only reads, and so sees both at one moment. $1 session.
	sessionState = `SELECT ` + sessionColumns + `, s.ended_at <> 0, s.reused, a.epoch, a.status, coalesce(p.status, '')
  FROM sessions s JOIN accounts a ON a.id = s.account` + joinParent + ` WHERE s.id = $1`
)

// sessionTo returns where the columns of a session are scanned to; agent and times are filled by the caller.
func sessionTo(x *store.Session, agent *[]byte, times *moments) []any {
	t := times.of
	return []any{
		idTo(&x.ID), idTo(&x.Account), &x.Epoch, &x.Audience, &x.KeyID, &x.Generation, t(&x.RotatedAt), &x.Network, agent,
		t(&x.CreatedAt), t(&x.SeenAt), t(&x.ProvedAt), t(&x.ExpiresAt), t(&x.RefreshUntil),
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
		r.times.of(&l.PasswordChangedAt), &l.PasswordTemporary, &l.Verified, &l.HasFactor, &l.MustVerify, &l.MustFactor, &l.KeyMaster, &l.KeyVersion)
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
	args := []any{id(r.Session), r.Generation, millis(now), r.Grace.Milliseconds(), millis(r.ExpiresAt), millis(r.RefreshUntil)}
	var row liveRow
	err := retry(ctx, func() error {
		var reused bool
		found, err := s.one(ctx, rotateSession, args, append([]any{&reused}, row.to()...)...)
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
	return s.changeLive(ctx, t.Account, t.Session, now, touchSession, t.Proved)
}

// RevokeSession meets [store.SessionStore].
func (s *Store) RevokeSession(ctx context.Context, account, session uuid.UUID, now time.Time) error {
	return s.changeLive(ctx, account, session, now, revokeSession)
}

// changeLive runs a statement that changes a live session of the account; ErrNotFound: there is none.
func (s *Store) changeLive(ctx context.Context, account, session uuid.UUID, now time.Time, sql string, more ...any) error {
	args := append([]any{id(session), id(account), millis(now)}, more...)
	return retry(ctx, func() error {
		tag, err := s.pool.Exec(ctx, sql, args...)
		if err != nil || tag.RowsAffected() > 0 {
			return err
		}
		x, standing, err := s.held(ctx, session)
		if err != nil {
			return err
		}
		if err := rules.Hold(account, x, standing, now); err != nil {
			return err
		}
		return errRaced
	})
}

// ListSessions meets [store.SessionStore].
func (s *Store) ListSessions(ctx context.Context, account uuid.UUID, p store.Page, now time.Time) (page []store.Session, err error) {
	err = retry(ctx, func() error {
		page = nil
		return s.all(ctx, listSessions, []any{id(account), id(p.After), millis(now), p.Limit}, func(row pgx.Row) error {
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
