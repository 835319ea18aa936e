package organization

import (
	"context"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// parentsOnly returns whoever is not a parent with a valid token: 401 in the documentation, also for a child.
func parentsOnly(message string) []family.Reply {
	return []family.Reply{
		family.At(family.ErrNoCredential, 401, "UNAUTHORIZED", message),
		family.At(tollkeeper.ErrInvalidToken, 401, "UNAUTHORIZED", message),
		family.At(family.ErrNotParent, 401, "UNAUTHORIZED", message),
	}
}

// keyReplies returns a parent key that is wrong, as each route documents it.
func keyReplies(status int, code, message string) []family.Reply {
	return []family.Reply{
		family.At(tollkeeper.ErrUnknownParent, status, code, message),
		family.At(tollkeeper.ErrParentKeyFormat, status, code, message),
	}
}

// accessRoutes are the documented ways in, and what a sign-in page shows.
func (o API) accessRoutes() []family.Route {
	return []family.Route{
		family.On("POST", "/auth/signin", family.Body(signIn), family.SignIn, session).
			Is("gives a session, or a challenge for the second factor").
			Saying(keyReplies(401, "INVALID_PARENT_PUBLIC_KEY", "Invalid parent public key")...),
		family.On("GET", "/auth/organization-details", family.Nothing(), o.details(), enveloped(detailsShown)).
			Is("the organization; its secret for the parent alone").Asks(signedInOrKey).
			Saying(keyReplies(404, "USER_NOT_FOUND", "User not found")...).
			Saying(
				family.At(tollkeeper.ErrForbidden, 400, "INVALID_PARENT_ACCOUNT", "The key does not belong to a parent account"),
			),
		family.On("POST", "/auth/signup", family.Body(signUp), family.SignUp, enveloped(signedUp)).
			Is("makes an account and gives a session").
			Saying(keyReplies(404, "PARENT_NOT_FOUND", "Parent account not found")...).
			Saying(
				family.At(tollkeeper.ErrForbidden, 404, "PARENT_NOT_FOUND", "Parent account not found"),
				family.At(tollkeeper.ErrInsufficientCredits, 403, "PARENT_INSUFFICIENT_BALANCE", "Parent account has insufficient balance"),
			),
	}
}

// details returns the operation that shows the caller's organization, or that of the key that was sent.
func (o API) details() func(*family.Call, family.None) (tollkeeper.OrganizationDetails, error) {
	byKey := (*tollkeeper.Authenticator).OrganizationByKey
	if o.UnsafeTenantKeyForKeyHolders {
		byKey = func(a *tollkeeper.Authenticator, ctx context.Context, key string) (tollkeeper.OrganizationDetails, error) {
			return a.Host().UnsafeOrganizationByKey(ctx, key)
		}
	}
	return func(c *family.Call, _ family.None) (tollkeeper.OrganizationDetails, error) {
		if id := c.Identity(); id != nil {
			return c.Auth().Organization(c.Context(), id)
		}
		return byKey(c.Auth(), c.Context(), c.ParentKey())
	}
}

// mailRoutes are the documented routes of mailed links.
var mailRoutes = []family.Route{
	family.On("GET", "/auth/confirm-email",
		family.Query(confirmByLink, mailedToken), family.VerifyEmail, enveloped(verified)).
		Is("verifies the email by a mailed link; a browser gets a page instead, which changes nothing").
		Saying(verifyReplies...).Anywhere().Acts().OrShows(confirmPage),
	family.On("POST", "/auth/confirm-email", family.Body(confirm), family.VerifyEmail, enveloped(verified)).
		Is("verifies the email; with the account's token or password it proves the mailbox").
		Asks(family.MaybeSignedIn).Saying(verifyReplies...).Anywhere(),
	family.On("POST", "/auth/confirm-email/not-me",
		family.Body(disown), family.Disown, says("Thank you. What was set up with this address is removed")).
		Is("the mailbox's owner did not ask; what was set up is removed").Saying(disownReplies...).Anywhere(),
	family.On("POST", "/auth/request-new-confirmation",
		family.OptionalBody(confirmationWanted), family.RequestVerification, says("Verification email has been sent")).
		Is("mails another link").Asks(family.MaybeSignedIn).
		Saying(
			family.At(tollkeeper.ErrRateLimited, 429, "RATE_LIMIT_EXCEEDED", "Please wait before requesting another verification email"),
		),
	family.On("POST", "/auth/reset-password",
		family.Body(resetWanted), family.RequestReset, says("Password reset link has been sent to your email")).
		Is("mails a link that sets a new password").
		Saying(
			family.At(tollkeeper.ErrRateLimited, 429, "RATE_LIMIT_EXCEEDED", "Please wait before requesting another reset link"),
		),
	family.On("POST", "/auth/update-password", family.Body(reset), family.ResetPassword, enveloped(resetDone)).
		Is("sets a new password by a mailed link; every session ends").Asks(family.PerhapsOwner).
		Saying(resetReplies...).Anywhere(),
}

// parentRoutes are those behind a sign-in, and that of Google.
var parentRoutes = []family.Route{
	family.On("POST", "/auth/update-organization",
		family.Body(patch), family.UpdateOrganization, enveloped(detailsShown)).
		Is("changes the organization").Asks(family.ParentOnly).
		Saying(parentsOnly("Only parent accounts can update an organization")...),
	family.On("GET", "/auth/user-profile", family.Nothing(), family.Profile, profileShown).
		Is("the caller; a child sees its account fields only").Asks(family.SignedIn),
	family.On("GET", "/auth/child-accounts",
		family.Query(childrenQuery, listParams...), family.Accounts, enveloped(childrenShown)).
		Is("the caller's children, page by page").Asks(family.ParentOnly).
		Saying(parentsOnly("Only parent accounts can access this data")...).Saying(dateReplies...),
	family.On("POST", "/auth/google", family.Body(google), family.IdentitySignIn, googleSession).
		Is("signs a child in by Google, and up at the first time").Asks(family.PerhapsOwner).
		Saying(keyReplies(401, "INVALID_PARENT_PUBLIC_KEY", "Invalid parent public key")...).
		Saying(googleReplies...),
	family.On("GET", "/parent/billing-history",
		family.Query(billingQuery, monthParams...), family.BillingHistory, enveloped(billingShown)).
		Is("closed months, newest first").Asks(family.ParentOnly).
		Saying(parentsOnly("Only parent accounts can access billing history")...).Saying(dateReplies...).
		Saying(
			family.At(tollkeeper.ErrInvalidInput, 400, "INVALID_DATE_RANGE", "End date cannot be before start date").In("range"),
		),
	family.On("GET", "/parent/credit-analysis", family.Nothing(), family.CreditAnalysis, family.JSON(creditsShown)).
		Is("the caller's credits").Asks(family.ParentOnly).
		Saying(parentsOnly("Only parent accounts can access this data")...),
}
