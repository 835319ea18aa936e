package httpadapter

import "github.com/tollkeeper/tollkeeper"

// organizationReplies returns every code in the organization family. An empty message is the error's own.
var organizationReplies = []reply{
	at(errNoRoute, 404, "NOT_FOUND", "Not found"),
	at(errMethod, 405, "METHOD_NOT_ALLOWED", "Method not allowed"),
	at(errEmptyBody, 400, "MISSING_REQUEST_BODY", "Request body required"),
	at(errBadBody, 400, "INVALID_REQUEST_BODY", "Invalid JSON format"),
	at(errLargeBody, 413, "REQUEST_BODY_TOO_LARGE", "Request body too large"),
	at(errNoCredential, 401, "INVALID_TOKEN", "Authentication required"),
	at(errTwoCredentials, 400, "INVALID_REQUEST", "Send one Authorization header"),
	at(errNotParent, 401, "UNAUTHORIZED", "Only parent accounts can do this"),
	at(errCrossOrigin, 403, "CROSS_ORIGIN_REQUEST", "Cross-origin request refused"),
	at(errNoKey, 400, "MISSING_PARENT_PUBLIC_KEY", "public key is required"),

	at(tollkeeper.ErrInvalidInput, 400, "INVALID_REQUEST", ""),
	at(tollkeeper.ErrMissing, 400, "MISSING_REQUIRED_FIELDS", ""),
	at(tollkeeper.ErrInvalidEmail, 400, "INVALID_EMAIL_FORMAT", "Invalid email format"),
	at(tollkeeper.ErrInvalidUsername, 400, "INVALID_USERNAME_FORMAT", ""),
	at(tollkeeper.ErrWeakPassword, 400, "INVALID_PASSWORD_FORMAT", ""),
	at(tollkeeper.ErrInvalidCursor, 400, "INVALID_PAGINATION_TOKEN", ""),
	at(tollkeeper.ErrInvalidLimit, 400, "INVALID_LIMIT", ""),
	at(tollkeeper.ErrParentKeyFormat, 400, "INVALID_PARENT_PUBLIC_KEY_FORMAT", "Invalid parent public key format"),
	at(tollkeeper.ErrUnknownParent, 400, "INVALID_PARENT_PUBLIC_KEY", "Invalid parent public key"),
	at(tollkeeper.ErrParentKeyNeeded, 400, "MISSING_PARENT_PUBLIC_KEY", "Parent public key required for child accounts"),
	at(tollkeeper.ErrParentKeyUnwanted, 400, "INVALID_REQUEST", "Parent public key should not be provided for standard parent accounts"),
	at(tollkeeper.ErrNoOrganization, 400, "PARENT_NO_ORGANIZATION", "Parent account has no organization"),
	at(tollkeeper.ErrInvalidLink, 400, "INVALID_TOKEN", "The provided token is invalid"),
	at(tollkeeper.ErrLinkExpired, 400, "TOKEN_EXPIRED", "The provided token has expired"),
	at(tollkeeper.ErrLinkUsed, 400, "INVALID_TOKEN", "The provided token is invalid"),
	at(tollkeeper.ErrAlreadyVerified, 400, "EMAIL_ALREADY_VERIFIED", "Email is already verified"),

	at(tollkeeper.ErrInvalidCredentials, 401, "INVALID_CREDENTIALS", "Invalid email or password"),
	at(tollkeeper.ErrInvalidToken, 401, "INVALID_TOKEN", "Invalid or expired token"),
	at(tollkeeper.ErrOrganizationMismatch, 401, "ORGANIZATION_MISMATCH", "Account organization does not match key owner"),
	at(tollkeeper.ErrInvalidChallenge, 401, "INVALID_CHALLENGE", "Invalid or expired challenge"),
	at(tollkeeper.ErrInvalidCode, 401, "INVALID_CODE", "Invalid code"),

	at(tollkeeper.ErrUnverified, 403, "EMAIL_NOT_VERIFIED", "Email verification required"),
	at(tollkeeper.ErrInactive, 403, "ACCOUNT_INACTIVE", "Account is not active"),
	at(tollkeeper.ErrLocked, 403, "ACCOUNT_LOCKED", "Too many failed attempts"),
	at(tollkeeper.ErrInsufficientCredits, 403, "PARENT_ACCOUNT_INACTIVE", "Parent account has insufficient balance"),
	at(tollkeeper.ErrParentInactive, 403, "PARENT_INACTIVE", "Parent account is not active"),
	at(tollkeeper.ErrOrganizationNotAuthorized, 403, "ORGANIZATION_NOT_AUTHORIZED", "Organization not authorized for widget authentication"),
	at(tollkeeper.ErrSignUpClosed, 403, "SIGNUP_CLOSED", "Sign-up is closed"),
	at(tollkeeper.ErrForbidden, 403, "FORBIDDEN", "Not allowed"),
	at(tollkeeper.ErrLimitedSession, 403, "SESSION_LIMITED", "This session is limited"),
	at(tollkeeper.ErrNotRecent, 403, "REAUTHENTICATION_REQUIRED", "Please confirm that it is you"),
	at(tollkeeper.ErrLastAdmin, 403, "LAST_ADMIN", "The last admin must stay"),

	at(tollkeeper.ErrAccountGone, 404, "USER_NOT_FOUND", "User account not found"),
	at(tollkeeper.ErrParentGone, 404, "PARENT_NOT_FOUND", "Parent account not found"),
	at(tollkeeper.ErrNotFound, 404, "NOT_FOUND", "Not found"),
	at(tollkeeper.ErrDisabled, 404, "NOT_FOUND", "Not found"),

	at(tollkeeper.ErrUsernameTaken, 409, "USERNAME_ALREADY_TAKEN", "Username is already taken"),
	at(tollkeeper.ErrEmailTaken, 409, "EMAIL_ALREADY_REGISTERED", "Email is already registered"),
	at(tollkeeper.ErrEmailTaken, 409, "ORGANIZATION_SCOPE_CONFLICT", "Email is already registered in this organization").ofChild(),
	at(tollkeeper.ErrConflict, 409, "CONFLICT", "Changed meanwhile, please try again"),
	at(tollkeeper.ErrFactorState, 409, "MFA_STATE_CONFLICT", "The second factor is not in the state for this"),

	at(tollkeeper.ErrRateLimited, 429, "RATE_LIMIT_EXCEEDED", "Rate limit exceeded"),
	at(tollkeeper.ErrInternal, 500, "INTERNAL_SERVER_ERROR", "Internal server error"),
	at(tollkeeper.ErrBusy, 503, "SERVICE_UNAVAILABLE", "The service is busy, please try again"),
	at(tollkeeper.ErrUnavailable, 503, "SERVICE_UNAVAILABLE", "The service is not available, please try again"),
	at(tollkeeper.ErrUpstream, 503, "SERVICE_UNAVAILABLE", "The identity provider cannot be reached"),
}

// verifyReplies are those of the token of a verification link (docs/WIRE.md 1.4).
var verifyReplies = []reply{
	at(tollkeeper.ErrMissing, 400, "TOKEN_NOT_PROVIDED", "Token is required"),
	at(tollkeeper.ErrInvalidInput, 400, "INVALID_TOKEN_FORMAT", "Invalid token format"),
	at(tollkeeper.ErrLinkUsed, 400, "EMAIL_ALREADY_VERIFIED", "Email is already verified"),
	wrongPassword,
}

// disownReplies are those of the same token where it says the opposite.
var disownReplies = []reply{
	at(tollkeeper.ErrMissing, 400, "TOKEN_NOT_PROVIDED", "Token is required"),
	at(tollkeeper.ErrInvalidInput, 400, "INVALID_TOKEN_FORMAT", "Invalid token format"),
	at(tollkeeper.ErrAlreadyVerified, 409, "EMAIL_ALREADY_PROVEN", "The owner of this address has confirmed the account already"),
	linkUsed,
}

// resetReplies are those of the token of a reset link (docs/WIRE.md 1.5).
var resetReplies = []reply{
	at(tollkeeper.ErrMissing, 400, "TOKEN_NOT_PROVIDED", "Token is required").in("token"),
	at(tollkeeper.ErrInvalidLink, 400, "INVALID_TOKEN", "Invalid or malformed reset token"),
	at(tollkeeper.ErrLinkExpired, 400, "OTP_EXPIRED", "The reset token has expired"),
	at(tollkeeper.ErrLinkUsed, 400, "INVALID_OTP", "The reset token is no longer valid"),
}
