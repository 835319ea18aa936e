package tollkeeper

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/internal/random"
	"github.com/tollkeeper/tollkeeper/store"
)

// Every account write goes through update, which also invalidates cached sessions. What ends sessions ends what was
// begun in them: mailed secrets are bound to the account's epoch.
func (a *Authenticator) update(ctx context.Context, c store.Change, now time.Time) (Account, store.Receipt, error) {
	c.Account.UpdatedAt = now
	if c.EndSessions {
		c.Void = append(slices.Clone(mailedPurposes), c.Void...)
	}
	x, r, err := a.store.UpdateAccount(ctx, c, now)
	a.live.accountChanged(c.Account.ID, c.Account.Parent) // also after an error: it may have happened
	if len(c.Mail) > 0 && err == nil {
		a.worker.wake()
	}
	return x, r, duplicate(err)
}

// duplicate names the duplicate field as users know it.
func duplicate(err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Code != ErrConflict.Code {
		return err
	}
	switch e.Field {
	case "email":
		return ErrEmailTaken
	case "username":
		return ErrUsernameTaken
	}
	return err
}

func (a *Authenticator) subject(ctx context.Context, l store.Lookup) (Subject, error) {
	s, err := a.store.FindAccount(ctx, l)
	return s, err
}

// self returns the caller's account, for changing it. ErrInvalidToken when it is gone.
func (a *Authenticator) self(ctx context.Context, by *Identity) (Subject, error) {
	s, err := a.subject(ctx, store.Lookup{ID: by.Account})
	if errors.Is(err, ErrNotFound) {
		return s, ErrInvalidToken
	}
	return s, err
}

// withCredentials returns the caller's account with its identities and factors. ErrInvalidToken when it is gone.
func (a *Authenticator) withCredentials(ctx context.Context, by *Identity) (Subject, error) {
	s, err := a.subject(ctx, store.Lookup{ID: by.Account, Credentials: true})
	if errors.Is(err, ErrNotFound) {
		return s, ErrInvalidToken
	}
	return s, err
}

// mayActOn is who may act on whom: a parent on its children, an admin on the accounts of its scope, everyone on
// themselves. Nobody else; a limited session on nobody.
func mayActOn(by *Identity, target *Account) bool {
	switch {
	case by.Limited != Unlimited:
		return false
	case by.Account == target.ID:
		return true
	case target.Parent == Root:
		return false
	case by.Account == target.Parent:
		return true
	default:
		return by.Admin() && by.Parent == target.Parent
	}
}

// scopeOf returns the scope that the caller rules: a parent's children, an admin's fellows. ErrForbidden: none.
func scopeOf(by *Identity) (uuid.UUID, error) {
	switch {
	case by.Limited != Unlimited:
		return Root, by.Limited.refused()
	case by.IsParent():
		return by.Account, nil
	case by.Admin():
		return by.Parent, nil
	}
	return Root, ErrForbidden
}

// role reads a role in any letter case. ErrInvalidInput: there is none of that name.
func (a *Authenticator) role(r Role) (Role, error) {
	r = Role(canon.Lower(string(r)))
	if r == RoleAdmin || r == RoleUser || r == RoleGuest || slices.Contains(a.cfg.Accounts.Labels, r) {
		return r, nil
	}
	return "", ErrInvalidInput.WithField("role").WithMessage("Unknown role")
}

// RoleChange names an account of the caller's scope and the role that it gets.
type RoleChange struct {
	Account uuid.UUID // zero: it is named by its email
	Email   string    // not looked at beside an Account
	Role    Role      // in any letter case
}

// SetRole gives an account in the caller's scope a role, and reports whether that changed anything. Taking the role of
// admin away ends the account's sessions, but not the caller's own one. [ErrForbidden]; [ErrInvalidInput] for
// an unknown role; [ErrInvalidEmail]; [ErrNotFound]; [ErrLastAdmin]; [ErrUnverified] for an admin from a parent whose
// mailbox is not proven: a stranger may have signed it up.
func (a *Authenticator) SetRole(ctx context.Context, by *Identity, r RoleChange) (changed bool, err error) {
	by = by.orNobody()
	scope, err := scopeOf(by)
	if err != nil {
		return false, err
	}
	return a.setRole(ctx, by, r.Role, func() (Subject, error) {
		if r.Account != uuid.Nil {
			s, err := a.target(ctx, by, store.Lookup{ID: r.Account})
			if err == nil && s.Account.Parent != scope {
				err = ErrNotFound // a parent itself: what it may do stands in no role
			}
			return s, err
		}
		key, err := emailKey(r.Email)
		if err != nil {
			return Subject{}, err
		}
		return a.subject(ctx, store.Lookup{Email: key, Scope: scope})
	})
}

// setRole changes the role of the account that find returns; by is hostItself for the host.
func (a *Authenticator) setRole(ctx context.Context, by *Identity, role Role, find func() (Subject, error)) (changed bool, err error) {
	if role, err = a.role(role); err != nil {
		return false, err
	}
	err = a.retry(func() error {
		s, err := find()
		if err != nil {
			return err
		}
		if changed = s.Account.Role != role; !changed {
			return nil
		}
		if err := a.mayGive(ctx, by, role); err != nil {
			return err
		}
		c := store.Change{Account: s.Account, EndSessions: s.Account.Role == RoleAdmin}
		e := about(&s.Account, EventRoleChanged)
		e.By, e.Detail = by.Account, string(role)
		c.Events, c.Mail = []Event{e}, a.notice(s, noticeRole)
		if s.Account.ID == by.Account {
			c.KeepSession = by.Session
		}
		c.Account.Role = role
		_, _, err = a.update(ctx, c, a.now())
		return err
	})
	return changed, err
}

// SetStatus lets an account in the caller's scope sign in, or no longer; disabling ends its sessions. Nobody disables
// their own account. [ErrForbidden]; [ErrNotFound]; [ErrLastAdmin]; [ErrInvalidInput] for a status that is neither
// active nor disabled.
func (a *Authenticator) SetStatus(ctx context.Context, by *Identity, id uuid.UUID, status Status) error {
	by = by.orNobody()
	if id == by.Account {
		return ErrForbidden
	}
	return a.setStatus(ctx, by.Account, status, func() (Subject, error) { return a.target(ctx, by, store.Lookup{ID: id}) })
}

func (a *Authenticator) setStatus(ctx context.Context, by uuid.UUID, status Status, find func() (Subject, error)) error {
	if status != StatusActive && status != StatusDisabled {
		return ErrInvalidInput.WithField("status").WithMessage("Unknown status")
	}
	return a.retry(func() error {
		s, err := find()
		if err != nil || s.Account.Status == status {
			return err
		}
		c := store.Change{Account: s.Account, EndSessions: status != StatusActive}
		c.Account.Status = status
		e := about(&s.Account, EventStatusChanged)
		e.By, e.Detail = by, string(status)
		c.Events = []Event{e}
		_, _, err = a.update(ctx, c, a.now())
		return err
	})
}

// target returns an account that the caller may act on. One that they may not is as absent as one that is not there.
func (a *Authenticator) target(ctx context.Context, by *Identity, l store.Lookup) (Subject, error) {
	if by.Limited != Unlimited {
		return Subject{}, by.Limited.refused()
	}
	s, err := a.subject(ctx, l)
	if err != nil {
		return s, err
	}
	if !mayActOn(by, &s.Account) {
		return Subject{}, ErrNotFound
	}
	return s, nil
}

// another is target for what nobody does to their own account. ErrForbidden: it is that, or the caller rules no scope.
func (a *Authenticator) another(ctx context.Context, by *Identity, l store.Lookup) (Subject, error) {
	if l.ID == by.Account {
		return Subject{}, ErrForbidden
	}
	if _, err := scopeOf(by); err != nil {
		return Subject{}, err
	}
	return a.target(ctx, by, l)
}

// Account returns an account that the caller may act on, their own too, with its identities and confirmed factors.
// Neither it nor its parent shows a password, and no factor shows what it is checked with. [ErrLimitedSession];
// [ErrNotFound], also for an account that the caller may not act on.
func (a *Authenticator) Account(ctx context.Context, by *Identity, id uuid.UUID) (Subject, error) {
	by = by.orNobody()
	if err := by.may(); err != nil {
		return Subject{}, err
	}
	s, err := a.target(ctx, by, store.Lookup{ID: id, Credentials: true})
	if err != nil {
		return Subject{}, err
	}
	s.Account = public(s.Account)
	if s.Parent != nil {
		parent := public(*s.Parent)
		s.Parent = &parent
	}
	s.Factors = confirmed(s.Factors)
	for i := range s.Factors {
		s.Factors[i].Sealed = nil
	}
	return s, nil
}

// CreateAccount makes an account in the scope that the caller rules, also where sign-up is closed: no throttle, no
// session, no mail. [AccountSpec].Scope is zero or names that scope. Who pays for a sign-up there pays for this, too: a
// parent for its child, whoever of its admins makes it, and nobody for the app's own users. The caller may vouch for
// the email (Verified), but their word is none of the mailbox's owner (Proven): the first proof of the mailbox drops
// the password that the caller chose. [ErrForbidden], with [Error.Field] "scope" or "proven" for a spec that goes
// beyond that; [ErrUnverified] for an admin from a parent whose mailbox is not proven, as of [Authenticator.SetRole];
// [ErrLimitedSession]; [ErrInsufficientCredits]; other errors as of [Authenticator.SignUp].
func (a *Authenticator) CreateAccount(ctx context.Context, by *Identity, spec AccountSpec) (Account, error) {
	by = by.orNobody()
	scope, err := scopeOf(by)
	if err != nil {
		return Account{}, err
	}
	if spec.Scope != (Scope{}) {
		named, err := a.parentIn(ctx, spec.Scope)
		if err != nil && !errors.Is(err, ErrUnknownParent) {
			return Account{}, err
		}
		if err != nil || named != scope {
			return Account{}, ErrForbidden.WithField("scope")
		}
	}
	if spec.Proven {
		return Account{}, ErrForbidden.WithField("proven")
	}
	if len(spec.Metadata) > 0 {
		return Account{}, ErrForbidden.WithField("metadata")
	}
	now := a.now()
	spec.Scope = Under(scope)
	x, err := a.specified(ctx, spec, now)
	if err != nil {
		return Account{}, err
	}
	if err := a.mayGive(ctx, by, x.Role); err != nil {
		return Account{}, err
	}
	owner := &Subject{Account: Account{ID: scope, House: scope == houseID}}
	x, err = a.given(ctx, x, by.Account, a.signUpCharge(owner, x.ID, OpSignUp), now)
	return public(x), err
}

// RemoveAccount deletes another account of the caller's scope. Nobody removes their own: that is
// [Authenticator.DeleteAccount], which asks for the password. [ErrForbidden]; [ErrNotFound]; [ErrLastAdmin].
func (a *Authenticator) RemoveAccount(ctx context.Context, by *Identity, id uuid.UUID) error {
	by = by.orNobody()
	s, err := a.another(ctx, by, store.Lookup{ID: id})
	if err != nil {
		return err
	}
	return a.delete(ctx, s, by.Account)
}

func (a *Authenticator) delete(ctx context.Context, s Subject, by uuid.UUID) error {
	e := about(&s.Account, EventAccountDeleted)
	e.By = by
	d := store.Deletion{Scope: s.Account.Parent, ID: s.Account.ID, Events: []Event{e}}
	err := a.store.DeleteAccount(ctx, d, a.now())
	a.live.accountChanged(s.Account.ID, s.Account.Parent)
	return err
}

// retry repeats a read-and-compare change that lost against another one. Three losses in a row are the caller's to see.
func (a *Authenticator) retry(change func() error) error {
	var err error
	for range 4 {
		err = change()
		e, ours := errors.AsType[*Error](err)
		if !ours || e.Code != ErrConflict.Code || e.Field != "" {
			return err
		}
	}
	return err
}

// newAccount makes an account of what a person chose, checked.
func (a *Authenticator) newAccount(email, username, name string, now time.Time) (Account, error) {
	email = strings.TrimSpace(email)
	key, err := emailKey(email)
	if err != nil {
		return Account{}, err
	}
	if username != "" && !canon.ValidUsername(username) {
		return Account{}, ErrInvalidUsername
	}
	if err := checkName(name); err != nil {
		return Account{}, err
	}
	x := a.blankAccount(a.idAt(now), now)
	x.Email, x.EmailKey, x.Username, x.Name = email, key, username, name
	return x, nil
}

// blankAccount is what every new account starts with.
func (a *Authenticator) blankAccount(id uuid.UUID, now time.Time) Account {
	return Account{
		ID: id, Role: RoleUser, Status: StatusActive, PublicKey: random.PublicKey(),
		PasswordChangedAt: now, CreatedAt: now, UpdatedAt: now,
		KeyMaster: a.keys.CurrentMaster(), KeyVersion: 1,
	}
}

// emailKey returns the canonical form under which an address is looked up, without the white space that people leave
// around it. ErrInvalidEmail: it has none.
func emailKey(email string) (string, error) {
	key, ok := canon.Email(strings.TrimSpace(email))
	if !ok {
		return "", ErrInvalidEmail
	}
	return key, nil
}

// usernameKey is emailKey for usernames. ErrInvalidUsername: it has no such form.
func usernameKey(username string) (string, error) {
	username = strings.TrimSpace(username)
	if !canon.KnownUsername(username) {
		return "", ErrInvalidUsername
	}
	return canon.Lower(username), nil
}

// checkName accepts a display name of up to 128 bytes without control characters.
func checkName(name string) error {
	if !canon.ValidLine(name, 128) {
		return ErrInvalidInput.WithField("name").WithMessage("Name must be at most 128 bytes without control characters")
	}
	return nil
}

// ValidPublicKey reports whether s has the form of a public key.
func ValidPublicKey(s string) bool { return canon.ValidPublicKey(s) }
