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
	// The signer statements return all that rules.SignIn looks at, in which the account, the session, the payer and
	// the factor may each be absent: ?5 is the account, ?6 the session and ?7 the factor. There is one for each case,
	// so that a sign-in looks nothing up that it does without.
	selectSigner             = `SELECT ` + signerColumns + signerJoins
	selectPayingSigner       = `SELECT ` + signerColumns + payerColumns + signerJoins + payerJoin
	selectProvenSigner       = `SELECT ` + signerColumns + `, ` + factorColumns + signerJoins + factorJoin
	selectProvenPayingSigner = `SELECT ` + signerColumns + payerColumns + `, ` + factorColumns + signerJoins + payerJoin + factorJoin

	signerColumns = `s.account, a.id, a.status, p.status, a.epoch, a.session_count, a.last_routine, a.active_day`
	signerJoins   = ` FROM (SELECT 1) LEFT JOIN accounts a ON a.id = ?5 LEFT JOIN accounts p ON p.id = a.parent LEFT JOIN sessions s ON s.id = ?6`
	payerColumns  = `, b.owner, ` + purseColumns
	payerJoin     = ` LEFT JOIN balances b ON b.owner = ?1`
	factorJoin    = ` LEFT JOIN factors f ON f.account = ?5 AND f.id = ?7`

	updateSignIn = `UPDATE accounts SET last_sign_in = ?2, session_count = ?3, last_routine = ?4 WHERE id = ?1`

	// Only when it moves: SQLite would write its index again with every sign-in.
	updateActiveDay = `UPDATE accounts SET active_day = ?2 WHERE id = ?1`
)

func createSession(c *conn, n store.NewSession, now time.Time) (receipt store.Receipt, err error) {
	x := &n.Session
	facts, err := signer(c, &n, now)
	if err != nil {
		return receipt, err
	}
	done, err := rules.SignIn(n, facts.Signer, now)
	if err != nil || done.Stands {
		return done.Payment.Receipt, err
	}
	for i := range done.Ends {
		if err := end(c, &facts.living[i], endedByOwner, now); err != nil {
			return receipt, err
		}
	}
	if _, err := execNamed(c, insertSession, x); err != nil {
		return receipt, err
	}
	if err := useCredentials(c, &n, done.Factor, now); err != nil {
		return receipt, err
	}
	if err := pay(c, done.Payment); err != nil {
		return receipt, err
	}
	if err := queue(c, n.Mail); err != nil {
		return receipt, err
	}
	last, err := logChained(c, n.Events, x.Account, facts.last)
	if err != nil {
		return receipt, err
	}
	if _, err := c.exec(updateSignIn, x.Account[:], millis(now), facts.sessions+1-int64(done.Ends), optionalID(last)); err != nil {
		return receipt, err
	}
	if facts.day != activeDay(now) {
		if _, err := c.exec(updateActiveDay, x.Account[:], activeDay(now)); err != nil {
			return receipt, err
		}
	}
	return done.Payment.Receipt, releaseAttempts(c, n.Release, now)
}

// signingIn is what a sign-in is decided on, and what it moves.
type signingIn struct {
	rules.Signer
	day      driver.Value    // of the account's last one
	last     uuid.UUID       // of its routine events
	sessions int64           // at least as many as the account has in its epoch that were not ended
	living   []store.Session // its live ones, where there may be too many
}

// signer looks up what the sign-in is decided on.
func signer(c *conn, n *store.NewSession, now time.Time) (w signingIn, err error) {
	ch, pays, proves := &n.Charge, rules.Charged(n.Charge), n.Use.Factor != uuid.Nil
	query, args := selectSigner, append(purseArgs(ch), n.Session.Account[:], n.Session.ID[:])
	switch {
	case pays && proves:
		query, args = selectProvenPayingSigner, append(args, n.Use.Factor[:])
	case pays:
		query = selectPayingSigner
	case proves:
		query, args = selectProvenSigner, append(args, n.Use.Factor[:])
	}
	_, err = c.one(query, func(r *row) {
		w.Holder, w.Found = r.id(), !r.null()
		w.Status, w.Parent, w.Epoch = store.Status(r.skip(1).text()), store.Status(r.text()), r.int()
		w.sessions, w.last, w.day = r.int(), r.id(), r.value()
		if pays {
			if payer := !r.null(); payer {
				w.Purse = purseOf(r.skip(1))
			} else {
				r.skip(1 + purseWidth)
			}
		}
		if proves && !r.null() {
			f := factorOf(r)
			w.Factor = &f
		}
	}, args...)
	if err == nil {
		w.Spent, err = spent(c, n.Once, now)
	}
	if err == nil && n.Most > 0 && w.sessions >= int64(n.Most) {
		err = w.count(c, n, now)
	}
	return w, err
}

const selectUnended = `SELECT id, ends_at FROM sessions WHERE account = ?1 AND epoch = ?2 AND ended = 0 ORDER BY created_at, id`

// count walks over the account's sessions to learn how many are live. Those that ended by themselves stay counted in
// sessions: to a caller whose clock is behind they live.
func (w *signingIn) count(c *conn, n *store.NewSession, now time.Time) error {
	w.sessions = 0
	standing := rules.Standing{Epoch: w.Epoch, Status: w.Status, Parent: w.Signer.Parent}
	err := c.each(context.Background(), selectUnended, func(r *row) error {
		w.sessions++
		x := store.Session{ID: r.id(), Account: n.Session.Account, Epoch: w.Epoch, ExpiresAt: r.time()}
		if rules.Live(&x, standing, now) {
			w.living = append(w.living, x)
		}
		return nil
	}, n.Session.Account[:], w.Epoch)
	w.Living = len(w.living)
	return err
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
		if err := end(c, session, endedByReuse, now); err != nil {
			return l, nil, err
		}
		err = log(c, r.Reused, session.Account)
	}
	if refused != nil {
		return l, refused, err
	}
	if done.Moved {
		err = move(c, &done.Session, r.Moved)
	}
	x.Session = done.Session
	return x.Live, nil, err
}

func move(c *conn, next *store.Session, events []store.Event) error {
	_, err := c.exec(updateRotation, next.ID[:], int64(next.Generation), millis(next.RotatedAt), millis(next.ExpiresAt),
		millis(next.RefreshUntil), rules.EndOf(next, time.Time{}).UnixMilli())
	if err != nil {
		return err
	}
	if len(events) == 0 {
		return nil
	}
	was, err := lastRoutine(c, next.Account)
	if err != nil {
		return err
	}
	last, err := logChained(c, events, next.Account, was)
	if err == nil && last != was {
		_, err = c.exec(updateLastRoutine, next.Account[:], last[:])
	}
	return err
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
		if _, err := c.exec(updateTouch, next.ID[:], millis(next.SeenAt), millis(next.ProvedAt)); err != nil {
			return err
		}
		return log(c, t.Events, next.Account)
	})
}

// RevokeSession meets [store.SessionStore].
func (s *Store) RevokeSession(ctx context.Context, r store.Revocation, now time.Time) error {
	return s.write(ctx, func(c *conn) error {
		x, err := heldBy(c, r.Account, r.Session, now)
		if err != nil {
			return err
		}
		if err := end(c, x, endedByOwner, now); err != nil {
			return err
		}
		return log(c, r.Events, x.Account)
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
	countKept  = `UPDATE accounts SET session_count = 1 WHERE id = ?`
)

// keepSession takes a session along into the account's next epoch, which has no other yet.
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
	if _, err = c.exec(updateKept, id[:], epoch); err != nil {
		return err
	}
	_, err = c.exec(countKept, was.ID[:])
	return err
}
