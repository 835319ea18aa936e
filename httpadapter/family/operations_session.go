package family

import "github.com/tollkeeper/tollkeeper"

// Heartbeat says whether the service can answer.
func Heartbeat(c *Call, _ None) (None, error) { return None{}, c.auth.Health(c.Context()) }

// SignIn gives a session for a password.
func SignIn(c *Call, in tollkeeper.SignInRequest) (tollkeeper.SignInResult, error) {
	if err := c.Locate(&in.Scope); err != nil {
		return tollkeeper.SignInResult{}, err
	}
	in.Audience, in.Client = c.family.Audience, c.Client()
	return c.Begun(c.auth.SignIn(c.Context(), in))
}

// VerifyCode gives a session for a mailed one-time code.
func VerifyCode(c *Call, in tollkeeper.CodeRequest) (tollkeeper.SignInResult, error) {
	if err := c.Locate(&in.Scope); err != nil {
		return tollkeeper.SignInResult{}, err
	}
	in.By, in.Audience, in.Client = c.id, c.family.Audience, c.Client()
	return c.Begun(c.auth.SignInWithCode(c.Context(), in))
}

// ShowLink says what a link that signs in is for, and does not use it.
func ShowLink(c *Call, token tollkeeper.SecretText) (tollkeeper.MailedLink, error) {
	in := tollkeeper.LinkRequest{Token: token, Client: c.Client()}
	if err := c.Locate(&in.Scope); err != nil {
		return tollkeeper.MailedLink{}, err
	}
	return c.auth.SignInLink(c.Context(), in)
}

// VerifyLink gives a session for the token of a mailed link.
func VerifyLink(c *Call, in tollkeeper.LinkRequest) (tollkeeper.SignInResult, error) {
	if err := c.Locate(&in.Scope); err != nil {
		return tollkeeper.SignInResult{}, err
	}
	in.By, in.Audience, in.Client = c.id, c.family.Audience, c.Client()
	return c.Begun(c.auth.SignInWithLink(c.Context(), in))
}

// WhoAmI says whom the token speaks for.
func WhoAmI(c *Call, _ None) (*tollkeeper.Identity, error) { return c.id, c.id.MayReadProfile() }

// SignOut ends the caller's session.
func SignOut(c *Call, _ None) (None, error) { return c.Ended(c.auth.SignOut(c.Context(), c.id)) }

// IdentitySignIn gives a session for an issuer's ID token.
func IdentitySignIn(c *Call, in tollkeeper.IDTokenRequest) (tollkeeper.SignInResult, error) {
	if err := c.Locate(&in.Scope); err != nil {
		return tollkeeper.SignInResult{}, err
	}
	in.By, in.Audience, in.Client = c.id, c.family.Audience, c.Client()
	return c.Begun(c.auth.SignInWithIDToken(c.Context(), in))
}

// BeginPasskeySignIn asks for a passkey to sign in with.
func BeginPasskeySignIn(c *Call, _ None) (tollkeeper.PasskeyChallenge, error) {
	in := tollkeeper.PasskeySignIn{Audience: c.family.Audience, Client: c.Client()}
	if err := c.Locate(&in.Scope); err != nil {
		return tollkeeper.PasskeyChallenge{}, err
	}
	return c.auth.BeginPasskeySignIn(c.Context(), in)
}

// PasskeySignIn gives a session for a passkey.
func PasskeySignIn(c *Call, in tollkeeper.PasskeyRequest) (tollkeeper.SignInResult, error) {
	if err := c.Locate(&in.Scope); err != nil {
		return tollkeeper.SignInResult{}, err
	}
	in.Audience, in.Client = c.family.Audience, c.Client()
	return c.Begun(c.auth.SignInWithPasskey(c.Context(), in))
}

// VerifyFactor ends a sign-in that stopped at a challenge. The session is of the family that the challenge came from.
func VerifyFactor(c *Call, in tollkeeper.FactorRequest) (tollkeeper.SignInResult, error) {
	in.Client = c.Client()
	return c.Begun(c.auth.SignInWithFactor(c.Context(), in))
}

// Refresh exchanges a refresh token. Who has one carries sessions in headers: where a session is in the cookie or in
// the body, it stays out of the cookie.
func Refresh(c *Call, token string) (tollkeeper.SignInResult, error) {
	s, err := c.auth.Refresh(c.Context(), tollkeeper.SecretText(token), c.Client())
	if c.family.Transport == InCookie {
		return s, err
	}
	return c.Begun(s, err)
}

// Sessions lists the caller's sessions.
func Sessions(c *Call, _ None) ([]tollkeeper.SessionInfo, error) {
	return c.auth.Sessions(c.Context(), c.id)
}

// EndSession ends the one of the caller's sessions that the path names.
func EndSession(c *Call, _ None) (None, error) {
	err := c.auth.EndSession(c.Context(), c.id, c.target)
	if c.target == c.caller().Session {
		return c.Ended(err)
	}
	return None{}, err
}

// EndOtherSessions ends all of the caller's sessions but the one that asks.
func EndOtherSessions(c *Call, _ None) (None, error) {
	return None{}, c.auth.EndOtherSessions(c.Context(), c.id)
}

// EndSessions ends all of the caller's sessions.
func EndSessions(c *Call, _ None) (None, error) {
	return c.Ended(c.auth.EndSessions(c.Context(), c.id, c.caller().Account))
}

// Reauthenticate makes the caller's session a fresh one, for what asks for that.
func Reauthenticate(c *Call, in tollkeeper.Confirmation) (None, error) {
	in.Client = c.Client()
	return None{}, c.auth.Reauthenticate(c.Context(), c.id, in)
}
