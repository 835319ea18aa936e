package memory

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// session is a row with what decides about it.
type session struct {
	store.Session
	account *account
	ended   time.Time // revoked or reused; zero: not
	reused  bool      // an old refresh token of it was shown
}

func (x *session) live(now time.Time) bool {
	return x.ended.IsZero() && x.Epoch == x.account.Epoch && now.Before(x.EndsAt()) && !x.account.gone()
}

// end is the time that Sweep counts from.
func (x *session) end() int64 {
	end := x.EndsAt()
	if !x.ended.IsZero() && x.ended.Before(end) {
		end = x.ended
	}
	return end.UnixMilli()
}

// place and unplace write a session into the indexes whose keys may change, and take it out of them.
func (s *Store) place(x *session) {
	s.sessionEnds.insert(stamped[*session]{x.end(), x.ID, x})
	x.account.sessions.insert(stamped[*session]{x.Epoch, x.ID, x})
}

func (s *Store) unplace(x *session) {
	s.sessionEnds.remove(stamped[*session]{at: x.end(), id: x.ID})
	x.account.sessions.remove(stamped[*session]{at: x.Epoch, id: x.ID})
}

// CreateSession meets [store.SessionStore].
func (s *Store) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return store.Receipt{}, err
	}
	now = whole(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.sessions[n.Session.ID]; x != nil {
		if x.Account != n.Session.Account {
			return store.Receipt{}, store.Conflict{}
		}
		return s.receipt(n.Charge), nil
	}
	a := s.accounts[n.Session.Account]
	switch {
	case a == nil || !a.active() || a.Epoch != n.Session.Epoch:
		return store.Receipt{}, store.ErrNotFound
	case n.TOTPStep != 0 && n.TOTPStep <= a.TOTPStep:
		return store.Receipt{}, store.Conflict{}
	}
	bill, err := s.bill(n.Charge)
	if err != nil {
		return store.Receipt{}, err
	}
	x := &session{Session: wholeSession(n.Session), account: a}
	s.sessions[x.ID] = x
	s.place(x)
	s.signedIn(a, now)
	a.TOTPStep = max(a.TOTPStep, n.TOTPStep)
	s.settle(n.Settle, now)
	return bill.pay(a.ID, now), nil
}

func (s *Store) signedIn(a *account, now time.Time) {
	sc := s.around(a)
	if !a.LastSignIn.IsZero() {
		sc.active.remove(stamped[struct{}]{at: a.LastSignIn.UnixMilli(), id: a.ID})
	}
	a.LastSignIn = now
	sc.active.insert(stamped[struct{}]{at: now.UnixMilli(), id: a.ID})
}

// Session meets [store.SessionStore]. It allocates nothing.
func (s *Store) Session(ctx context.Context, id uuid.UUID, now time.Time) (store.Live, error) {
	if err := ctx.Err(); err != nil {
		return store.Live{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	x := s.sessions[id]
	if x == nil || !x.live(now) {
		return store.Live{}, store.ErrNotFound
	}
	return s.describe(x), nil
}

func (s *Store) describe(x *session) store.Live {
	a := x.account
	l := store.Live{
		Session: x.Session,
		Parent:  a.Account.Parent, Number: a.Number, PublicKey: a.PublicKey,
		Email: a.Email, Username: a.Username, Name: a.Name,
		Role: a.Role, Status: a.Status, ParentStatus: store.StatusActive,
		KeyMaster: a.KeyMaster, KeyVersion: a.KeyVersion,
		PasswordChangedAt: a.PasswordChangedAt, PasswordTemporary: a.PasswordTemporary,
		Verified: !a.EmailVerifiedAt.IsZero(), HasFactor: len(a.TOTP) > 0,
	}
	if a.parent != nil {
		l.ParentStatus, l.KeyMaster, l.KeyVersion = a.parent.Status, a.parent.KeyMaster, a.parent.KeyVersion
	}
	if o := s.organization(a); o != nil {
		l.MustVerify, l.MustFactor = o.VerificationRequired, o.FactorRequired
	}
	return l
}

// RotateSession meets [store.SessionStore].
func (s *Store) RotateSession(ctx context.Context, r store.Rotation, now time.Time) (store.Live, error) {
	if err := ctx.Err(); err != nil {
		return store.Live{}, err
	}
	now = whole(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.sessions[r.Session]
	if x != nil && x.reused && r.Generation != x.Generation {
		return store.Live{}, store.Conflict{}
	}
	if x == nil || !x.live(now) || !now.Before(x.RefreshUntil) || !x.account.active() {
		return store.Live{}, store.ErrNotFound
	}
	switch {
	case r.Generation == x.Generation:
		s.unplace(x)
		x.Generation++
		x.RotatedAt = now
		x.ExpiresAt, x.RefreshUntil = whole(r.ExpiresAt), whole(r.RefreshUntil)
		s.place(x)
	case r.Generation == x.Generation-1 && now.Before(x.RotatedAt.Add(r.Grace)):
	default:
		x.reused = true
		s.endSession(x, now)
		return store.Live{}, store.Conflict{}
	}
	return s.describe(x), nil
}

// TouchSession meets [store.SessionStore].
func (s *Store) TouchSession(ctx context.Context, t store.Touch, now time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now = whole(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.sessions[t.Session]
	if x == nil || x.Account != t.Account || !x.live(now) {
		return store.ErrNotFound
	}
	x.SeenAt = now
	if t.Proved {
		x.ProvedAt = now
	}
	return nil
}

// RevokeSession meets [store.SessionStore].
func (s *Store) RevokeSession(ctx context.Context, account, id uuid.UUID, now time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now = whole(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.sessions[id]
	if x == nil || x.Account != account || !x.live(now) {
		return store.ErrNotFound
	}
	s.endSession(x, now)
	return nil
}

// endSession keeps the row, so that a repeated CreateSession is still known, but no list walks over it any more.
func (s *Store) endSession(x *session, now time.Time) {
	s.unplace(x)
	x.ended = now
	s.sessionEnds.insert(stamped[*session]{x.end(), x.ID, x})
}

// endSessions moves the epoch, and with it the one session that is to live on.
func (s *Store) endSessions(a *account, keep uuid.UUID) {
	x := s.sessions[keep]
	kept := x != nil && x.account == a && x.Epoch == a.Epoch && x.ended.IsZero()
	a.Epoch++
	if kept {
		s.unplace(x)
		x.Epoch = a.Epoch
		s.place(x)
	}
}

// ListSessions meets [store.SessionStore]. Sessions of an earlier epoch are not walked over.
func (s *Store) ListSessions(ctx context.Context, account uuid.UUID, p store.Page, now time.Time) ([]store.Session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	a := s.accounts[account]
	if a == nil || a.gone() {
		return nil, nil
	}
	var page []store.Session
	for e := range a.sessions.from(stamped[*session]{at: a.Epoch, id: p.After}) {
		if len(page) >= p.Limit {
			break
		}
		if e.id != p.After && e.row.live(now) {
			page = append(page, e.row.Session)
		}
	}
	return page, nil
}

// wholeSession answers x with its times as a store keeps them.
func wholeSession(x store.Session) store.Session {
	x.RotatedAt = whole(x.RotatedAt)
	x.CreatedAt = whole(x.CreatedAt)
	x.SeenAt = whole(x.SeenAt)
	x.ProvedAt = whole(x.ProvedAt)
	x.ExpiresAt = whole(x.ExpiresAt)
	x.RefreshUntil = whole(x.RefreshUntil)
	return x
}
