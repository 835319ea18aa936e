package httpadapter

import "github.com/tollkeeper/tollkeeper"

const (
	v1Invalid  = "Invalid parameters!"
	v1Wrong    = "Invalid Username or Password!"
	v1Stranger = "Sorry! You are not logged in!"
	v1TooMany  = "Too many login requests! Try again later..."
	v1Away     = "Service unavailable! Try again later..."
)

// v1Replies returns every code in the v1 family. Those that docs/WIRE.md section 2 does not name cannot happen on
// its routes, or are ours.
var v1Replies = []reply{
	at(errNoRoute, 404, "", "Not found!"),
	at(errMethod, 405, "", "Method not allowed!"),
	at(errEmptyBody, 400, "", v1Invalid),
	at(errBadBody, 400, "", v1Invalid),
	at(errLargeBody, 413, "", "Request body too large!"),
	at(errNoCredential, 400, "", "No credentials sent!"),
	at(errTwoCredentials, 400, "", "No credentials sent!"),
	at(errNotParent, 403, "", "You are not allowed to do this!"),
	at(errCrossOrigin, 403, "", "Cross-origin request refused!"),
	at(errNoKey, 400, "", v1Invalid),

	at(tollkeeper.ErrInvalidInput, 400, "", v1Invalid),
	at(tollkeeper.ErrMissing, 400, "", v1Invalid),
	at(tollkeeper.ErrInvalidEmail, 400, "", v1Invalid),
	at(tollkeeper.ErrInvalidUsername, 400, "", v1Invalid),
	at(tollkeeper.ErrWeakPassword, 400, "", v1Invalid),
	at(tollkeeper.ErrInvalidCursor, 400, "", v1Invalid),
	at(tollkeeper.ErrInvalidLimit, 400, "", v1Invalid),
	at(tollkeeper.ErrParentKeyFormat, 400, "", v1Invalid),
	at(tollkeeper.ErrParentKeyNeeded, 400, "", v1Invalid),
	at(tollkeeper.ErrParentKeyUnwanted, 400, "", v1Invalid),
	at(tollkeeper.ErrUnknownParent, 401, "", v1Wrong),

	at(tollkeeper.ErrInvalidCredentials, 401, "", v1Wrong),
	at(tollkeeper.ErrInvalidToken, 401, "", v1Stranger),
	at(tollkeeper.ErrAccountGone, 401, "", v1Stranger),
	at(tollkeeper.ErrInvalidChallenge, 401, "", v1Stranger),
	at(tollkeeper.ErrInvalidCode, 401, "", "Invalid code!"),

	at(tollkeeper.ErrSignUpClosed, 403, "", "Registration is closed!"),
	at(tollkeeper.ErrForbidden, 403, "", "You are not allowed to do this!"),
	at(tollkeeper.ErrLimitedSession, 403, "", "This session is limited!"),
	at(tollkeeper.ErrNotRecent, 403, "", "Please log in again!"),
	at(tollkeeper.ErrInactive, 403, "", "This account is not active!"),
	at(tollkeeper.ErrUnverified, 403, "", "This E-mail is not verified!"),
	at(tollkeeper.ErrParentGone, 403, "", "This account is not active!"),
	at(tollkeeper.ErrParentInactive, 403, "", "This account is not active!"),
	at(tollkeeper.ErrNoOrganization, 403, "", "This account is not active!"),
	at(tollkeeper.ErrOrganizationMismatch, 403, "", "This account is not active!"),
	at(tollkeeper.ErrOrganizationNotAuthorized, 403, "", "This account is not active!"),
	at(tollkeeper.ErrInsufficientCredits, 403, "", "Insufficient credits!"),
	at(tollkeeper.ErrLastAdmin, 403, "", "The last admin must stay!"),

	at(tollkeeper.ErrNotFound, 404, "", "Not found!"),
	at(tollkeeper.ErrDisabled, 404, "", "Not found!"),
	at(tollkeeper.ErrConflict, 409, "", "Changed meanwhile! Try again..."),
	at(tollkeeper.ErrEmailTaken, 409, "", "This E-mail already exists!"),
	at(tollkeeper.ErrUsernameTaken, 409, "", "This username already exists!"),
	at(tollkeeper.ErrFactorState, 409, "", "The second factor is not in the state for this!"),

	at(tollkeeper.ErrInvalidLink, 400, "", v1Invalid),
	at(tollkeeper.ErrLinkExpired, 400, "", v1Invalid),
	at(tollkeeper.ErrLinkUsed, 400, "", v1Invalid),
	at(tollkeeper.ErrAlreadyVerified, 400, "", v1Invalid),

	at(tollkeeper.ErrLocked, 429, "", "Too many requests! Try again later..."),
	at(tollkeeper.ErrRateLimited, 429, "", "Too many requests! Try again later..."),
	at(tollkeeper.ErrInternal, 500, "", "Internal server error!"),
	at(tollkeeper.ErrBusy, 503, "", v1Away),
	at(tollkeeper.ErrUnavailable, 503, "", v1Away),
	at(tollkeeper.ErrUpstream, 503, "", v1Away),
}
