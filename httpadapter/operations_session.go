package httpadapter

import "github.com/tollkeeper/tollkeeper"

// done is the result of an operation that has none.
type done struct{}

// heartbeat says whether the service can answer.
func heartbeat(c *call, _ struct{}) (done, error) { return done{}, c.auth.Health(c.ctx()) }

// signIn gives a session for a password.
func signIn(c *call, in tollkeeper.SignInRequest) (tollkeeper.SignInResult, error) {
	if err := c.locate(&in.ParentKey, &in.ParentNumber, &in.Parent); err != nil {
		return tollkeeper.SignInResult{}, err
	}
	in.Audience, in.Client = c.family.audience, c.client()
	return c.auth.SignIn(c.ctx(), in)
}

// verifyCode gives a session for a mailed one-time code.
func verifyCode(c *call, in tollkeeper.CodeRequest) (tollkeeper.SignInResult, error) {
	if err := c.locate(&in.ParentKey, &in.ParentNumber, &in.Parent); err != nil {
		return tollkeeper.SignInResult{}, err
	}
	in.Audience, in.Client = c.family.audience, c.client()
	return c.auth.VerifyCode(c.ctx(), in)
}

// whoAmI says whom the token speaks for.
func whoAmI(c *call, _ struct{}) (*tollkeeper.Identity, error) { return c.id, nil }

// signOut ends the caller's session.
func signOut(c *call, _ struct{}) (done, error) { return done{}, c.auth.SignOut(c.ctx(), c.id) }
