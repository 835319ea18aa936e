package v1

import (
	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

const (
	invalid  = "Invalid parameters!"
	wrong    = "Invalid Username or Password!"
	stranger = "Sorry! You are not logged in!"
	tooMany  = "Too many login requests! Try again later..."
	away     = "Service unavailable! Try again later..."
)

// replies returns every code in the v1 family. Those that docs/WIRE.md section 2 does not name cannot happen on
// its routes, or are ours.
var replies = family.Table{
	family.At(family.ErrNoRoute, 404, "", "Not found!"),
	family.At(family.ErrMethod, 405, "", "Method not allowed!"),
	family.At(family.ErrEmptyBody, 400, "", invalid),
	family.At(family.ErrBadBody, 400, "", invalid),
	family.At(family.ErrLargeBody, 413, "", "Request body too large!"),
	family.At(family.ErrNoCredential, 400, "", "No credentials sent!"),
	family.At(family.ErrTwoCredentials, 400, "", "No credentials sent!"),
	family.At(family.ErrNotParent, 403, "", "You are not allowed to do this!"),
	family.At(family.ErrCrossOrigin, 403, "", "Cross-origin request refused!"),
	family.At(family.ErrNoKey, 400, "", invalid),

	family.At(tollkeeper.ErrInvalidInput, 400, "", invalid),
	family.At(tollkeeper.ErrMissing, 400, "", invalid),
	family.At(tollkeeper.ErrInvalidEmail, 400, "", invalid),
	family.At(tollkeeper.ErrInvalidUsername, 400, "", invalid),
	family.At(tollkeeper.ErrWeakPassword, 400, "", invalid),
	family.At(tollkeeper.ErrInvalidCursor, 400, "", invalid),
	family.At(tollkeeper.ErrInvalidLimit, 400, "", invalid),
	family.At(tollkeeper.ErrParentKeyFormat, 400, "", invalid),
	family.At(tollkeeper.ErrParentKeyNeeded, 400, "", invalid),
	family.At(tollkeeper.ErrParentKeyUnwanted, 400, "", invalid),
	family.At(tollkeeper.ErrUnknownParent, 401, "", wrong),

	family.At(tollkeeper.ErrInvalidCredentials, 401, "", wrong),
	family.At(tollkeeper.ErrInvalidToken, 401, "", stranger),
	family.At(tollkeeper.ErrAccountGone, 401, "", stranger),
	family.At(tollkeeper.ErrInvalidChallenge, 401, "", stranger),
	family.At(tollkeeper.ErrInvalidCode, 401, "", "Invalid code!"),

	family.At(tollkeeper.ErrSignUpClosed, 403, "", "Registration is closed!"),
	family.At(tollkeeper.ErrRefused, 403, "", ""),
	family.At(tollkeeper.ErrForbidden, 403, "", "You are not allowed to do this!"),
	family.At(tollkeeper.ErrLimitedSession, 403, "", "This session is limited!"),
	family.At(tollkeeper.ErrNotRecent, 403, "", "Please log in again!"),
	family.At(tollkeeper.ErrInactive, 403, "", "This account is not active!"),
	family.At(tollkeeper.ErrUnverified, 403, "", "This E-mail is not verified!"),
	family.At(tollkeeper.ErrParentGone, 403, "", "This account is not active!"),
	family.At(tollkeeper.ErrParentInactive, 403, "", "This account is not active!"),
	family.At(tollkeeper.ErrNoOrganization, 403, "", "This account is not active!"),
	family.At(tollkeeper.ErrOrganizationMismatch, 403, "", "This account is not active!"),
	family.At(tollkeeper.ErrOrganizationNotAuthorized, 403, "", "This account is not active!"),
	family.At(tollkeeper.ErrInsufficientCredits, 403, "", "Insufficient credits!"),
	family.At(tollkeeper.ErrLastAdmin, 403, "", "The last admin must stay!"),

	family.At(tollkeeper.ErrNotFound, 404, "", "Not found!"),
	family.At(tollkeeper.ErrDisabled, 404, "", "Not found!"),
	family.At(tollkeeper.ErrConflict, 409, "", "Changed meanwhile! Try again..."),
	family.At(tollkeeper.ErrEmailTaken, 409, "", "This E-mail already exists!"),
	family.At(tollkeeper.ErrUsernameTaken, 409, "", "This username already exists!"),
	family.At(tollkeeper.ErrFactorState, 409, "", "The second factor is not in the state for this!"),
	family.At(tollkeeper.ErrLastWayIn, 409, "", "This is the last way into the account!"),

	family.At(tollkeeper.ErrInvalidLink, 400, "", invalid),
	family.At(tollkeeper.ErrLinkExpired, 400, "", invalid),
	family.At(tollkeeper.ErrLinkUsed, 400, "", invalid),
	family.At(tollkeeper.ErrAlreadyVerified, 400, "", invalid),

	family.At(tollkeeper.ErrLocked, 429, "", "Too many requests! Try again later..."),
	family.At(tollkeeper.ErrRateLimited, 429, "", "Too many requests! Try again later..."),
	family.At(tollkeeper.ErrInternal, 500, "", "Internal server error!"),
	family.At(tollkeeper.ErrBusy, 503, "", away),
	family.At(tollkeeper.ErrUnavailable, 503, "", away),
	family.At(tollkeeper.ErrUpstream, 503, "", away),
}
