package httpadapter

import "github.com/tollkeeper/tollkeeper"

// done is the result of an operation that has none.
type done struct{}

// heartbeat says whether the service can answer.
func heartbeat(c *call, _ struct{}) (done, error) { return done{}, c.auth.Health(c.ctx()) }

// signIn gives a session for a password.
func signIn(c *call, in tollkeeper.SignInRequest) (tollkeeper.SignInResult, error) {
	if err := c.locate(&in.Scope); err != nil {
		return tollkeeper.SignInResult{}, err
	}
	in.Audience, in.Client = c.family.audience, c.client()
	return c.begun(c.auth.SignIn(c.ctx(), in))
}

// verifyCode gives a session for a mailed one-time code.
func verifyCode(c *call, in tollkeeper.CodeRequest) (tollkeeper.SignInResult, error) {
	if err := c.locate(&in.Scope); err != nil {
		return tollkeeper.SignInResult{}, err
	}
	in.By, in.Audience, in.Client = c.id, c.family.audience, c.client()
	return c.begun(c.auth.SignInWithCode(c.ctx(), in))
}

// whoAmI says whom the token speaks for.
func whoAmI(c *call, _ struct{}) (*tollkeeper.Identity, error) { return c.id, c.id.MayReadProfile() }

// signOut ends the caller's session.
func signOut(c *call, _ struct{}) (done, error) { return c.ended(c.auth.SignOut(c.ctx(), c.id)) }

// begun puts a new session into the cookie, too, where there is one.
func (c *call) begun(s tollkeeper.SignInResult, err error) (tollkeeper.SignInResult, error) {
	if err == nil && s.Token != "" && c.cookies != nil {
		c.cookie = c.cookies.session(c.r, s, c.remember)
	}
	return s, err
}

// ended takes the cookie away with the caller's session.
func (c *call) ended(err error) (done, error) {
	if err == nil && c.cookies != nil {
		c.cookie = noSession()
	}
	return done{}, err
}

// identitySignIn gives a session for an issuer's ID token.
func identitySignIn(c *call, in tollkeeper.IDTokenRequest) (tollkeeper.SignInResult, error) {
	if err := c.locate(&in.Scope); err != nil {
		return tollkeeper.SignInResult{}, err
	}
	in.By, in.Audience, in.Client = c.id, c.family.audience, c.client()
	return c.begun(c.auth.SignInWithIDToken(c.ctx(), in))
}

// verifyFactor ends a sign-in that stopped at a challenge. The session is of the family that the challenge came from.
func verifyFactor(c *call, in tollkeeper.FactorRequest) (tollkeeper.SignInResult, error) {
	in.Client = c.client()
	return c.begun(c.auth.SignInWithFactor(c.ctx(), in))
}

// refresh exchanges a refresh token.
func refresh(c *call, token string) (tollkeeper.SignInResult, error) {
	return c.begun(c.auth.Refresh(c.ctx(), tollkeeper.SecretText(token), c.client()))
}

// sessions lists the caller's.
func sessions(c *call, _ struct{}) ([]tollkeeper.SessionInfo, error) {
	return c.auth.Sessions(c.ctx(), c.id)
}

// endSession ends the one of the caller's sessions that the path names.
func endSession(c *call, _ struct{}) (done, error) {
	err := c.auth.EndSession(c.ctx(), c.id, c.target)
	if c.target == c.id.Session {
		return c.ended(err)
	}
	return done{}, err
}

// endOtherSessions keeps the one that asks.
func endOtherSessions(c *call, _ struct{}) (done, error) {
	return done{}, c.auth.EndOtherSessions(c.ctx(), c.id)
}

// endSessions ends all of the caller's.
func endSessions(c *call, _ struct{}) (done, error) {
	return c.ended(c.auth.EndSessions(c.ctx(), c.id, c.id.Account))
}

// secondProof is what shows again who one is.
type secondProof struct{ password, code string }

// reauthenticate makes the caller's session a fresh one, for what asks for that.
func reauthenticate(c *call, in secondProof) (done, error) {
	return done{}, c.auth.Reauthenticate(c.ctx(), c.id, tollkeeper.Confirmation{Password: tollkeeper.Password(in.password), Code: tollkeeper.SecretText(in.code), Client: c.client()})
}
