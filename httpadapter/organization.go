package httpadapter

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/tollkeeper/tollkeeper"
)

// Organization returns the organization family alone (docs/WIRE.md section 1), to be mounted at /auth and /parent and
// below.
func Organization(auth *tollkeeper.Authenticator, o Options) (http.Handler, error) {
	return handler(organizationFamily, auth, o)
}

func organizationFamily(o Options) (family, error) {
	home := tollkeeper.Tenants
	f := family{
		name: "organization", audience: tollkeeper.AudienceOrganization, prefixes: []string{"/auth", "/parent"},
		routes: slices.Concat(organizationRoutes, accountRoutes, factorRoutes, identityRoutes, sessionRoutes), replies: organizationReplies, shape: organizationError,
		home: &home, credential: bearer, carriers: bearerCarriers, password: organizationPasswords, origins: organizationOrigins, byKey: (*tollkeeper.Authenticator).OrganizationByKey,
	}
	if o.NoCharacterRules {
		f.password = passwordRule{}
	}
	if o.UnsafeTenantKeyForKeyHolders {
		f.byKey = func(a *tollkeeper.Authenticator, ctx context.Context, key string) (tollkeeper.OrganizationDetails, error) {
			return a.Host().UnsafeOrganizationByKey(ctx, key)
		}
		o.logger().Warn("httpadapter: Options.UnsafeTenantKeyForKeyHolders gives every parent's jwtSecret to whoever knows its public key")
	}
	return f, nil
}

func organizationError(code, message string) []byte {
	type fault struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	body, _ := json.Marshal(struct {
		Success bool  `json:"success"`
		Error   fault `json:"error"`
	}{false, fault{code, message}}) // strings always encode
	return body
}

// parentsOnly returns whoever is not a parent with a valid token: 401 in the documentation, also for a child.
func parentsOnly(message string) []reply {
	return []reply{
		at(errNoCredential, 401, "UNAUTHORIZED", message),
		at(tollkeeper.ErrInvalidToken, 401, "UNAUTHORIZED", message),
		at(errNotParent, 401, "UNAUTHORIZED", message),
	}
}

// keyReplies returns a parent key that is wrong, as each route documents it.
func keyReplies(status int, code, message string) []reply {
	return []reply{
		at(tollkeeper.ErrUnknownParent, status, code, message),
		at(tollkeeper.ErrParentKeyFormat, status, code, message),
	}
}

var organizationRoutes = []route{
	on("POST", "/auth/signin", organizationSignIn, signIn, organizationSession).
		saying(keyReplies(401, "INVALID_PARENT_PUBLIC_KEY", "Invalid parent public key")...),
	on("GET", "/auth/organization-details", noBody, organizationDetails, organizationShown).asks(signedInOrKey).
		saying(keyReplies(404, "USER_NOT_FOUND", "User not found")...).
		saying(at(tollkeeper.ErrForbidden, 400, "INVALID_PARENT_ACCOUNT", "The key does not belong to a parent account")),
	on("POST", "/auth/signup", organizationSignUp, signUp, organizationSignedUp).
		saying(keyReplies(404, "PARENT_NOT_FOUND", "Parent account not found")...).
		saying(
			at(tollkeeper.ErrForbidden, 404, "PARENT_NOT_FOUND", "Parent account not found"),
			at(tollkeeper.ErrInsufficientCredits, 403, "PARENT_INSUFFICIENT_BALANCE", "Parent account has insufficient balance"),
		),
	on("GET", "/auth/confirm-email", confirmQuery, verifyEmail, verifiedShown).saying(verifyReplies...).readable().orShows(confirmPage),
	on("POST", "/auth/confirm-email", confirmBody, verifyEmail, verifiedShown).asks(maybeSignedIn).saying(verifyReplies...).readable(),
	on("POST", "/auth/confirm-email/not-me", disownBody, disown, organizationSays("Thank you. What was set up with this address is removed")).
		saying(disownReplies...).readable(),
	on("POST", "/auth/request-new-confirmation", verificationWanted, requestVerification, organizationSays("Verification email has been sent")).
		asks(maybeSignedIn).
		saying(at(tollkeeper.ErrRateLimited, 429, "RATE_LIMIT_EXCEEDED", "Please wait before requesting another verification email")),
	on("POST", "/auth/reset-password", resetWanted, requestReset, organizationSays("Password reset link has been sent to your email")).
		saying(at(tollkeeper.ErrRateLimited, 429, "RATE_LIMIT_EXCEEDED", "Please wait before requesting another reset link")),
	on("POST", "/auth/update-password", organizationReset, resetPassword, organizationResetShown).
		asks(perhapsOwner).saying(resetReplies...).readable(),
	on("POST", "/auth/update-organization", organizationPatch, updateOrganization, organizationShown).asks(parentOnly).
		saying(parentsOnly("Only parent accounts can update an organization")...),
	on("GET", "/auth/user-profile", noBody, profile, profileShown).asks(signedIn),
	on("GET", "/auth/child-accounts", childrenQuery, accounts, childrenShown).asks(parentOnly).
		saying(parentsOnly("Only parent accounts can access this data")...).saying(dateReplies...),
	on("POST", "/auth/google", googleBody, identitySignIn, googleSession).
		asks(perhapsOwner).saying(keyReplies(401, "INVALID_PARENT_PUBLIC_KEY", "Invalid parent public key")...).saying(googleReplies...),
	on("GET", "/parent/billing-history", billingQuery, billingHistory, billingShown).asks(parentOnly).
		saying(parentsOnly("Only parent accounts can access billing history")...).saying(dateReplies...).
		saying(at(tollkeeper.ErrInvalidInput, 400, "INVALID_DATE_RANGE", "End date cannot be before start date").in("range")),
	on("GET", "/parent/credit-analysis", noBody, creditAnalysis, creditsShown).asks(parentOnly).
		saying(parentsOnly("Only parent accounts can access this data")...),
}
