package tollkeeper

import (
	"context"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// What of other accounts may be looked at and taken away: by who rules their scope, and by the host. Both ways end in
// one function that finds the account.

// SessionsOf lists the live sessions of an account that the caller may act on, as [Authenticator.Sessions] does.
// [ErrLimitedSession]; [ErrNotFound], also for an account that the caller may not act on.
func (a *Authenticator) SessionsOf(ctx context.Context, by *Identity, id uuid.UUID) ([]SessionInfo, error) {
	by = by.orNobody()
	if _, err := a.target(ctx, by, store.Lookup{ID: id}); err != nil {
		return nil, err
	}
	return a.sessions(ctx, id, by.Session)
}

// Sessions lists the live sessions of an account in order of creation, the newest hundred of at most a thousand.
// [ErrNotFound].
func (h Host) Sessions(ctx context.Context, id uuid.UUID) ([]SessionInfo, error) {
	if _, err := h.Account(ctx, id); err != nil {
		return nil, err
	}
	return h.auth.sessions(ctx, id, uuid.Nil)
}

// EndSessionOf ends one session of an account that the caller may act on, at once. [ErrLimitedSession]; [ErrNotFound]:
// there is no such session, or the caller may not act on the account.
func (a *Authenticator) EndSessionOf(ctx context.Context, by *Identity, account, session uuid.UUID) error {
	by = by.orNobody()
	s, err := a.target(ctx, by, store.Lookup{ID: account})
	if err != nil {
		return err
	}
	return a.endSession(ctx, &s.Account, by.Account, session)
}

// EndSession ends one session of an account at once. [ErrNotFound]: there is no such one.
func (h Host) EndSession(ctx context.Context, account, session uuid.UUID) error {
	ctx = h.acting(ctx)
	s, err := h.Account(ctx, account)
	if err != nil {
		return err
	}
	return h.auth.endSession(ctx, &s.Account, uuid.Nil, session)
}

func (a *Authenticator) endSession(ctx context.Context, x *Account, by, session uuid.UUID) error {
	e := about(x, EventSignOut)
	e.By, e.Session = by, a.digests.session(session)
	err := a.store.RevokeSession(ctx, store.Revocation{Account: x.ID, Session: session, Events: []Event{e}}, a.now())
	a.live.sessionChanged(x.ID)
	return err
}

// FactorsOf lists the second factors of an account that the caller may act on, in order of creation.
// [ErrLimitedSession]; [ErrNotFound], also for an account that the caller may not act on.
func (a *Authenticator) FactorsOf(ctx context.Context, by *Identity, id uuid.UUID) ([]FactorInfo, error) {
	s, err := a.target(ctx, by.orNobody(), store.Lookup{ID: id, Credentials: true})
	return a.factorsOf(s), err
}

// Factors lists the second factors of an account in order of creation. [ErrNotFound].
func (h Host) Factors(ctx context.Context, id uuid.UUID) ([]FactorInfo, error) {
	s, err := h.auth.subject(ctx, store.Lookup{ID: id, Credentials: true})
	return h.auth.factorsOf(s), err
}

// IdentitiesOf lists who an account that the caller may act on is to other issuers, in the order in which they were
// linked. [ErrLimitedSession]; [ErrNotFound], also for an account that the caller may not act on.
func (a *Authenticator) IdentitiesOf(ctx context.Context, by *Identity, id uuid.UUID) ([]Linked, error) {
	s, err := a.target(ctx, by.orNobody(), store.Lookup{ID: id, Credentials: true})
	return s.Linked, err
}

// Identities lists who an account is to other issuers, in the order in which they were linked. [ErrNotFound].
func (h Host) Identities(ctx context.Context, id uuid.UUID) ([]Linked, error) {
	s, err := h.auth.subject(ctx, store.Lookup{ID: id, Credentials: true})
	return s.Linked, err
}

// RemoveFactorOf takes one second factor of another account of the caller's scope away, for an owner who lost it. Its
// sessions end and its owner is told by mail; with the last one the recovery codes are void and tries at the factors
// forgotten, as of [Authenticator.ResetFactors]. Nobody removes their own so: that is [Authenticator.RemoveFactor],
// which asks for a code. [ErrForbidden]; [ErrNotFound]: the account, or the factor; [ErrLastWayIn] of a passkey, which
// ResetFactors takes all the same.
func (a *Authenticator) RemoveFactorOf(ctx context.Context, by *Identity, id, factor uuid.UUID) error {
	by = by.orNobody()
	return a.removeFactor(ctx, by.Account, factor, func() (Subject, error) {
		return a.another(ctx, by, store.Lookup{ID: id, Credentials: true})
	})
}

// RemoveFactor takes one second factor of an account away, as [Authenticator.RemoveFactorOf] does; of a parent, too.
// [ErrNotFound]; [ErrLastWayIn]; [ErrForbidden] for the parent of the app's own users.
func (h Host) RemoveFactor(ctx context.Context, id, factor uuid.UUID) error {
	ctx = h.acting(ctx)
	return h.auth.removeFactor(ctx, uuid.Nil, factor, func() (Subject, error) { return h.withCredentials(ctx, id) })
}

// withCredentials is somebody with their identities and factors.
func (h Host) withCredentials(ctx context.Context, id uuid.UUID) (Subject, error) {
	if id == houseID {
		return Subject{}, ErrForbidden
	}
	return h.auth.subject(ctx, store.Lookup{ID: id, Credentials: true})
}

// removeFactor takes a factor of the account that find returns with its credentials.
func (a *Authenticator) removeFactor(ctx context.Context, by, factor uuid.UUID, find func() (Subject, error)) error {
	return a.retry(func() error {
		s, err := find()
		if err != nil {
			return err
		}
		c := store.Change{Account: s.Account, EndSessions: true}
		var left []store.Factor
		for _, f := range confirmed(s.Factors) {
			if f.ID == factor {
				c.DropFactors = append(c.DropFactors, f.ID)
			} else {
				left = append(left, f)
			}
		}
		if len(c.DropFactors) == 0 {
			return ErrNotFound
		}
		if !a.waysAfter(s, c).any() {
			return ErrLastWayIn
		}
		if c.Account.Factors = kinds(left); c.Account.Factors == 0 {
			c.Void = []store.Purpose{store.PurposeRecovery}
			if err := a.attempts.Release(ctx, a.factorsForgotten(s.Account.ID), a.now()); err != nil { // before, as in resetFactors
				return err
			}
		}
		e := about(&s.Account, EventFactorChanged)
		e.By, e.Detail = by, "removed"
		c.Events, c.Mail = []Event{e}, a.notice(s, noticeFactor)
		_, _, err = a.update(ctx, c, a.now())
		return err
	})
}

// RemoveIdentityOf takes a linked sign-in of another account of the caller's scope away. Its sessions end and its owner
// is told by mail. Nobody removes their own so: that is [Authenticator.RemoveIdentity]. [ErrForbidden]; [ErrNotFound]:
// the account, or the identity; [ErrLastWayIn]: nothing else leads into the account.
func (a *Authenticator) RemoveIdentityOf(ctx context.Context, by *Identity, id uuid.UUID, identity IssuedKey) error {
	by = by.orNobody()
	return a.removeIdentity(ctx, by.Account, identity, func() (Subject, error) {
		return a.another(ctx, by, store.Lookup{ID: id, Credentials: true})
	})
}

// RemoveIdentity takes a linked sign-in of an account away, as [Authenticator.RemoveIdentityOf] does; of a parent, too.
// [ErrNotFound]; [ErrLastWayIn]; [ErrForbidden] for the parent of the app's own users.
func (h Host) RemoveIdentity(ctx context.Context, id uuid.UUID, identity IssuedKey) error {
	ctx = h.acting(ctx)
	return h.auth.removeIdentity(ctx, uuid.Nil, identity, func() (Subject, error) { return h.withCredentials(ctx, id) })
}

// removeIdentity takes an identity of the account that find returns with its credentials.
func (a *Authenticator) removeIdentity(ctx context.Context, by uuid.UUID, identity IssuedKey, find func() (Subject, error)) error {
	return a.retry(func() error {
		s, err := find()
		if err != nil {
			return err
		}
		if !isLinked(s, identity) {
			return ErrNotFound
		}
		c := store.Change{Account: s.Account, Unlink: []IssuedKey{identity}, EndSessions: true}
		if !a.waysAfter(s, c).any() {
			return ErrLastWayIn
		}
		e := about(&s.Account, EventIdentityRemoved)
		e.By, e.Detail = by, identity.Issuer
		c.Events, c.Mail = []Event{e}, a.notice(s, noticeIdentity)
		_, _, err = a.update(ctx, c, a.now())
		return err
	})
}
