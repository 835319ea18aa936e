package family

import (
	"cmp"
	"errors"
	"net/http"
	"slices"

	"github.com/tollkeeper/tollkeeper"
)

// ErrorsPage is where [Problem] leads: docs/ERRORS.md has a heading for every code.
const ErrorsPage = "https://github.com/tollkeeper/tollkeeper/blob/main/docs/ERRORS.md"

// ProblemBody is an error as RFC 9457 has it, with the core's code.
type ProblemBody struct {
	Type       string          `json:"type" about:"what this kind of problem is"`
	Title      string          `json:"title"`
	Status     int             `json:"status"`
	Detail     string          `json:"detail" about:"fit for users"`
	Code       tollkeeper.Code `json:"code" about:"one of docs/ERRORS.md, or the service's own"`
	Field      string          `json:"field,omitempty" about:"the input at fault"`
	RetryAfter int64           `json:"retryAfter,omitempty" about:"seconds"`
}

// Problem is the shape of the app family and of [WriteError]. The type of a code that docs/ERRORS.md does not have,
// such as one of a host's own, is "about:blank" (RFC 9457, 4.2.1).
var Problem = Shape{Type: "application/problem+json", Body: func(f Failure) any {
	b := ProblemBody{
		Type: "about:blank", Title: cmp.Or(f.Title, http.StatusText(f.Status)), Status: f.Status,
		Detail: f.Message, Code: f.Cause.Code, Field: f.Cause.Field,
	}
	if slices.Contains(headings, f.Cause.Code) {
		b.Type = ErrorsPage + "#" + string(f.Cause.Code)
	}
	if waits(f.Status, f.Cause) {
		b.RetryAfter = seconds(f.Cause.RetryAfter)
	}
	return b
}}

// headings are those of docs/ERRORS.md.
var headings = slices.Concat(tollkeeper.Codes(), Faults())

// Problems are the statuses of every code in that shape. The message is the error's own.
var Problems = slices.Concat(
	problemsOf(http.StatusNotFound, ErrNoRoute, tollkeeper.ErrNotFound, tollkeeper.ErrDisabled, tollkeeper.ErrParentGone),
	problemsOf(http.StatusMethodNotAllowed, ErrMethod),
	problemsOf(http.StatusRequestEntityTooLarge, ErrLargeBody),
	problemsOf(http.StatusBadRequest, ErrEmptyBody, ErrBadBody, ErrTwoCredentials, ErrNoKey, tollkeeper.ErrInvalidInput, tollkeeper.ErrMissing,
		tollkeeper.ErrInvalidEmail, tollkeeper.ErrInvalidUsername, tollkeeper.ErrWeakPassword, tollkeeper.ErrInvalidCursor,
		tollkeeper.ErrInvalidLimit, tollkeeper.ErrParentKeyFormat, tollkeeper.ErrParentKeyNeeded, tollkeeper.ErrParentKeyUnwanted,
		tollkeeper.ErrInvalidLink, tollkeeper.ErrLinkExpired, tollkeeper.ErrLinkUsed),
	problemsOf(http.StatusUnauthorized, ErrNoCredential, tollkeeper.ErrInvalidCredentials, tollkeeper.ErrInvalidToken,
		tollkeeper.ErrUnknownParent, tollkeeper.ErrAccountGone, tollkeeper.ErrInvalidChallenge, tollkeeper.ErrInvalidCode),
	problemsOf(http.StatusForbidden, ErrNotParent, ErrCrossOrigin, tollkeeper.ErrForbidden, tollkeeper.ErrLimitedSession, tollkeeper.ErrNotRecent,
		tollkeeper.ErrInactive, tollkeeper.ErrUnverified, tollkeeper.ErrSignUpClosed, tollkeeper.ErrRefused, tollkeeper.ErrParentInactive, tollkeeper.ErrNoOrganization,
		tollkeeper.ErrOrganizationMismatch, tollkeeper.ErrOrganizationNotAuthorized, tollkeeper.ErrInsufficientCredits, tollkeeper.ErrLastAdmin),
	problemsOf(http.StatusConflict, tollkeeper.ErrConflict, tollkeeper.ErrEmailTaken, tollkeeper.ErrUsernameTaken, tollkeeper.ErrFactorState,
		tollkeeper.ErrAlreadyVerified, tollkeeper.ErrLastWayIn),
	problemsOf(http.StatusTooManyRequests, tollkeeper.ErrLocked, tollkeeper.ErrRateLimited),
	problemsOf(http.StatusInternalServerError, tollkeeper.ErrInternal),
	problemsOf(http.StatusServiceUnavailable, tollkeeper.ErrBusy, tollkeeper.ErrUpstream),
	// What the operator has to mend is in the error, and is for the log.
	Table{At(tollkeeper.ErrUnavailable, http.StatusServiceUnavailable, "", tollkeeper.ErrUnavailable.Message)},
)

func problemsOf(status int, causes ...*tollkeeper.Error) Table {
	list := make(Table, len(causes))
	for i, cause := range causes {
		list[i] = At(cause, status, "", "")
	}
	return list
}

var problems = newReplies(Problems, Problem)

// WriteError writes the answer to an error on a host's own route as the app family does: its status,
// application/problem+json, and Retry-After where trying again may help; but in English, whatever the request prefers.
// Everything else is a 500 that says nothing of its cause, also an Error with a code of the host's own; a host logs
// that itself.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	known, e := problemOf(err)
	e.send(w, r, known)
}

// StatusOf returns the status that [WriteError] answers an error with.
func StatusOf(err error) int {
	_, e := problemOf(err)
	return e.Status
}

// problemOf returns what is known of an error, with the reply to it. A nil *Error is none of ours: nobody meant it.
func problemOf(err error) (*tollkeeper.Error, *shaped) {
	if known, ok := errors.AsType[*tollkeeper.Error](err); ok && known != nil {
		if e := problems.find(known, false); e != nil {
			return known, e
		}
	}
	return tollkeeper.ErrInternal, problems.find(tollkeeper.ErrInternal, false)
}
