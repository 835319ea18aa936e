package sqlite

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
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

// The flags are those of its own organization, else of its owner's, else of its parent's.
const selectLive = `SELECT ` + sessionColumns + `,
  a.parent, a.number, a.email, a.username, a.name, a.public_key, a.role, a.status, coalesce(p.status, 'active'),
  a.password_changed_at, a.password_temporary, a.email_verified_at IS NOT NULL, a.totp IS NOT NULL,
  CASE WHEN a.organized THEN a.must_verify WHEN o.organized THEN o.must_verify ELSE coalesce(p.must_verify, 0) END,
  CASE WHEN a.organized THEN a.must_factor WHEN o.organized THEN o.must_factor ELSE coalesce(p.must_factor, 0) END,
  coalesce(p.key_master, a.key_master), coalesce(p.key_version, a.key_version)
  FROM sessions s JOIN accounts a ON a.id = s.account
  LEFT JOIN accounts p ON p.id = a.parent LEFT JOIN accounts o ON o.id = a.organization_owner
  WHERE s.id = ?1 AND s.ended = 0 AND s.ends_at > ?2 AND s.epoch = a.epoch AND a.status <> 'deleted'
  AND coalesce(p.status, 'active') <> 'deleted'`

// live answers the session if it is live at now, else ErrNotFound.
func live(c *conn, id uuid.UUID, now time.Time) (l store.Live, err error) {
	found, err := c.one(selectLive, func(r *row) {
		l.Session = sessionOf(r)
		l.Parent, l.Number, l.Email, l.Username, l.Name, l.PublicKey = r.id(), r.int(), r.text(), r.text(), r.text(), r.text()
		l.Role, l.Status, l.ParentStatus = store.Role(r.text()), store.Status(r.text()), store.Status(r.text())
		l.PasswordChangedAt, l.PasswordTemporary = r.time(), r.bool()
		l.Verified, l.HasFactor, l.MustVerify, l.MustFactor = r.bool(), r.bool(), r.bool(), r.bool()
		l.KeyMaster, l.KeyVersion = r.text(), int(r.int())
	}, id[:], now.UnixMilli())
	if err == nil && !found {
		err = store.ErrNotFound
	}
	return l, err
}

// liveOf is live for a session of this account only.
func liveOf(c *conn, account, id uuid.UUID, now time.Time) (store.Live, error) {
	l, err := live(c, id, now)
	if err == nil && l.Session.Account != account {
		return store.Live{}, store.ErrNotFound
	}
	return l, err
}

const selectSessions = `SELECT ` + sessionColumns + ` FROM accounts a JOIN sessions s ON s.account = a.id AND s.epoch = a.epoch
  LEFT JOIN accounts p ON p.id = a.parent
  WHERE a.id = ?1 AND a.status <> 'deleted' AND coalesce(p.status, 'active') <> 'deleted'
  AND s.ended = 0 AND s.id > ?2 AND s.ends_at > ?3 ORDER BY s.id LIMIT ?4`

// ListSessions meets [store.SessionStore]. Sessions of an earlier epoch are not walked over.
func (s *Store) ListSessions(ctx context.Context, account uuid.UUID, p store.Page, now time.Time) (page []store.Session, err error) {
	err = s.read(ctx, func(c *conn) error {
		return c.each(ctx, selectSessions, func(r *row) error {
			page = append(page, sessionOf(r))
			return nil
		}, account[:], p.After[:], now.UnixMilli(), int64(max(0, p.Limit)))
	})
	return page, err
}
