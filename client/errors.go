package client

import (
	"errors"
	"net/http"
	"time"
)

// Error is an answer of the service that refuses. Compare it with [errors.Is] against the codes below, and read the
// details with [errors.AsType].
type Error struct {
	Status     int           // of the answer; zero: the service was not asked
	Code       Code          // empty: the answer is none of the family, as that of a proxy
	Field      string        // the input at fault, as JSON spells it; empty: none
	Detail     string        // fit for users, in the words of the service
	RetryAfter time.Duration // when trying again may help; zero: unknown or never
}

// Error returns the detail.
func (e *Error) Error() string {
	switch {
	case e.Detail != "":
		return e.Detail
	case e.Code != "":
		return string(e.Code)
	}
	return "client: the service answers " + http.StatusText(e.Status)
}

// Is reports whether target is the [Code] of e.
func (e *Error) Is(target error) bool {
	code, ok := target.(Code)
	return ok && code == e.Code && code != ""
}

// ErrAnswer means that the answer of a success is not one of the app family: another type, too long, or without what it
// must have. What was asked for may have been done.
var ErrAnswer = errors.New("client: the answer is not one of the app family")

// Code names what went wrong. It is an error, so that errors.Is(err, client.ErrLocked) tells whether err is an [*Error]
// of that code. A service may have codes of its own besides the constants: errors.Is(err, client.Code("too_young")).
type Code string

// Error returns the code as it stands.
func (c Code) Error() string { return string(c) }

// The codes of docs/ERRORS.md, which says what each means and what to do. The app family does not answer all of them.
const (
	ErrAccountGone               Code = "account_gone"
	ErrAlreadyVerified           Code = "already_verified"
	ErrBusy                      Code = "busy"
	ErrConflict                  Code = "conflict"
	ErrDisabled                  Code = "disabled"
	ErrEmailTaken                Code = "email_taken"
	ErrFactorState               Code = "factor_state"
	ErrForbidden                 Code = "forbidden"
	ErrInactive                  Code = "inactive"
	ErrInsufficientCredits       Code = "insufficient_credits"
	ErrInternal                  Code = "internal"
	ErrInvalidChallenge          Code = "invalid_challenge"
	ErrInvalidCode               Code = "invalid_code"
	ErrInvalidCredentials        Code = "invalid_credentials"
	ErrInvalidCursor             Code = "invalid_cursor"
	ErrInvalidEmail              Code = "invalid_email"
	ErrInvalidInput              Code = "invalid_input"
	ErrInvalidLimit              Code = "invalid_limit"
	ErrInvalidLink               Code = "invalid_link"
	ErrInvalidToken              Code = "invalid_token"
	ErrInvalidUsername           Code = "invalid_username"
	ErrLastAdmin                 Code = "last_admin"
	ErrLastWayIn                 Code = "last_way_in"
	ErrLimitedSession            Code = "limited_session"
	ErrLinkExpired               Code = "link_expired"
	ErrLinkUsed                  Code = "link_used"
	ErrLocked                    Code = "locked"
	ErrMissing                   Code = "missing"
	ErrNoOrganization            Code = "no_organization"
	ErrNotFound                  Code = "not_found"
	ErrNotRecent                 Code = "not_recent"
	ErrOrganizationMismatch      Code = "organization_mismatch"
	ErrOrganizationNotAuthorized Code = "organization_not_authorized"
	ErrParentGone                Code = "parent_gone"
	ErrParentInactive            Code = "parent_inactive"
	ErrParentKeyFormat           Code = "parent_key_format"
	ErrParentKeyNeeded           Code = "parent_key_needed"
	ErrParentKeyUnwanted         Code = "parent_key_unwanted"
	ErrRateLimited               Code = "rate_limited"
	ErrRefused                   Code = "refused"
	ErrSignUpClosed              Code = "sign_up_closed"
	ErrUnavailable               Code = "unavailable"
	ErrUnknownParent             Code = "unknown_parent"
	ErrUnverified                Code = "unverified"
	ErrUpstream                  Code = "upstream"
	ErrUsernameTaken             Code = "username_taken"
	ErrWeakPassword              Code = "weak_password"

	// Of requests that never reached the library.
	ErrHTTPBadBody        Code = "http_bad_body"
	ErrHTTPCrossOrigin    Code = "http_cross_origin"
	ErrHTTPEmptyBody      Code = "http_empty_body"
	ErrHTTPLargeBody      Code = "http_large_body"
	ErrHTTPMethod         Code = "http_method"
	ErrHTTPNoCredential   Code = "http_no_credential"
	ErrHTTPNoKey          Code = "http_no_key"
	ErrHTTPNoRoute        Code = "http_no_route"
	ErrHTTPNotParent      Code = "http_not_parent"
	ErrHTTPTwoCredentials Code = "http_two_credentials"
)
