package tollkeeper

import (
	"log/slog"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// Code names what went wrong, the same in every store and every HTTP family.
// It is stable: hosts may compare, count and translate it.
type Code = store.Code

// Error is the only error type that this package makes. Compare with errors.Is against the sentinels below, which
// looks at the Code (and at the Field when the sentinel has one); read the details with errors.AsType[*Error].
type Error struct {
	Code       Code
	Field      string        // the input at fault, as the request struct spells it in lower case; empty: none
	Message    string        // fit for users; empty: the code's own text
	RetryAfter time.Duration // when trying again may help; zero: unknown or never
	Err        error         // the cause, for logs only; never shown to a user
}

// Error returns the message for users. The cause is in [Error.Unwrap].
func (e *Error) Error() string {
	if e.Message != "" {
		return e.Message
	}
	return strings.ReplaceAll(string(e.Code), "_", " ")
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is an *Error of the same code, and of the same field if target names one.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && (t.Field == "" || t.Field == e.Field)
}

// LogValue is the code with the cause, which [Error.Error] keeps from users, down to the last: a cause that is an
// Error itself has its own.
func (e *Error) LogValue() slog.Value {
	if e.Err == nil {
		return slog.StringValue(string(e.Code))
	}
	cause := e.Err.Error()
	if inner, ok := e.Err.(*Error); ok {
		if cause = inner.LogValue().String(); inner.Code == e.Code {
			return slog.StringValue(cause)
		}
	}
	return slog.StringValue(string(e.Code) + ": " + cause)
}

// WithField returns a copy of e that names the field at fault.
func (e *Error) WithField(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// WithCause returns a copy of e with a cause for the logs.
func (e *Error) WithCause(err error) *Error {
	c := *e
	c.Err = err
	return &c
}

// WithRetryAfter returns a copy of e that says when to try again.
func (e *Error) WithRetryAfter(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// WithMessage returns a copy of e with another text for users.
func (e *Error) WithMessage(message string) *Error {
	c := *e
	c.Message = message
	return &c
}

// What a store refuses. Whatever else goes wrong there is [ErrUnavailable].
var (
	ErrNotFound            = &Error{Code: "not_found", Message: "Not found"}
	ErrConflict            = &Error{Code: "conflict", Message: "Already exists or was changed meanwhile"}
	ErrLastAdmin           = &Error{Code: "last_admin", Message: "The last admin must stay"}
	ErrInsufficientCredits = &Error{Code: "insufficient_credits", Message: "Insufficient credits"}
)

// Bad input. Nothing was done.
var (
	ErrInvalidInput      = &Error{Code: "invalid_input", Message: "Invalid input"}
	ErrMissing           = &Error{Code: "missing", Message: "A required field is missing"}
	ErrInvalidEmail      = &Error{Code: "invalid_email", Field: "email", Message: "Invalid email format"}
	ErrInvalidUsername   = &Error{Code: "invalid_username", Field: "username", Message: "Username must be 1 to 30 letters, digits or underscores"}
	ErrWeakPassword      = &Error{Code: "weak_password", Field: "password", Message: "Password does not meet the requirements"}
	ErrInvalidCursor     = &Error{Code: "invalid_cursor", Field: "cursor", Message: "Invalid pagination token"}
	ErrInvalidLimit      = &Error{Code: "invalid_limit", Field: "limit", Message: "Limit must be between 1 and 100"}
	ErrEmailTaken        = &Error{Code: "email_taken", Field: "email", Message: "This email is already registered"}
	ErrUsernameTaken     = &Error{Code: "username_taken", Field: "username", Message: "This username is already taken"}
	ErrParentKeyFormat   = &Error{Code: "parent_key_format", Field: "parent", Message: "Invalid parent public key format"}
	ErrUnknownParent     = &Error{Code: "unknown_parent", Field: "parent", Message: "Invalid parent public key"}
	ErrParentKeyNeeded   = &Error{Code: "parent_key_needed", Field: "parent", Message: "Parent public key required for child accounts"}
	ErrParentKeyUnwanted = &Error{Code: "parent_key_unwanted", Field: "parent", Message: "Parent public key should not be provided for standard parent accounts"}
)

// Who may not come in, or not do this.
var (
	ErrInvalidCredentials        = &Error{Code: "invalid_credentials", Message: "Invalid email or password"}
	ErrInvalidToken              = &Error{Code: "invalid_token", Message: "Invalid or expired token"}
	ErrForbidden                 = &Error{Code: "forbidden", Message: "Not allowed"}
	ErrLimitedSession            = &Error{Code: "limited_session", Message: "This session is limited"}
	ErrNotRecent                 = &Error{Code: "not_recent", Message: "Please confirm that it is you"}
	ErrInactive                  = &Error{Code: "inactive", Message: "Account is not active"}
	ErrUnverified                = &Error{Code: "unverified", Message: "Email verification required"}
	ErrAccountGone               = &Error{Code: "account_gone", Message: "User account not found"}
	ErrSignUpClosed              = &Error{Code: "sign_up_closed", Message: "Sign-up is closed"}
	ErrRefused                   = &Error{Code: "refused", Message: "This service does not allow it"}
	ErrParentGone                = &Error{Code: "parent_gone", Message: "Parent account not found"}
	ErrParentInactive            = &Error{Code: "parent_inactive", Message: "Parent account is not active"}
	ErrNoOrganization            = &Error{Code: "no_organization", Message: "Parent account has no organization"}
	ErrOrganizationMismatch      = &Error{Code: "organization_mismatch", Message: "Account organization does not match key owner"}
	ErrOrganizationNotAuthorized = &Error{Code: "organization_not_authorized", Message: "Organization not authorized for widget authentication"}
	ErrLocked                    = &Error{Code: "locked", Message: "Too many failed attempts"}
	ErrRateLimited               = &Error{Code: "rate_limited", Message: "Rate limit exceeded"}
	ErrInvalidChallenge          = &Error{Code: "invalid_challenge", Message: "Invalid or expired challenge"}
	ErrInvalidCode               = &Error{Code: "invalid_code", Message: "Invalid code"}
	ErrFactorState               = &Error{Code: "factor_state", Message: "The second factor is not in the state for this"}
	ErrLastWayIn                 = &Error{Code: "last_way_in", Message: "This is the last way into the account. Set a password or confirm the email address first"}
)

// Mailed links.
var (
	ErrInvalidLink     = &Error{Code: "invalid_link", Field: "token", Message: "This link is not known, or was replaced or ended since; please ask for another one"}
	ErrLinkExpired     = &Error{Code: "link_expired", Field: "token", Message: "This link has expired; please ask for another one"}
	ErrLinkUsed        = &Error{Code: "link_used", Field: "token", Message: "This link was used, or ended when you signed in by a mailed code or changed your account; please ask for another one"}
	ErrAlreadyVerified = &Error{Code: "already_verified", Field: "email", Message: "Email is already verified"}
)

// The service itself.
var (
	ErrBusy        = &Error{Code: "busy", Message: "The service is busy, please try again", RetryAfter: time.Second}
	ErrUnavailable = &Error{Code: "unavailable", Message: "The service is not available, please try again", RetryAfter: time.Second}
	ErrInternal    = &Error{Code: "internal", Message: "Internal error"}
	ErrDisabled    = &Error{Code: "disabled", Message: "This feature is not enabled"}
	ErrUpstream    = &Error{Code: "upstream", Message: "The identity provider cannot be reached", RetryAfter: time.Second}
)

// Codes lists every code that a method of [Authenticator] may return, for tables that must be complete.
func Codes() []Code {
	all := []*Error{
		ErrNotFound, ErrConflict, ErrLastAdmin, ErrInsufficientCredits,
		ErrInvalidInput, ErrMissing, ErrInvalidEmail, ErrInvalidUsername, ErrWeakPassword, ErrInvalidCursor, ErrInvalidLimit,
		ErrEmailTaken, ErrUsernameTaken, ErrParentKeyFormat, ErrUnknownParent, ErrParentKeyNeeded, ErrParentKeyUnwanted,
		ErrInvalidCredentials, ErrInvalidToken, ErrForbidden, ErrLimitedSession, ErrNotRecent, ErrInactive, ErrUnverified,
		ErrSignUpClosed, ErrRefused, ErrAccountGone, ErrParentGone, ErrParentInactive, ErrNoOrganization, ErrOrganizationMismatch,
		ErrOrganizationNotAuthorized, ErrLocked, ErrRateLimited, ErrInvalidChallenge, ErrInvalidCode, ErrFactorState, ErrLastWayIn,
		ErrInvalidLink, ErrLinkExpired, ErrLinkUsed, ErrAlreadyVerified,
		ErrBusy, ErrUnavailable, ErrInternal, ErrDisabled, ErrUpstream,
	}
	codes := make([]Code, len(all))
	for i, e := range all {
		codes[i] = e.Code
	}
	return codes
}
