package sqlite

import (
	"context"
	"database/sql/driver"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
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
	// selectSigner is all that rules.SignIn looks at, and selectPayingSigner with its Purse: one statement, in which
	// the account, the session and the payer may each be absent. ?4 is the account and ?5 the session.
	selectSigner       = `SELECT ` + signerColumns + signerJoins
	selectPayingSigner = `SELECT ` + signerColumns + `, b.owner, ` + purseColumns + signerJoins + ` LEFT JOIN balances b ON b.owner = ?1`

	signerColumns = `s.account, a.id, a.status, p.status, a.epoch, a.totp_step, a.active_day`
	signerJoins   = ` FROM (SELECT 1) LEFT JOIN accounts a ON a.id = ?4 LEFT JOIN accounts p ON p.id = a.parent LEFT JOIN sessions s ON s.id = ?5`

	updateSignIn = `UPDATE accounts SET last_sign_in = ?2, totp_step = ?3 WHERE id = ?1`

	// Only when it moves: SQLite would write its index again with every sign-in.
	updateActiveDay = `UPDATE accounts SET active_day = ?2 WHERE id = ?1`
)

func createSession(c *conn, n store.NewSession, now time.Time) (receipt store.Receipt, err error) {
	x := &n.Session
	facts, day, err := signer(c, &n)
	if err != nil {
		return receipt, err
	}
	done, err := rules.SignIn(n, facts, now)
	if err != nil || done.Stands {
		return done.Payment.Receipt, err
	}
	if err := execNamed(c, insertSession, x); err != nil {
		return receipt, err
	}
	if _, err := c.exec(updateSignIn, x.Account[:], millis(now), done.Step); err != nil {
		return receipt, err
	}
	if day != activeDay(now) {
		if _, err := c.exec(updateActiveDay, x.Account[:], activeDay(now)); err != nil {
			return receipt, err
		}
	}
	if err := pay(c, done.Payment); err != nil {
		return receipt, err
	}
	return done.Payment.Receipt, releaseAttempts(c, n.Release, now)
}

// signer looks up what the sign-in is decided on, and the day of the account's last one.
func signer(c *conn, n *store.NewSession) (w rules.Signer, day driver.Value, err error) {
	query, ch := selectSigner, &n.Charge
	if rules.Charged(*ch) {
		query = selectPayingSigner
	}
	_, err = c.one(query, func(r *row) {
		w.Holder, w.Found = r.id(), !r.null()
		w.Status, w.Parent, w.Epoch, w.Step = store.Status(r.skip(1).text()), store.Status(r.text()), r.int(), r.int()
		if day = r.value(); query == selectPayingSigner && !r.null() {
			w.Purse = purseOf(r.skip(1))
		}
	}, ch.Owner[:], ch.Key, ch.Entry[:], n.Session.Account[:], n.Session.ID[:])
	return w, day, err
}

// Session meets [store.SessionStore].
func (s *Store) Session(ctx context.Context, id uuid.UUID, now time.Time) (l store.Live, err error) {
	err = s.read(ctx, func(c *conn) error {
		x, err := held(c, id)
		if err != nil {
			return err
		}
		if session, standing := x.facts(); !rules.Live(session, standing, now) {
			return store.ErrNotFound
		}
		l = x.Live
		return nil
	})
	return l, err
}

// RotateSession meets [store.SessionStore].
func (s *Store) RotateSession(ctx context.Context, r store.Rotation, now time.Time) (store.Live, error) {
	var refused error
	l, err := answer(ctx, s, func(c *conn) (l store.Live, err error) {
		l, refused, err = rotate(c, r, now)
		return l, err
	})
	if err == nil {
		err = refused
	}
	return l, err
}

const updateRotation = `UPDATE sessions SET generation = ?2, rotated_at = ?3, expires_at = ?4, refresh_until = ?5, ends_at = ?6 WHERE id = ?1`

// rotate returns what refuses the rotation apart from its errors: reuse ends the session, which an error would undo.
func rotate(c *conn, r store.Rotation, now time.Time) (l store.Live, refused, err error) {
	x, err := held(c, r.Session)
	if err != nil {
		return l, nil, err
	}
	session, standing := x.facts()
	done, refused := rules.Rotate(r, session, standing, now)
	if done.Reuse {
		err = end(c, session, endedByReuse, now)
	}
	if refused != nil {
		return l, refused, err
	}
	if next := &done.Session; done.Moved {
		_, err = c.exec(updateRotation, next.ID[:], int64(next.Generation), millis(next.RotatedAt), millis(next.ExpiresAt),
			millis(next.RefreshUntil), rules.EndOf(next, time.Time{}).UnixMilli())
	}
	x.Session = done.Session
	return x.Live, nil, err
}

const updateTouch = `UPDATE sessions SET seen_at = ?2, proved_at = ?3 WHERE id = ?1`

// TouchSession meets [store.SessionStore].
func (s *Store) TouchSession(ctx context.Context, t store.Touch, now time.Time) error {
	return s.write(ctx, func(c *conn) error {
		x, err := heldBy(c, t.Account, t.Session, now)
		if err != nil {
			return err
		}
		next := rules.Touch(*x, t, now)
		_, err = c.exec(updateTouch, next.ID[:], millis(next.SeenAt), millis(next.ProvedAt))
		return err
	})
}

// RevokeSession meets [store.SessionStore].
func (s *Store) RevokeSession(ctx context.Context, account, id uuid.UUID, now time.Time) error {
	return s.write(ctx, func(c *conn) error {
		x, err := heldBy(c, account, id, now)
		if err != nil {
			return err
		}
		return end(c, x, endedByOwner, now)
	})
}

const updateEnd = `UPDATE sessions SET ended = ?2, ends_at = ?3 WHERE id = ?1`

// end keeps the row, so that a repeated CreateSession is still known, but no list walks over it any more.
func end(c *conn, x *store.Session, how int64, now time.Time) error {
	_, err := c.exec(updateEnd, x.ID[:], how, rules.EndOf(x, now).UnixMilli())
	return err
}

const (
	selectKept = `SELECT account, epoch, ended <> 0 FROM sessions WHERE id = ?`
	updateKept = `UPDATE sessions SET epoch = ?2 WHERE id = ?1`
)

// keepSession takes a session along into the account's next epoch.
func keepSession(c *conn, id uuid.UUID, was *store.Account, epoch int64) error {
	if id == uuid.Nil {
		return nil
	}
	var x store.Session
	ended := false
	found, err := c.one(selectKept, func(r *row) { x.Account, x.Epoch, ended = r.id(), r.int(), r.bool() }, id[:])
	if err != nil || !found || !rules.Kept(was, &x, ended) {
		return err
	}
	_, err = c.exec(updateKept, id[:], epoch)
	return err
}
