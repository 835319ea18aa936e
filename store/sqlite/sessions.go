package sqlite

import (
	"context"
	"database/sql/driver"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// How a session ended before its time.
const (
	endedByOwner = int64(1)
	endedByReuse = int64(2)
)

// CreateSession meets [store.SessionStore].
func (s *Store) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	return answer(ctx, s, func(c *conn) (store.Receipt, error) { return createSession(c, n, now) })
}

const (
	selectSignIn = `SELECT a.status, a.epoch, a.totp_step, a.active_day, p.status, (SELECT s.account FROM sessions s WHERE s.id = ?2)
  FROM accounts a LEFT JOIN accounts p ON p.id = a.parent WHERE a.id = ?1`

	selectSessionOwner = `SELECT account FROM sessions WHERE id = ?`

	updateSignIn = `UPDATE accounts SET last_sign_in = ?2, totp_step = max(totp_step, ?3) WHERE id = ?1`

	// Only when it moves: SQLite would write its index again with every sign-in.
	updateActiveDay = `UPDATE accounts SET active_day = ?2 WHERE id = ?1`

	insertSession = `INSERT INTO sessions (id, account, epoch, audience, key_id, generation, rotated_at, network, agent,
  created_at, seen_at, proved_at, expires_at, refresh_until, ends_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)`
)

func createSession(c *conn, n store.NewSession, now time.Time) (receipt store.Receipt, err error) {
	x := &n.Session
	was, err := signIn(c, n)
	if err != nil {
		return receipt, err
	}
	if was.known {
		return standing(c, n.Charge)
	}
	bill, err := draw(c, n.Charge)
	if err != nil {
		return receipt, err
	}
	_, err = c.exec(insertSession, x.ID[:], x.Account[:], x.Epoch, string(x.Audience), x.KeyID, int64(x.Generation),
		millis(x.RotatedAt), x.Network, x.Agent, millis(x.CreatedAt), millis(x.SeenAt), millis(x.ProvedAt),
		millis(x.ExpiresAt), millis(x.RefreshUntil), x.EndsAt().UnixMilli())
	if err != nil {
		return receipt, err
	}
	if _, err := c.exec(updateSignIn, x.Account[:], millis(now), n.TOTPStep); err != nil {
		return receipt, err
	}
	if was.activeDay != activeDay(now) {
		if _, err := c.exec(updateActiveDay, x.Account[:], activeDay(now)); err != nil {
			return receipt, err
		}
	}
	if receipt, err = bill.pay(c, x.Account, now); err != nil {
		return receipt, err
	}
	return receipt, settleAttempts(c, n.Settle, now)
}

// signer is what decides about a sign-in.
type signer struct {
	status, parentStatus string // of the parent empty: a root account
	epoch, step          int64
	activeDay            driver.Value
	known                bool      // the session is there already
	owner                uuid.UUID // of that session
}

// signIn decides whether the session may be.
func signIn(c *conn, n store.NewSession) (was signer, err error) {
	x := &n.Session
	found, err := c.one(selectSignIn, func(r *row) {
		was.status, was.epoch, was.step, was.activeDay, was.parentStatus = r.text(), r.int(), r.int(), r.value(), r.text()
		was.known = !r.null()
		was.owner = r.id()
	}, x.Account[:], x.ID[:])
	if err == nil && !found {
		was.known, err = c.one(selectSessionOwner, func(r *row) { was.owner = r.id() }, x.ID[:])
	}
	const active = string(store.StatusActive)
	switch {
	case err != nil:
		return was, err
	case was.known && was.owner != x.Account:
		return was, store.Conflict{}
	case was.known:
		return was, nil
	case !found || was.status != active || was.epoch != x.Epoch:
		return was, store.ErrNotFound
	case was.parentStatus != "" && was.parentStatus != active:
		return was, store.ErrNotFound
	case n.TOTPStep != 0 && n.TOTPStep <= was.step:
		return was, store.Conflict{}
	}
	return was, nil
}

// Session meets [store.SessionStore].
func (s *Store) Session(ctx context.Context, id uuid.UUID, now time.Time) (l store.Live, err error) {
	err = s.read(ctx, func(c *conn) (err error) {
		l, err = live(c, id, now)
		return err
	})
	return l, err
}

// RotateSession meets [store.SessionStore].
func (s *Store) RotateSession(ctx context.Context, r store.Rotation, now time.Time) (store.Live, error) {
	reused := false
	l, err := answer(ctx, s, func(c *conn) (l store.Live, err error) {
		l, reused, err = rotate(c, r, now)
		return l, err
	})
	if err == nil && reused {
		err = store.Conflict{}
	}
	return l, err
}

const (
	selectReused = `SELECT 1 FROM sessions WHERE id = ?1 AND ended = 2 AND generation <> ?2`

	updateRotation = `UPDATE sessions SET generation = generation + 1, rotated_at = ?2, expires_at = ?3, refresh_until = ?4,
  ends_at = ?5 WHERE id = ?1`
)

// rotate answers reuse apart from its errors, because it ends the session, which an error would undo.
func rotate(c *conn, r store.Rotation, now time.Time) (l store.Live, reused bool, err error) {
	if reused, err = c.exists(selectReused, r.Session[:], int64(r.Generation)); err != nil || reused {
		return l, reused, err
	}
	if l, err = live(c, r.Session, now); err != nil {
		return l, false, err
	}
	x := &l.Session
	switch {
	case !now.Before(x.RefreshUntil), l.Status != store.StatusActive, l.ParentStatus != store.StatusActive:
		return store.Live{}, false, store.ErrNotFound
	case r.Generation == x.Generation:
		next := store.Session{ExpiresAt: r.ExpiresAt, RefreshUntil: r.RefreshUntil}
		_, err = c.exec(updateRotation, x.ID[:], millis(now), millis(r.ExpiresAt), millis(r.RefreshUntil), next.EndsAt().UnixMilli())
		if err != nil {
			return store.Live{}, false, err
		}
		l, err = live(c, r.Session, now)
		return l, false, err
	case r.Generation == x.Generation-1 && now.Before(x.RotatedAt.Add(r.Grace)):
		return l, false, nil
	}
	return store.Live{}, true, end(c, x, endedByReuse, now)
}

const updateTouch = `UPDATE sessions SET seen_at = ?2, proved_at = CASE WHEN ?3 THEN ?2 ELSE proved_at END WHERE id = ?1`

// TouchSession meets [store.SessionStore].
func (s *Store) TouchSession(ctx context.Context, t store.Touch, now time.Time) error {
	return s.write(ctx, func(c *conn) error {
		if _, err := liveOf(c, t.Account, t.Session, now); err != nil {
			return err
		}
		_, err := c.exec(updateTouch, t.Session[:], millis(now), flag(t.Proved))
		return err
	})
}

// RevokeSession meets [store.SessionStore].
func (s *Store) RevokeSession(ctx context.Context, account, id uuid.UUID, now time.Time) error {
	return s.write(ctx, func(c *conn) error {
		l, err := liveOf(c, account, id, now)
		if err != nil {
			return err
		}
		return end(c, &l.Session, endedByOwner, now)
	})
}

const updateEnd = `UPDATE sessions SET ended = ?2, ends_at = min(ends_at, ?3) WHERE id = ?1`

// end keeps the row, so that a repeated CreateSession is still known, but no list walks over it any more.
func end(c *conn, x *store.Session, how int64, now time.Time) error {
	_, err := c.exec(updateEnd, x.ID[:], how, millis(now))
	return err
}

const updateKept = `UPDATE sessions SET epoch = epoch + 1 WHERE id = ?1 AND account = ?2 AND epoch = ?3 AND ended = 0`

// keepSession takes a session along into the account's next epoch.
func keepSession(c *conn, id uuid.UUID, was *store.Account) error {
	if id == uuid.Nil {
		return nil
	}
	_, err := c.exec(updateKept, id[:], was.ID[:], was.Epoch)
	return err
}
