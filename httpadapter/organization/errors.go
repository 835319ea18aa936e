package organization

import (
	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// replies returns every code in the organization family. An empty message is the error's own.
var replies = family.Table{
	family.At(family.ErrNoRoute, 404, "NOT_FOUND", "Not found"),
	family.At(family.ErrMethod, 405, "METHOD_NOT_ALLOWED", "Method not allowed"),
	family.At(family.ErrEmptyBody, 400, "MISSING_REQUEST_BODY", "Request body required"),
	family.At(family.ErrBadBody, 400, "INVALID_REQUEST_BODY", "Invalid JSON format"),
	family.At(family.ErrLargeBody, 413, "REQUEST_BODY_TOO_LARGE", "Request body too large"),
	family.At(family.ErrNoCredential, 401, "INVALID_TOKEN", "Authentication required"),
	family.At(family.ErrTwoCredentials, 400, "INVALID_REQUEST", "Send one Authorization header"),
	family.At(family.ErrNotParent, 401, "UNAUTHORIZED", "Only parent accounts can do this"),
	family.At(family.ErrCrossOrigin, 403, "CROSS_ORIGIN_REQUEST", "Cross-origin request refused"),
	family.At(family.ErrNoKey, 400, "MISSING_PARENT_PUBLIC_KEY", "public key is required"),

	family.At(tollkeeper.ErrInvalidInput, 400, "INVALID_REQUEST", ""),
	family.At(tollkeeper.ErrMissing, 400, "MISSING_REQUIRED_FIELDS", ""),
	family.At(tollkeeper.ErrInvalidEmail, 400, "INVALID_EMAIL_FORMAT", "Invalid email format"),
	family.At(tollkeeper.ErrInvalidUsername, 400, "INVALID_USERNAME_FORMAT", ""),
	family.At(tollkeeper.ErrWeakPassword, 400, "INVALID_PASSWORD_FORMAT", ""),
	family.At(tollkeeper.ErrInvalidCursor, 400, "INVALID_PAGINATION_TOKEN", ""),
	family.At(tollkeeper.ErrInvalidLimit, 400, "INVALID_LIMIT", ""),
	family.At(tollkeeper.ErrParentKeyFormat, 400, "INVALID_PARENT_PUBLIC_KEY_FORMAT", "Invalid parent public key format"),
	family.At(tollkeeper.ErrUnknownParent, 400, "INVALID_PARENT_PUBLIC_KEY", "Invalid parent public key"),
	family.At(tollkeeper.ErrParentKeyNeeded, 400, "MISSING_PARENT_PUBLIC_KEY", "Parent public key required for child accounts"),
	family.At(tollkeeper.ErrParentKeyUnwanted, 400, "INVALID_REQUEST", "Parent public key should not be provided for standard parent accounts"),
	family.At(tollkeeper.ErrNoOrganization, 400, "PARENT_NO_ORGANIZATION", "Parent account has no organization"),
	family.At(tollkeeper.ErrInvalidLink, 400, "INVALID_TOKEN", "The provided token is invalid"),
	family.At(tollkeeper.ErrLinkExpired, 400, "TOKEN_EXPIRED", "The provided token has expired"),
	family.At(tollkeeper.ErrLinkUsed, 400, "INVALID_TOKEN", "The provided token is invalid"),
	family.At(tollkeeper.ErrAlreadyVerified, 400, "EMAIL_ALREADY_VERIFIED", "Email is already verified"),

	family.At(tollkeeper.ErrInvalidCredentials, 401, "INVALID_CREDENTIALS", "Invalid email or password"),
	family.At(tollkeeper.ErrInvalidToken, 401, "INVALID_TOKEN", "Invalid or expired token"),
	family.At(tollkeeper.ErrOrganizationMismatch, 401, "ORGANIZATION_MISMATCH", "Account organization does not match key owner"),
	family.At(tollkeeper.ErrInvalidChallenge, 401, "INVALID_CHALLENGE", "Invalid or expired challenge"),
	family.At(tollkeeper.ErrInvalidCode, 401, "INVALID_CODE", "Invalid code"),

	family.At(tollkeeper.ErrUnverified, 403, "EMAIL_NOT_VERIFIED", "Email verification required"),
	family.At(tollkeeper.ErrInactive, 403, "ACCOUNT_INACTIVE", "Account is not active"),
	family.At(tollkeeper.ErrLocked, 403, "ACCOUNT_LOCKED", "Too many failed attempts"),
	family.At(tollkeeper.ErrInsufficientCredits, 403, "PARENT_ACCOUNT_INACTIVE", "Parent account has insufficient balance"),
	family.At(tollkeeper.ErrParentInactive, 403, "PARENT_INACTIVE", "Parent account is not active"),
	family.At(tollkeeper.ErrOrganizationNotAuthorized, 403, "ORGANIZATION_NOT_AUTHORIZED", "Organization not authorized for widget authentication"),
	family.At(tollkeeper.ErrSignUpClosed, 403, "SIGNUP_CLOSED", "Sign-up is closed"),
	family.At(tollkeeper.ErrRefused, 403, "REFUSED", ""),
	family.At(tollkeeper.ErrForbidden, 403, "FORBIDDEN", "Not allowed"),
	family.At(tollkeeper.ErrLimitedSession, 403, "SESSION_LIMITED", "This session is limited"),
	family.At(tollkeeper.ErrNotRecent, 403, "REAUTHENTICATION_REQUIRED", "Please confirm that it is you"),
	family.At(tollkeeper.ErrLastAdmin, 403, "LAST_ADMIN", "The last admin must stay"),

	family.At(tollkeeper.ErrAccountGone, 404, "USER_NOT_FOUND", "User account not found"),
	family.At(tollkeeper.ErrParentGone, 404, "PARENT_NOT_FOUND", "Parent account not found"),
	family.At(tollkeeper.ErrNotFound, 404, "NOT_FOUND", "Not found"),
	family.At(tollkeeper.ErrDisabled, 404, "NOT_FOUND", "Not found"),

	family.At(tollkeeper.ErrUsernameTaken, 409, "USERNAME_ALREADY_TAKEN", "Username is already taken"),
	family.At(tollkeeper.ErrEmailTaken, 409, "EMAIL_ALREADY_REGISTERED", "Email is already registered"),
	family.At(tollkeeper.ErrEmailTaken, 409, "ORGANIZATION_SCOPE_CONFLICT", "Email is already registered in this organization").OfChild(),
	family.At(tollkeeper.ErrConflict, 409, "CONFLICT", "Changed meanwhile, please try again"),
	family.At(tollkeeper.ErrFactorState, 409, "MFA_STATE_CONFLICT", "The second factor is not in the state for this"),
	family.At(tollkeeper.ErrLastWayIn, 409, "LAST_WAY_IN", "This is the last way into the account"),

	family.At(tollkeeper.ErrRateLimited, 429, "RATE_LIMIT_EXCEEDED", "Rate limit exceeded"),
	family.At(tollkeeper.ErrInternal, 500, "INTERNAL_SERVER_ERROR", "Internal server error"),
	family.At(tollkeeper.ErrBusy, 503, "SERVICE_UNAVAILABLE", "The service is busy, please try again"),
	family.At(tollkeeper.ErrUnavailable, 503, "SERVICE_UNAVAILABLE", "The service is not available, please try again"),
	family.At(tollkeeper.ErrUpstream, 503, "SERVICE_UNAVAILABLE", "The identity provider cannot be reached"),
}

// verifyReplies are those of the token of a verification link (docs/WIRE.md 1.4).
var verifyReplies = []family.Reply{
	family.At(tollkeeper.ErrMissing, 400, "TOKEN_NOT_PROVIDED", "Token is required"),
	family.At(tollkeeper.ErrInvalidInput, 400, "INVALID_TOKEN_FORMAT", "Invalid token format"),
	family.At(tollkeeper.ErrLinkUsed, 400, "EMAIL_ALREADY_VERIFIED", "Email is already verified"),
	wrongPassword,
}

// disownReplies are those of the same token where it says the opposite.
var disownReplies = []family.Reply{
	family.At(tollkeeper.ErrMissing, 400, "TOKEN_NOT_PROVIDED", "Token is required"),
	family.At(tollkeeper.ErrInvalidInput, 400, "INVALID_TOKEN_FORMAT", "Invalid token format"),
	family.At(tollkeeper.ErrAlreadyVerified, 409, "EMAIL_ALREADY_PROVEN", "The owner of this address has confirmed the account already"),
	linkUsed,
}

// resetReplies are those of the token of a reset link (docs/WIRE.md 1.5).
var resetReplies = []family.Reply{
	family.At(tollkeeper.ErrMissing, 400, "TOKEN_NOT_PROVIDED", "Token is required").In("token"),
	family.At(tollkeeper.ErrInvalidLink, 400, "INVALID_TOKEN", "Invalid or malformed reset token"),
	family.At(tollkeeper.ErrLinkExpired, 400, "OTP_EXPIRED", "The reset token has expired"),
	family.At(tollkeeper.ErrLinkUsed, 400, "INVALID_OTP", "The reset token is no longer valid"),
}
