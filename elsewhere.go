package tollkeeper

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// PasswordAttempt is a sign-in by a password of somebody whom nobody here is.
type PasswordAttempt struct {
	Scope    uuid.UUID // where an account would be made: its parent; [Root] for a tenant
	Email    string    // canonical, in lower case; empty: by the Username
	Username string    // in lower case
	Password Password
	Audience Audience
	Client   Client
}

// known is the account of a sign-in that was found, and what became of its password.
type known struct {
	subject Subject
	proof   verdict
}

// orElsewhere asks the system that accounts come from about somebody who is unknown here, and makes the account that it
// knows. From then on everything is as with any other account: it is found, and its password verified. Of many at once
// one makes it. ErrNotFound: nobody knows them.
func (a *Authenticator) orElsewhere(ctx context.Context, r SignInRequest, g guess) (known, error) {
	hook := a.cfg.Hooks.BeforePassword
	if hook == nil || len(r.Password) > maxPassword || r.Password == "" {
		return known{}, ErrNotFound
	}
	parent, err := a.parentIn(ctx, r.Scope)
	if err != nil {
		return known{}, err
	}
	about := PasswordAttempt{Scope: parent, Email: g.email, Username: g.username, Password: r.Password, Audience: r.Audience, Client: r.Client}
	record, err := ask(ctx, a, "BeforePassword", func(ctx context.Context) (*AccountRecord, error) {
		record, err := hook(ctx, about)
		if _, ours := errors.AsType[*Error](err); err != nil && !ours {
			err = ErrUnavailable.WithCause(err) // who is away has not said that the password is wrong
		}
		return record, err
	})
	if err != nil && !errors.Is(err, ErrInvalidCredentials) { // which counts, or guesses would be free
		return known{}, err
	}
	if record == nil || err != nil {
		return known{}, ErrNotFound
	}
	if err := a.moveIn(ctx, about, *record); err != nil {
		return known{}, err
	}
	s, err := a.lookUp(ctx, signInLookup(r.Scope, g, r.Audience), nil)
	if err != nil {
		return known{}, err
	}
	proof, err := a.hasher.verify(ctx, s.Account.Password, r.Password)
	return known{s, proof}, err
}

// moveIn makes the account of a record that the old system gave, with the password that was right there.
func (a *Authenticator) moveIn(ctx context.Context, about PasswordAttempt, r AccountRecord) error {
	now := a.now()
	r.PasswordHash = ""
	in, err := a.recorded(about.Scope, r, ImportOptions{Zone: time.UTC}, now)
	if err != nil {
		return ErrInternal.WithCause(fmt.Errorf("Config.Hooks.BeforePassword: %w", err))
	}
	if key, _ := usernameKey(in.account.Username); about.Email != "" && in.account.EmailKey != about.Email || about.Username != "" && key != about.Username {
		return ErrInternal.WithCause(errors.New("Config.Hooks.BeforePassword: a record of somebody else"))
	}
	if in.account.Password, err = a.hasher.hash(ctx, about.Password); err != nil {
		return err
	}
	in.account.PasswordChangedAt, in.account.PasswordTemporary = now, r.PasswordTemporary
	if !in.changed.IsZero() {
		in.account.PasswordChangedAt = in.changed
	}
	_, err = a.settleIn(ctx, in, "elsewhere", now)
	if errors.Is(err, ErrEmailTaken) || errors.Is(err, ErrUsernameTaken) || errors.Is(err, ErrConflict) {
		a.cfg.Logger.Warn("tollkeeper: an account of Config.Hooks.BeforePassword is in another's way", "error", err)
		return ErrNotFound // as with any other name that is not theirs
	}
	return err
}

// settleIn makes an account that comes from another system, and reports whether it is new. One that stands is left as
// it is. ErrConflict: it stands elsewhere, or was deleted.
func (a *Authenticator) settleIn(ctx context.Context, in recorded, method string, now time.Time) (bool, error) {
	n := store.NewAccount{Account: in.account, Linked: in.linked, Factors: in.factors}
	e := about(&in.account, EventAccountCreated)
	e.Method = method
	n.Events = []Event{e}
	made, _, err := a.create(ctx, n, now)
	if err != nil {
		return false, signUpError(err)
	}
	if made.Parent != in.account.Parent || made.Status == StatusDeleted {
		return false, ErrConflict.WithField("id")
	}
	return made.PublicKey == in.account.PublicKey, nil // a new one is drawn for each record that brings none
}
