package platform

import (
	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

const (
	needsPassword = "Email and password are required"
	needsCode     = "Email and OTP are required"
	needsEmail    = "Email is required"
	needsToken    = "Token and password are required"
	needsFactor   = "Challenge and code are required"
	needsRefresh  = "Refresh token is required"
)

// needs returns a body that cannot be read as one that lacks everything: the one documented 400 of the route.
func needs(message string) []family.Reply {
	return []family.Reply{
		family.At(family.ErrEmptyBody, 400, "", message),
		family.At(family.ErrBadBody, 400, "", message),
		family.At(tollkeeper.ErrMissing, 400, "", message),
	}
}

var routes = []family.Route{
	family.On("POST", "/api/user/signin", family.Body(signIn), family.SignIn, session).
		Is("gives a session, or a challenge").Saying(needs(needsPassword)...),
	family.On("POST", "/api/user/signin-otp", family.Body(address), family.RequestCode, codeSent).
		Is("mails a one-time code").Saying(needs(needsEmail)...),
	family.On("POST", "/api/user/verify-otp", family.Body(code), family.VerifyCode, session).
		Is("gives a session for a mailed code, or a challenge").Asks(family.PerhapsOwner).Saying(needs(needsCode)...),
	family.On("POST", "/api/user/signout", family.Nothing(), family.SignOut, says("Successfully signed out")).
		Is("ends the caller's session").Asks(family.SignedIn),
	family.On("GET", "/api/user/status", family.Nothing(), family.WhoAmI, family.JSON(status)).
		Is("who is signed in").Asks(family.SignedIn).Shaped(family.Shape{Body: statusFailure}),
	family.On("POST", "/api/user/forgot-password",
		family.Body(address), family.RequestReset, says("Password reset instructions sent")).
		Is("mails a link that sets a new password").Saying(needs(needsEmail)...),
	family.On("POST", "/api/user/reset-password", family.Body(reset), family.ResetPassword, family.JSON(resetDone)).
		Is("sets a new password by a mailed link; every session ends").Asks(family.PerhapsOwner).
		Saying(needs(needsToken)...),
	family.On("POST", "/api/user/mfa/verify", family.Body(family.FactorOf), family.VerifyFactor, session).
		Is("ends a sign-in that stopped at a challenge").Saying(needs(needsFactor)...),
	family.On("POST", "/api/user/token/refresh",
		family.Body(family.RefreshOf), family.Refresh, family.JSON(family.NextTokens)).
		Is("the next pair of tokens; 404 while refresh tokens are off").Saying(needs(needsRefresh)...),
}
