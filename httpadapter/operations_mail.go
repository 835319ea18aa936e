package httpadapter

import "github.com/tollkeeper/tollkeeper"

// The returns to requests for mail are the same for every address (R15).

// requestCode asks for a one-time code.
func requestCode(c *call, in tollkeeper.MailRequest) (done, error) {
	if err := c.address(&in); err != nil {
		return done{}, err
	}
	return done{}, c.auth.RequestCode(c.ctx(), in)
}

// requestReset asks for a link that sets a new password.
func requestReset(c *call, in tollkeeper.MailRequest) (done, error) {
	if err := c.address(&in); err != nil {
		return done{}, err
	}
	return done{}, c.auth.RequestReset(c.ctx(), in)
}

// requestVerification asks for a link that verifies the email: the caller's own, if they are known.
func requestVerification(c *call, in tollkeeper.MailRequest) (done, error) {
	if c.id != nil {
		return done{}, c.auth.RequestOwnVerification(c.ctx(), c.id, in.VerifyPath, c.client())
	}
	if err := c.address(&in); err != nil {
		return done{}, err
	}
	return done{}, c.auth.RequestVerification(c.ctx(), in)
}

func (c *call) address(in *tollkeeper.MailRequest) error {
	in.Audience, in.Client = c.family.audience, c.client()
	return c.locate(&in.Scope)
}

// verifyEmail redeems the token of a verification link.
func verifyEmail(c *call, in tollkeeper.VerifyRequest) (tollkeeper.Verified, error) {
	in.By, in.Client = c.id, c.client()
	return c.auth.VerifyEmail(c.ctx(), in)
}

// disown redeems it the other way: the account is not theirs.
func disown(c *call, token tollkeeper.SecretText) (done, error) {
	return done{}, c.auth.Disown(c.ctx(), token, c.client())
}

// resetPassword redeems the token of a reset link. A password that is refused does not use it up.
func resetPassword(c *call, in tollkeeper.ResetRequest) (tollkeeper.Dropped, error) {
	if err := c.newPassword(string(in.Password)); err != nil {
		return tollkeeper.Dropped{}, err
	}
	in.By, in.Audience, in.Client = c.id, c.family.audience, c.client()
	return c.auth.ResetPassword(c.ctx(), in)
}
