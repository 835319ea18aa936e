package httpadapter

import "github.com/tollkeeper/tollkeeper"

const (
	platformWrong   = "Invalid credentials"
	platformInert   = "Account is not active"
	platformTooMany = "Rate limit exceeded"
	platformAway    = "Service unavailable"
)

// platformReplies returns every code in the platform family. An empty message is the error's own: policy texts.
var platformReplies = []reply{
	at(errNoRoute, 404, "", "Not found"),
	at(errMethod, 405, "", "Method not allowed"),
	at(errEmptyBody, 400, "", "Request body required"),
	at(errBadBody, 400, "", "Invalid request body"),
	at(errLargeBody, 413, "", "Request body too large"),
	at(errNoCredential, 401, "", platformWrong),
	at(errTwoCredentials, 400, "", "Send one credential"),
	at(errNotParent, 403, "", "Not allowed"),
	at(errCrossOrigin, 403, "", "Cross-origin request refused"),
	at(errNoKey, 400, "", "PlatformId is required"),

	at(tollkeeper.ErrInvalidInput, 400, "", ""),
	at(tollkeeper.ErrMissing, 400, "", ""),
	at(tollkeeper.ErrInvalidEmail, 400, "", ""),
	at(tollkeeper.ErrInvalidUsername, 400, "", ""),
	at(tollkeeper.ErrWeakPassword, 400, "", ""),
	at(tollkeeper.ErrInvalidCursor, 400, "", ""),
	at(tollkeeper.ErrInvalidLimit, 400, "", ""),
	at(tollkeeper.ErrParentKeyNeeded, 400, "", "PlatformId is required"),
	at(tollkeeper.ErrAlreadyVerified, 400, "", ""),

	at(tollkeeper.ErrInvalidCredentials, 401, "", platformWrong),
	at(tollkeeper.ErrUnknownParent, 401, "", platformWrong),
	at(tollkeeper.ErrParentKeyFormat, 401, "", platformWrong),
	at(tollkeeper.ErrParentKeyUnwanted, 401, "", platformWrong),
	at(tollkeeper.ErrInvalidToken, 401, "", platformWrong),
	at(tollkeeper.ErrAccountGone, 401, "", platformWrong),
	at(tollkeeper.ErrInvalidChallenge, 401, "", platformWrong),
	at(tollkeeper.ErrInvalidCode, 401, "", platformWrong),
	at(tollkeeper.ErrInvalidLink, 401, "", platformWrong),
	at(tollkeeper.ErrLinkExpired, 401, "", platformWrong),
	at(tollkeeper.ErrLinkUsed, 401, "", platformWrong),

	at(tollkeeper.ErrInactive, 403, "", platformInert),
	at(tollkeeper.ErrParentGone, 403, "", platformInert),
	at(tollkeeper.ErrParentInactive, 403, "", platformInert),
	at(tollkeeper.ErrNoOrganization, 403, "", platformInert),
	at(tollkeeper.ErrOrganizationMismatch, 403, "", platformInert),
	at(tollkeeper.ErrOrganizationNotAuthorized, 403, "", platformInert),
	at(tollkeeper.ErrUnverified, 403, "", "Email verification required"),
	at(tollkeeper.ErrInsufficientCredits, 403, "", "Insufficient credits"),
	at(tollkeeper.ErrSignUpClosed, 403, "", "Sign-up is closed"),
	at(tollkeeper.ErrForbidden, 403, "", "Not allowed"),
	at(tollkeeper.ErrLimitedSession, 403, "", "This session is limited"),
	at(tollkeeper.ErrNotRecent, 403, "", "Please sign in again"),
	at(tollkeeper.ErrLastAdmin, 403, "", "The last admin must stay"),

	at(tollkeeper.ErrNotFound, 404, "", "Not found"),
	at(tollkeeper.ErrDisabled, 404, "", "Not found"),
	at(tollkeeper.ErrConflict, 409, "", "Changed meanwhile, please try again"),
	at(tollkeeper.ErrEmailTaken, 409, "", "This email is already registered"),
	at(tollkeeper.ErrUsernameTaken, 409, "", "This username is already taken"),
	at(tollkeeper.ErrFactorState, 409, "", "The second factor is not in the state for this"),

	at(tollkeeper.ErrLocked, 429, "", platformTooMany),
	at(tollkeeper.ErrRateLimited, 429, "", platformTooMany),
	at(tollkeeper.ErrInternal, 500, "", "Internal server error"),
	at(tollkeeper.ErrBusy, 503, "", platformAway),
	at(tollkeeper.ErrUnavailable, 503, "", platformAway),
	at(tollkeeper.ErrUpstream, 503, "", platformAway),
}
