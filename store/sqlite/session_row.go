package sqlite

import (
	"context"
	"database/sql/driver"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// sessionColumns are those that sessionOf reads, in its order, of sessions as s.
const sessionColumns = `s.id, s.account, s.epoch, s.audience, s.key_id, s.generation, s.rotated_at, s.network, s.agent,
  s.created_at, s.seen_at, s.proved_at, s.expires_at, s.refresh_until`

func sessionOf(r *row) store.Session {
	return store.Session{
		ID: r.id(), Account: r.id(), Epoch: r.int(), Audience: store.Audience(r.text()), KeyID: r.text(),
		Generation: int(r.int()), RotatedAt: r.time(), Network: r.text(), Agent: r.text(),
		CreatedAt: r.time(), SeenAt: r.time(), ProvedAt: r.time(), ExpiresAt: r.time(), RefreshUntil: r.time(),
	}
}

var insertSession = prepare(`INSERT INTO sessions (id, account, epoch, audience, key_id, generation, rotated_at, network, agent,
  created_at, seen_at, proved_at, expires_at, refresh_until, ends_at)
  VALUES (@id, @account, @epoch, @audience, @key_id, @generation, @rotated_at, @network, @agent,
  @created_at, @seen_at, @proved_at, @expires_at, @refresh_until, @ends_at)`, values[store.Session]{
	"id":            field(func(x *store.Session) []byte { return x.ID[:] }),
	"account":       field(func(x *store.Session) []byte { return x.Account[:] }),
	"epoch":         field(func(x *store.Session) int64 { return x.Epoch }),
	"audience":      field(func(x *store.Session) string { return string(x.Audience) }),
	"key_id":        field(func(x *store.Session) string { return x.KeyID }),
	"generation":    field(func(x *store.Session) int64 { return int64(x.Generation) }),
	"rotated_at":    field(func(x *store.Session) driver.Value { return millis(x.RotatedAt) }),
	"network":       field(func(x *store.Session) string { return x.Network }),
	"agent":         field(func(x *store.Session) string { return x.Agent }),
	"created_at":    field(func(x *store.Session) int64 { return x.CreatedAt.UnixMilli() }),
	"seen_at":       field(func(x *store.Session) driver.Value { return millis(x.SeenAt) }),
	"proved_at":     field(func(x *store.Session) driver.Value { return millis(x.ProvedAt) }),
	"expires_at":    field(func(x *store.Session) driver.Value { return millis(x.ExpiresAt) }),
	"refresh_until": field(func(x *store.Session) driver.Value { return millis(x.RefreshUntil) }),
	"ends_at":       field(func(x *store.Session) int64 { return x.EndsAt().UnixMilli() }),
})

// The flags are those of its own organization, else of its owner's, else of its parent's.
const selectHeld = `SELECT ` + sessionColumns + `,
  a.parent, a.number, a.email, a.username, a.name, a.public_key, a.role, a.status, coalesce(p.status, 'active'),
  a.password_changed_at, a.password_temporary, a.email_verified_at IS NOT NULL,
  a.email_proven_at IS NOT NULL, a.factors <> 0,
  CASE WHEN a.organized THEN a.must_verify WHEN o.organized THEN o.must_verify ELSE coalesce(p.must_verify, 0) END,
  CASE WHEN a.organized THEN a.must_factor WHEN o.organized THEN o.must_factor ELSE coalesce(p.must_factor, 0) END,
  coalesce(p.key_master, a.key_master), coalesce(p.key_version, a.key_version), s.ended, a.epoch
  FROM sessions s JOIN accounts a ON a.id = s.account
  LEFT JOIN accounts p ON p.id = a.parent LEFT JOIN accounts o ON o.id = a.organization_owner
  WHERE s.id = ?1`

// holding is a session with what decides about it.
type holding struct {
	store.Live
	standing rules.Standing
}

// held looks the session up, whatever its state; nil: there is none.
func held(c *conn, id uuid.UUID) (x *holding, err error) {
	_, err = c.one(selectHeld, func(r *row) {
		x = new(holding)
		l := &x.Live
		l.Session = sessionOf(r)
		l.Parent, l.Number, l.Email, l.Username, l.Name, l.PublicKey = r.id(), r.int(), r.text(), r.text(), r.text(), r.text()
		l.Role, l.Status, l.ParentStatus = store.Role(r.text()), store.Status(r.text()), store.Status(r.text())
		l.PasswordChangedAt, l.PasswordTemporary = r.time(), r.bool()
		l.Verified, l.Proven, l.HasFactor, l.MustVerify, l.MustFactor = r.bool(), r.bool(), r.bool(), r.bool(), r.bool()
		l.KeyMaster, l.KeyVersion = r.text(), int(r.int())
		x.standing = standingOf(r.int(), r.int(), l.Status, l.ParentStatus)
	}, id[:])
	return x, err
}

// facts are what rules take; of nil all are zero.
func (x *holding) facts() (*store.Session, rules.Standing) {
	if x == nil {
		return nil, rules.Standing{}
	}
	return &x.Session, x.standing
}

func standingOf(ended, epoch int64, status, parent store.Status) rules.Standing {
	return rules.Standing{Ended: ended != 0, Reused: ended == endedByReuse, Epoch: epoch, Status: status, Parent: parent}
}

// heldBy returns the session if it is a live one of the account, else ErrNotFound.
func heldBy(c *conn, account, id uuid.UUID, now time.Time) (*store.Session, error) {
	x, err := held(c, id)
	if err != nil {
		return nil, err
	}
	session, standing := x.facts()
	return session, rules.Hold(account, session, standing, now)
}

const selectSessions = `SELECT ` + sessionColumns + `, s.ended, a.epoch, a.status, p.status
  FROM accounts a JOIN sessions s ON s.account = a.id AND s.epoch = a.epoch LEFT JOIN accounts p ON p.id = a.parent
  WHERE a.id = ?1 AND s.ended = 0 AND (s.created_at, s.id) > (?2, ?3) ORDER BY s.created_at, s.id`

// ListSessions meets [store.SessionStore]. Sessions of an earlier epoch, and those that were ended, are not walked
// over.
func (s *Store) ListSessions(ctx context.Context, account uuid.UUID, p store.Page, now time.Time) (page []store.Session, err error) {
	start, after := rules.Start(store.Page{After: p.After})
	err = s.read(ctx, func(c *conn) error {
		return c.each(ctx, selectSessions, func(r *row) error {
			if len(page) >= p.Limit {
				return errEnough
			}
			x := sessionOf(r)
			if rules.Live(&x, standingOf(r.int(), r.int(), store.Status(r.text()), store.Status(r.text())), now) {
				page = append(page, x)
			}
			return nil
		}, account[:], start, after[:])
	})
	return page, err
}
