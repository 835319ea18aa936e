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
	family.On("POST", "/api/user/signin", family.Body(signIn), family.SignIn, session).Saying(needs(needsPassword)...).
		Is("gives a session, or a challenge for the second factor"),
	family.On("POST", "/api/user/signin-otp", family.Body(address), family.RequestCode, codeSent).Saying(needs(needsEmail)...),
	family.On("POST", "/api/user/verify-otp", family.Body(code), family.VerifyCode, session).Asks(family.PerhapsOwner).Saying(needs(needsCode)...),
	family.On("POST", "/api/user/signout", family.Nothing(), family.SignOut, says("Successfully signed out")).Asks(family.SignedIn),
	family.On("GET", "/api/user/status", family.Nothing(), family.WhoAmI, family.JSON(status)).Asks(family.SignedIn).
		Shaped(family.Shape{Body: statusFailure}),
	family.On("POST", "/api/user/forgot-password", family.Body(address), family.RequestReset, says("Password reset instructions sent")).
		Saying(needs(needsEmail)...),
	family.On("POST", "/api/user/reset-password", family.Body(reset), family.ResetPassword, family.JSON(resetDone)).Asks(family.PerhapsOwner).
		Saying(needs(needsToken)...),
	family.On("POST", "/api/user/mfa/verify", family.Body(family.FactorOf), family.VerifyFactor, session).Saying(needs(needsFactor)...),
	family.On("POST", "/api/user/token/refresh", family.Body(family.RefreshOf), family.Refresh, family.JSON(family.NextTokens)).
		Saying(needs(needsRefresh)...),
}
