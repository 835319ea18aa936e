package family

import "github.com/tollkeeper/tollkeeper"

// The returns to requests for mail are the same for every address (R15).

// RequestCode asks for a one-time code.
func RequestCode(c *Call, in tollkeeper.MailRequest) (None, error) {
	if err := c.address(&in); err != nil {
		return None{}, err
	}
	return None{}, c.auth.RequestCode(c.Context(), in)
}

// RequestLink asks for a link that signs in.
func RequestLink(c *Call, in tollkeeper.MailRequest) (None, error) {
	if err := c.address(&in); err != nil {
		return None{}, err
	}
	return None{}, c.auth.RequestLink(c.Context(), in)
}

// RequestReset asks for a link that sets a new password.
func RequestReset(c *Call, in tollkeeper.MailRequest) (None, error) {
	if err := c.address(&in); err != nil {
		return None{}, err
	}
	return None{}, c.auth.RequestReset(c.Context(), in)
}

// RequestVerification asks for a link that verifies the email: the caller's own, if they are known.
func RequestVerification(c *Call, in tollkeeper.MailRequest) (None, error) {
	if c.id != nil {
		return None{}, c.auth.RequestOwnVerification(c.Context(), c.id, in.VerifyPath, c.Client())
	}
	if err := c.address(&in); err != nil {
		return None{}, err
	}
	return None{}, c.auth.RequestVerification(c.Context(), in)
}

func (c *Call) address(in *tollkeeper.MailRequest) error {
	in.Audience, in.Client = c.family.Audience, c.Client()
	return c.Locate(&in.Scope)
}

// VerifyEmail redeems the token of a verification link.
func VerifyEmail(c *Call, in tollkeeper.VerifyRequest) (tollkeeper.Verified, error) {
	in.By, in.Client = c.id, c.Client()
	return c.auth.VerifyEmail(c.Context(), in)
}

// Disown redeems the token of a verification link the other way: the account is not the mailbox's owner's.
func Disown(c *Call, token tollkeeper.SecretText) (None, error) {
	return None{}, c.auth.Disown(c.Context(), token, c.Client())
}

// ResetPassword redeems the token of a reset link. A password that is refused does not use it up.
func ResetPassword(c *Call, in tollkeeper.ResetRequest) (tollkeeper.Dropped, error) {
	if err := c.NewPassword(string(in.Password)); err != nil {
		return tollkeeper.Dropped{}, err
	}
	in.By, in.Audience, in.Client = c.id, c.family.Audience, c.Client()
	return c.auth.ResetPassword(c.Context(), in)
}
