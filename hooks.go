package tollkeeper

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/token"
)

// Hooks are what the host may refuse or add where the library decides. Nil: nothing. They may be called by many at
// once, each call in a goroutine of its own with a context that ends after Wait; one that has not returned by then, or
// panics, refuses. None but BeforePassword is shown a password, and none a hash.
//
// An [Error] of a hook reaches the caller as it is: [ErrRefused] with a message of the host's, or [ErrUnavailable]
// where something that it asks is away. Any other error is the cause of an [ErrRefused], and nobody is shown its text.
type Hooks struct {
	// BeforeSignUp is asked before somebody makes an account for themselves, by [Authenticator.SignUp], by a mailed
	// code or link, or by a first sign-in with another issuer: behind the rates of sign-ups, and at a [SignUpRequest]
	// alike for an address that is taken. It may refuse, and it may change [SignUpAttempt.Starts]. It is not asked
	// about what the host or an admin makes.
	BeforeSignUp func(context.Context, *SignUpAttempt) error

	// BeforePassword is asked when somebody signs in by a password whom nobody here is, behind the throttles: another
	// system knows them, perhaps, and they move here with the first right password. It returns the account as a
	// record of an import, whose email or username is the one that it was asked for; the password that was shown
	// becomes its password, and PasswordHash is not looked at. Nil, [ErrNotFound] or [ErrInvalidCredentials]: it is
	// unknown there, too, or the password is wrong. Any other error ends the sign-in without counting it as a wrong
	// password; one that is no [Error] is [ErrUnavailable].
	//
	// From then on the account lives here, and nobody is asked about it under that name; one that was deleted here is
	// not made again. Nothing is charged or mailed for it, BeforeSignUp is not asked, and the log has
	// [EventAccountCreated] with Method "elsewhere".
	//
	// It is asked in every scope, which [PasswordAttempt] has: a hook that answers for the app's own users alone asks
	// about nobody else, or they become tenants by signing in where tenants do.
	//
	// Whom it is asked about can be told by the time that it takes: that an account has not moved yet, or is none.
	BeforePassword func(context.Context, PasswordAttempt) (*AccountRecord, error)

	// BeforeSession is asked before a session begins, whichever the way, once everything is proved and nothing is
	// charged yet; and before a session is refreshed, whose refresh token stays good where it refuses. What it returns
	// stands in the access token under ext and in [Identity.Claims], as the JSON object that encoding/json makes of it:
	// at most 1 KiB, at most seven levels deep; a larger one is [ErrInternal]. Nil: nothing. Tokens of
	// [AudienceOrganization] have none, because tenants can sign those by themselves.
	//
	// An account that has just been made stays where its first session is refused.
	BeforeSession func(context.Context, SessionAttempt) (map[string]any, error)

	Wait time.Duration // at most a minute. Zero: 2 seconds
}

// SignUpAttempt is an account that somebody is about to make for themselves.
type SignUpAttempt struct {
	Scope    uuid.UUID // its parent; [Root] for a tenant
	Email    string    // as it was written
	Username string
	Method   string // "sign-up"; "code", "link": mailed to the email, which is proven; "identity": an issuer vouches for it
	Captcha  string // that of the request; nobody has checked it
	Audience Audience
	Client   Client

	// Starts is what the account starts with, from the request: the hook may change it.
	Starts Starts
}

// Starts is what an account starts with, besides what identifies it.
type Starts struct {
	Name     string
	Role     Role            // zero: [RoleUser]. Nobody starts as an admin
	Metadata json.RawMessage // as of [Host.UpdateMetadata]; empty: none
}

// SessionAttempt is a session that is about to begin, or to be refreshed.
type SessionAttempt struct {
	Account  Account // without the hashes of its passwords. It is a copy
	Session  uuid.UUID
	Method   string // "password", "code", "link", "identity", "sign-up" or "refresh"
	Second   bool   // the second factor was shown, too; in a refresh always false
	Audience Audience
	Client   Client
}

var errHookStopped = errors.New("the hook ended its goroutine")

// ask calls a hook and waits for it, no longer than Config.Hooks.Wait.
func ask[T any](ctx context.Context, a *Authenticator, name string, hook func(context.Context) (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	ctx, cancel := context.WithTimeout(ctx, a.cfg.Hooks.Wait)
	defer cancel()
	done := make(chan outcome, 1)
	go func() {
		o := outcome{err: ErrInternal.WithCause(errHookStopped)}
		defer func() {
			if r := recover(); r != nil {
				a.cfg.Logger.Error("tollkeeper: Config.Hooks."+name+" panicked", "panic", r)
			}
			done <- o
		}()
		value, err := hook(ctx)
		o = outcome{value, err}
	}()
	var none T
	select {
	case o := <-done:
		if o.err != nil {
			return none, hookError(o.err)
		}
		return o.value, nil
	case <-ctx.Done():
		return none, ErrUnavailable.WithCause(fmt.Errorf("Config.Hooks.%s: %w", name, ctx.Err()))
	}
}

func hookError(err error) error {
	if _, ours := errors.AsType[*Error](err); ours {
		return err
	}
	return ErrRefused.WithCause(err)
}

// beforeSignUp asks the host about an account, and takes over what it starts with.
func (a *Authenticator) beforeSignUp(ctx context.Context, x *Account, about SignUpAttempt) error {
	about.Scope, about.Email, about.Username = x.Parent, x.Email, x.Username
	about.Starts.Name, about.Starts.Role = x.Name, x.Role
	if hook := a.cfg.Hooks.BeforeSignUp; hook != nil {
		starts, err := ask(ctx, a, "BeforeSignUp", func(ctx context.Context) (Starts, error) {
			shown := about // the hook may keep it
			err := hook(ctx, &shown)
			starts := shown.Starts
			starts.Metadata = slices.Clone(starts.Metadata)
			return starts, err
		})
		if err != nil {
			a.signUpRefused(x, about, err)
			return err
		}
		if about.Starts, err = starts, a.checkStarts(starts); err != nil {
			return ErrInternal.WithCause(fmt.Errorf("Config.Hooks.BeforeSignUp: %w", err))
		}
	}
	setZero(&about.Starts.Role, RoleUser)
	x.Name, x.Role, x.Metadata = about.Starts.Name, about.Starts.Role, about.Starts.Metadata
	return nil
}

// checkStarts holds a hook to what a person may have at the start.
func (a *Authenticator) checkStarts(s Starts) error {
	if s.Role != "" {
		if role, err := a.role(s.Role); err != nil || role != s.Role || role == RoleAdmin {
			return ErrInvalidInput.WithField("role").WithMessage("Nobody starts with the role " + string(s.Role))
		}
	}
	if err := checkName(s.Name); err != nil {
		return err
	}
	return checkMetadata(s.Metadata)
}

func (a *Authenticator) signUpRefused(x *Account, about SignUpAttempt, err error) {
	a.event(Event{Name: EventSignUpRefused, Scope: x.Parent, Audience: about.Audience, Network: about.Client.network(), Method: about.Method, Code: codeOf(err)})
}

// beforeSession asks the host about a session of the account, and returns the claims that its token gets.
func (a *Authenticator) beforeSession(ctx context.Context, x Account, about SessionAttempt) (string, error) {
	if a.cfg.Hooks.BeforeSession == nil {
		return "", nil // before anything moves to the heap
	}
	return a.askBeforeSession(ctx, x, about)
}

func (a *Authenticator) askBeforeSession(ctx context.Context, x Account, about SessionAttempt) (string, error) {
	x.Password, x.PasswordHistory, x.Metadata = "", nil, slices.Clone(x.Metadata)
	about.Account = x
	return ask(ctx, a, "BeforeSession", func(ctx context.Context) (string, error) {
		claims, err := a.cfg.Hooks.BeforeSession(ctx, about)
		if err != nil || len(claims) == 0 || about.Audience == AudienceOrganization {
			return "", err
		}
		text, err := json.Marshal(claims)
		if err == nil && !token.GoodExt(text) {
			err = errors.New("the claims are more than 1 KiB, or nested too deep")
		}
		if err != nil {
			return "", ErrInternal.WithCause(fmt.Errorf("Config.Hooks.BeforeSession: %w", err))
		}
		return string(text), nil
	})
}

// claimsIn reads what the host added to a token that is genuine.
func claimsIn(ext string) map[string]any {
	if ext == "" {
		return nil // before there is anything to allocate
	}
	var claims map[string]any
	_ = json.Unmarshal([]byte(ext), &claims) // it was read before, when the token was checked
	return claims
}
