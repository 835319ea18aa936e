package tollkeeper

import (
	"context"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// ResetFactors takes every second factor and the recovery codes of another account of the caller's scope away, for an
// owner who lost them. Its sessions end, its owner is told by mail, and tries at the factors are forgotten; the
// password stays, and where a second factor is required the next session serves to enrol one. Nobody resets their own:
// that is [Authenticator.RemoveFactor], which asks for a code. [ErrForbidden]; [ErrNotFound]; [ErrFactorState]: it has
// none.
func (a *Authenticator) ResetFactors(ctx context.Context, by *Identity, id uuid.UUID) error {
	by = by.orNobody()
	return a.resetFactors(ctx, by.Account, func() (Subject, error) {
		return a.another(ctx, by, store.Lookup{ID: id, Credentials: true})
	})
}

// ResetFactors takes every second factor and the recovery codes of an account away, as [Authenticator.ResetFactors]
// does; those of a parent, too. [ErrNotFound]; [ErrFactorState]: it has none; [ErrForbidden] for the parent of the
// app's own users.
func (h Host) ResetFactors(ctx context.Context, id uuid.UUID) error {
	ctx = h.acting(ctx)
	return h.auth.resetFactors(ctx, uuid.Nil, func() (Subject, error) {
		if id == houseID {
			return Subject{}, ErrForbidden
		}
		return h.auth.subject(ctx, store.Lookup{ID: id, Credentials: true})
	})
}

// resetFactors takes the factors of the account that find returns with its credentials.
func (a *Authenticator) resetFactors(ctx context.Context, by uuid.UUID, find func() (Subject, error)) error {
	return a.retry(func() error {
		s, err := find()
		if err != nil {
			return err
		}
		if s.Account.Factors == 0 {
			return ErrFactorState
		}
		// Before it is done: an account that is closed to codes would else be closed to the first one of a new app.
		if err := a.attempts.Release(ctx, a.factorsForgotten(s.Account.ID), a.now()); err != nil {
			return err
		}
		c := store.Change{Account: s.Account, EndSessions: true, Void: []store.Purpose{store.PurposeRecovery}}
		for _, f := range s.Factors {
			c.DropFactors = append(c.DropFactors, f.ID)
		}
		c.Account.Factors = 0
		e := about(&s.Account, EventFactorChanged)
		e.By, e.Detail = by, "reset"
		c.Events, c.Mail = []Event{e}, a.notice(s, noticeFactor)
		_, _, err = a.update(ctx, c, a.now())
		return err
	})
}

// factorsForgotten is what a recovery code forgets of the tries at the account's factors.
func (a *Authenticator) factorsForgotten(account uuid.UUID) store.Release {
	return a.earned(taken{way: wayRecovery, guess: guess{account: account}})
}

// Unlock pardons what failures closed of another account of the caller's scope, on every network: its locks and its
// ceiling in that scope, and what its sessions are counted for. What is counted of an address in all scopes stays, but
// for an admin of the app's own users, who rules for the host: a tenant's word about its own child must not open
// another account of that address; its owner opens it by a mailed code or link. What networks may ask for, and tries at
// codes, stay counted, and no network is recognised by it. Nobody unlocks their own: a stolen session would guess the
// password on. [ErrForbidden]; [ErrNotFound].
func (a *Authenticator) Unlock(ctx context.Context, by *Identity, id uuid.UUID) error {
	by = by.orNobody()
	s, err := a.another(ctx, by, store.Lookup{ID: id})
	if err != nil {
		return err
	}
	w := rulersWord
	if s.Parent != nil && s.Parent.House {
		w = ownersWord
	}
	return a.unlock(ctx, s, w, by.Account)
}

// Unlock pardons what failures closed of an account, that of a parent, too: on every network its locks and ceilings,
// those over all scopes, too, as a proof of the mailbox does. [ErrNotFound]; [ErrForbidden] for the parent of the app's
// own users.
func (h Host) Unlock(ctx context.Context, id uuid.UUID) error {
	ctx = h.acting(ctx)
	s, err := h.somebody(ctx, id)
	if err != nil {
		return err
	}
	return h.auth.unlock(ctx, s, ownersWord, uuid.Nil)
}

func (a *Authenticator) unlock(ctx context.Context, s Subject, w word, by uuid.UUID) error {
	e := about(&s.Account, EventUnlocked)
	e.By = by
	if err := a.noted(ctx, e); err != nil {
		return err
	}
	now := a.now()
	var r store.Release
	a.pardonFailures(&r, s, w, now)
	return a.attempts.Release(ctx, r, now)
}
