package rules

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// Signer is what a sign-in is decided on.
type Signer struct {
	Holder uuid.UUID     // account of the session that has the ID already; zero: there is none
	Found  bool          // the account is there, whatever its state
	Status store.Status  //
	Parent store.Status  // of its parent; empty: a root account
	Epoch  int64         //
	Factor *store.Factor // the account's of the Use; nil: there is none, or none is used
	Spent  bool          // the Once was used before and is [Remembered]
	Living int           // live sessions that the account has; only with Most
	Purse  Purse
}

// SignedIn is a sign-in that may be.
type SignedIn struct {
	Stands  bool          // the session was there before: nothing is to be written
	Factor  *store.Factor // as it then stands; nil: none was used
	Ends    int           // how many live sessions of the account end, those of the lowest ids
	Payment Payment
}

// SignIn decides about a new session. An ID that the account has is no error and comes before all of them but the
// first. Errors win in this order: an ID that another account has, gone, not active or another epoch, use, once, the
// charge's.
func SignIn(n store.NewSession, w Signer, now time.Time) (SignedIn, error) {
	switch {
	case w.Holder != uuid.Nil && w.Holder != n.Session.Account:
		return SignedIn{}, store.Conflict{}
	case w.Holder != uuid.Nil:
		return SignedIn{Stands: true, Payment: standing(n.Charge, w.Purse)}, nil
	case !w.Found || !Active(w.Status, w.Parent) || w.Epoch != n.Session.Epoch:
		return SignedIn{}, store.ErrNotFound
	case !Used(n.Use, w.Factor):
		return SignedIn{}, store.Conflict{}
	case w.Spent:
		return SignedIn{}, store.ErrProofSpent
	}
	pay, err := draw(n.Charge, w.Purse, n.Session.Account, now)
	if err != nil {
		return SignedIn{}, err
	}
	done := SignedIn{Payment: pay}
	if n.Use.Factor != uuid.Nil {
		used := AfterUse(*w.Factor, n.Use, now)
		done.Factor = &used
	}
	if n.Most > 0 {
		done.Ends = max(0, w.Living+1-n.Most)
	}
	return done, nil
}

// Standing is what decides about a session beside its own values.
type Standing struct {
	Ended  bool         // by its owner or by reuse
	Reused bool         // by reuse
	Epoch  int64        // of its account
	Status store.Status // of its account
	Parent store.Status // of that account's parent; empty: a root account
}

// Live reports whether the session is live at now. x is nil when there is none.
func Live(x *store.Session, w Standing, now time.Time) bool {
	return x != nil && !w.Ended && x.Epoch == w.Epoch && now.Before(x.EndsAt()) && !Gone(w.Status, w.Parent)
}

// Hold returns ErrNotFound unless the session is a live one of the account. x is nil when there is none.
func Hold(account uuid.UUID, x *store.Session, w Standing, now time.Time) error {
	if !Live(x, w, now) || x.Account != account {
		return store.ErrNotFound
	}
	return nil
}

// Shown returns what a look-up shows of a live session. parent is nil for a root account. o is the [Organization] that
// counts for the account; nil: none.
func Shown(x *store.Session, a, parent *store.Account, o *store.Organization) (l store.Live) {
	l.Session = *x
	l.Parent, l.Number, l.PublicKey = a.Parent, a.Number, a.PublicKey
	l.Email, l.Username, l.Name = a.Email, a.Username, a.Name
	l.Role, l.Status, l.ParentStatus = a.Role, a.Status, store.StatusActive
	l.KeyMaster, l.KeyVersion = a.KeyMaster, a.KeyVersion
	l.PasswordChangedAt, l.PasswordTemporary = a.PasswordChangedAt, a.PasswordTemporary
	l.Verified, l.Proven, l.HasFactor = !a.EmailVerifiedAt.IsZero(), !a.EmailProvenAt.IsZero(), a.Factors != 0
	if parent != nil {
		l.ParentStatus, l.KeyMaster, l.KeyVersion = parent.Status, parent.KeyMaster, parent.KeyVersion
	}
	if o != nil {
		l.MustVerify, l.MustFactor = o.VerificationRequired, o.FactorRequired
	}
	return l
}

// Touch returns the session as it stands after the touch of one that [Hold] let through.
func Touch(x store.Session, t store.Touch, now time.Time) store.Session {
	x.SeenAt = Whole(now)
	if t.Proved {
		x.ProvedAt = x.SeenAt
	}
	return x
}

// EndOf returns the time that Sweep counts from: when nothing of the session was good any more, or when it was ended
// before. ended is zero for a session that was not.
func EndOf(x *store.Session, ended time.Time) time.Time {
	if end := x.EndsAt(); ended.IsZero() || end.Before(ended) {
		return end
	}
	return ended
}

// Kept reports whether a change that ends the account's sessions takes this one along into the new epoch. x is nil when
// there is none.
func Kept(was *store.Account, x *store.Session, ended bool) bool {
	return x != nil && x.Account == was.ID && x.Epoch == was.Epoch && !ended
}

// Rotated is what a rotation does.
type Rotated struct {
	Session store.Session // as it then stands
	Moved   bool          // it is to be written
	Reuse   bool          // it is to be ended by reuse, although the answer is an error
}

// Rotate decides about a rotation. x is nil when there is no such session. Errors win in this order: a session that
// reuse ended (Conflict, but ErrNotFound for the generation that was current), not live or not active or past its
// RefreshUntil, reuse.
func Rotate(r store.Rotation, x *store.Session, w Standing, now time.Time) (Rotated, error) {
	switch {
	case x == nil:
		return Rotated{}, store.ErrNotFound
	case w.Reused && r.Generation != x.Generation:
		return Rotated{}, store.Conflict{}
	case !Live(x, w, now) || !Active(w.Status, w.Parent) || !now.Before(x.RefreshUntil):
		return Rotated{}, store.ErrNotFound
	case r.Generation == x.Generation:
		next := *x
		next.Generation++
		next.RotatedAt, next.ExpiresAt, next.RefreshUntil = Whole(now), Whole(r.ExpiresAt), Whole(r.RefreshUntil)
		return Rotated{Session: next, Moved: true}, nil
	case r.Generation == x.Generation-1 && now.Before(x.RotatedAt.Add(r.Grace)):
		return Rotated{Session: *x}, nil
	}
	return Rotated{Reuse: true}, store.Conflict{}
}
