package tollkeeper

import (
	"context"
	"errors"
	"github.com/tollkeeper/tollkeeper/store"
	"slices"
	"time"
)

// accountHits are the buckets of a password that a signed-in caller repeats: a lock of his account and network, and a
// ceiling of the account over all networks, so that a stolen session does not try passwords freely (R04, R17).
func (a *Authenticator) accountHits(by *Identity, c Client) []hit {
	id, l := by.Account.String(), a.cfg.Limits
	return []hit{
		{Bucket: store.Bucket{Key: a.digests.bucket("self", id, c.network()), Limit: l.Lock}, forget: true},
		{Bucket: store.Bucket{Key: a.digests.bucket("selves", id), Limit: l.EmailCeiling}, forgive: true},
	}
}

// confirm proves the caller's own password once more. ErrInvalidCredentials, ErrLocked.
func (a *Authenticator) confirm(ctx context.Context, by *Identity, password Password, c Client) (Subject, error) {
	now := a.now()
	t, err := a.take(ctx, a.accountHits(by, c), now)
	if err != nil {
		return Subject{}, err
	}
	s, err := a.self(ctx, by)
	if err != nil {
		return s, err
	}
	ok, _, err := a.hasher.verify(ctx, s.Account.Password, password)
	if err != nil {
		return s, err
	}
	if !ok {
		a.event(Event{Name: EventSignInFailed, Account: by.Account, Audience: by.Audience, Network: c.network()})
		return s, ErrInvalidCredentials
	}
	a.release(ctx, t.release(), now)
	return s, nil
}

// PasswordChange replaces a password.
type PasswordChange struct {
	Current Password
	New     Password
	Client  Client
}

// ChangePassword replaces the caller's password. Every other session ends, the caller's stays; codes and links on their
// way are void; the owner is told by mail. A wrong current password counts in a lock of the caller.
// ErrInvalidCredentials, ErrLocked, ErrWeakPassword, ErrConflict when another change came first.
func (a *Authenticator) ChangePassword(ctx context.Context, by *Identity, r PasswordChange) error {
	by = by.orNobody()
	s, err := a.confirm(ctx, by, r.Current, r.Client)
	if err != nil {
		return err
	}
	if err := a.checkNewPassword(ctx, r.New, s.Account); err != nil {
		return err
	}
	now := a.now()
	change := store.Change{EndSessions: true, KeepSession: by.Session, Void: mailedPurposes, Mail: a.notice(s, noticePassword)}
	if change.Account, err = a.withPassword(ctx, s.Account, r.New, now); err != nil {
		return err
	}
	if _, _, err := a.update(ctx, change, now); err != nil {
		return err
	}
	a.event(Event{Name: EventPasswordChanged, Account: s.Account.ID, Parent: s.Account.Parent, Method: "password"})
	return nil
}

// mailedPurposes are the secrets that a change of password voids: all but recovery codes (R32).
var mailedPurposes = []store.Purpose{store.PurposeSignIn, store.PurposeReset, store.PurposeVerify, store.PurposeChangeEmail}

// DeleteAccount deletes the caller's own account with its personal data. A parent's children go with it. The password is
// asked again; an account without one is deleted on the word of a session not older than ten minutes.
// ErrInvalidCredentials, ErrNotRecent, ErrLocked, ErrLastAdmin.
func (a *Authenticator) DeleteAccount(ctx context.Context, by *Identity, password Password, c Client) error {
	by = by.orNobody()
	s, err := a.confirm(ctx, by, password, c)
	if errors.Is(err, ErrInvalidCredentials) && s.Account.Password == "" {
		if a.now().Sub(by.ProvedAt) > 10*time.Minute {
			return ErrNotRecent
		}
		err = nil
	}
	if err != nil {
		return err
	}
	return a.delete(ctx, s, by.Account)
}

// public answers the account without what no list may carry (R83).
func public(x Account) Account {
	x.Password, x.PasswordHistory, x.TOTP, x.TOTPPending = "", nil, nil, nil
	if x.Organization != nil {
		o := *x.Organization
		o.Authorized = slices.Clone(o.Authorized)
		x.Organization = &o
	}
	return x
}
