package platform

import (
	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

const (
	wrong   = "Invalid credentials"
	inert   = "Account is not active"
	tooMany = "Rate limit exceeded"
	away    = "Service unavailable"
)

// replies returns every code in the platform family. An empty message is the error's own: policy texts.
var replies = family.Table{
	family.At(family.ErrNoRoute, 404, "", "Not found"),
	family.At(family.ErrMethod, 405, "", "Method not allowed"),
	family.At(family.ErrEmptyBody, 400, "", "Request body required"),
	family.At(family.ErrBadBody, 400, "", "Invalid request body"),
	family.At(family.ErrLargeBody, 413, "", "Request body too large"),
	family.At(family.ErrNoCredential, 401, "", wrong),
	family.At(family.ErrTwoCredentials, 400, "", "Send one credential"),
	family.At(family.ErrNotParent, 403, "", "Not allowed"),
	family.At(family.ErrCrossOrigin, 403, "", "Cross-origin request refused"),
	family.At(family.ErrNoKey, 400, "", "PlatformId is required"),

	family.At(tollkeeper.ErrInvalidInput, 400, "", ""),
	family.At(tollkeeper.ErrMissing, 400, "", ""),
	family.At(tollkeeper.ErrInvalidEmail, 400, "", ""),
	family.At(tollkeeper.ErrInvalidUsername, 400, "", ""),
	family.At(tollkeeper.ErrWeakPassword, 400, "", ""),
	family.At(tollkeeper.ErrInvalidCursor, 400, "", ""),
	family.At(tollkeeper.ErrInvalidLimit, 400, "", ""),
	family.At(tollkeeper.ErrParentKeyNeeded, 400, "", "PlatformId is required"),
	family.At(tollkeeper.ErrAlreadyVerified, 400, "", ""),

	family.At(tollkeeper.ErrInvalidCredentials, 401, "", wrong),
	family.At(tollkeeper.ErrUnknownParent, 401, "", wrong),
	family.At(tollkeeper.ErrParentKeyFormat, 401, "", wrong),
	family.At(tollkeeper.ErrParentKeyUnwanted, 401, "", wrong),
	family.At(tollkeeper.ErrInvalidToken, 401, "", wrong),
	family.At(tollkeeper.ErrAccountGone, 401, "", wrong),
	family.At(tollkeeper.ErrInvalidChallenge, 401, "", wrong),
	family.At(tollkeeper.ErrInvalidCode, 401, "", wrong),
	family.At(tollkeeper.ErrInvalidLink, 401, "", wrong),
	family.At(tollkeeper.ErrLinkExpired, 401, "", wrong),
	family.At(tollkeeper.ErrLinkUsed, 401, "", wrong),

	family.At(tollkeeper.ErrInactive, 403, "", inert),
	family.At(tollkeeper.ErrParentGone, 403, "", inert),
	family.At(tollkeeper.ErrParentInactive, 403, "", inert),
	family.At(tollkeeper.ErrNoOrganization, 403, "", inert),
	family.At(tollkeeper.ErrOrganizationMismatch, 403, "", inert),
	family.At(tollkeeper.ErrOrganizationNotAuthorized, 403, "", inert),
	family.At(tollkeeper.ErrUnverified, 403, "", "Email verification required"),
	family.At(tollkeeper.ErrInsufficientCredits, 403, "", "Insufficient credits"),
	family.At(tollkeeper.ErrSignUpClosed, 403, "", "Sign-up is closed"),
	family.At(tollkeeper.ErrRefused, 403, "", ""),
	family.At(tollkeeper.ErrForbidden, 403, "", "Not allowed"),
	family.At(tollkeeper.ErrLimitedSession, 403, "", "This session is limited"),
	family.At(tollkeeper.ErrNotRecent, 403, "", "Please sign in again"),
	family.At(tollkeeper.ErrLastAdmin, 403, "", "The last admin must stay"),

	family.At(tollkeeper.ErrNotFound, 404, "", "Not found"),
	family.At(tollkeeper.ErrDisabled, 404, "", "Not found"),
	family.At(tollkeeper.ErrConflict, 409, "", "Changed meanwhile, please try again"),
	family.At(tollkeeper.ErrEmailTaken, 409, "", "This email is already registered"),
	family.At(tollkeeper.ErrUsernameTaken, 409, "", "This username is already taken"),
	family.At(tollkeeper.ErrFactorState, 409, "", "The second factor is not in the state for this"),
	family.At(tollkeeper.ErrLastWayIn, 409, "", "This is the last way into the account"),

	family.At(tollkeeper.ErrLocked, 429, "", tooMany),
	family.At(tollkeeper.ErrRateLimited, 429, "", tooMany),
	family.At(tollkeeper.ErrInternal, 500, "", "Internal server error"),
	family.At(tollkeeper.ErrBusy, 503, "", away),
	family.At(tollkeeper.ErrUnavailable, 503, "", away),
	family.At(tollkeeper.ErrUpstream, 503, "", away),
}
