package client

import "context"

// PasswordReset sets a new password with the token of a mailed link.
type PasswordReset struct {
	Token    Secret `json:"token"`
	Password Secret `json:"password"` // the new one
}

// EmailVerification confirms an address with the token of a mailed link.
type EmailVerification struct {
	Token    Secret `json:"token"`
	Password Secret `json:"password"` // of the account: proves the mailbox, too; not needed with a [Session]
}

// Verified says what is known of a mailbox now.
type Verified struct {
	EmailVerified bool `json:"emailVerified"` // its link was opened, by whomever
	EmailProven   bool `json:"emailProven"`   // by the owner of the account
}

// EmailConfirmation makes a new address take effect with the token of a mailed link.
type EmailConfirmation struct {
	Token          Secret         `json:"token"`
	Password       Secret         `json:"password"`       // not needed with a [Session]
	KeepIdentities []KeptIdentity `json:"keepIdentities"` // linked sign-ins that stay; all others end
}

// KeptIdentity names a linked sign-in.
type KeptIdentity struct {
	Issuer  string `json:"issuer"`
	Subject string `json:"subject"`
}

type mailbox struct {
	Email string `json:"email"`
}

type mailed struct {
	Token Secret `json:"token"`
}

type reset struct {
	Dropped *Dropped `json:"dropped"`
}

// RequestReset mails a link that sets a new password, if the address has an account. Nobody is told whether it has.
func (c *Client) RequestReset(ctx context.Context, email string) error {
	return c.send(ctx, request{method: "POST", path: "/password/forgot", body: mailbox{email}}, "", nil)
}

// ResetPassword sets a new password. Every session of the account ends, and none begins. It returns what the first
// proof of the mailbox took away; nil: nothing.
func (c *Client) ResetPassword(ctx context.Context, in PasswordReset) (*Dropped, error) {
	var out reset
	err := c.send(ctx, passwordReset(in), "", &out)
	return out.Dropped, err
}

// ResetPassword is [Client.ResetPassword] by somebody who is signed in: it takes nothing away. This Session has ended
// then, too.
func (s *Session) ResetPassword(ctx context.Context, in PasswordReset) (*Dropped, error) {
	out, err := get[reset](ctx, s, passwordReset(in))
	if err == nil {
		s.end()
	}
	return out.Dropped, err
}

func passwordReset(in PasswordReset) request {
	return request{method: "POST", path: "/password/reset", body: in, empty: true}
}

// VerifyEmail confirms an address. With the account's password it proves the mailbox, too.
func (c *Client) VerifyEmail(ctx context.Context, in EmailVerification) (Verified, error) {
	var out Verified
	err := c.send(ctx, emailVerification(in), "", &out)
	return out, err
}

// VerifyEmail confirms the address, and proves the mailbox by the session.
func (s *Session) VerifyEmail(ctx context.Context, in EmailVerification) (Verified, error) {
	return get[Verified](ctx, s, emailVerification(in))
}

func emailVerification(in EmailVerification) request {
	return request{method: "POST", path: "/email/verify", body: in}
}

// ConfirmEmail makes a new address take effect. It needs the account's password.
func (c *Client) ConfirmEmail(ctx context.Context, in EmailConfirmation) error {
	return c.send(ctx, emailConfirmation(in), "", nil)
}

// ConfirmEmail makes a new address of the account take effect.
func (s *Session) ConfirmEmail(ctx context.Context, in EmailConfirmation) error {
	return s.send(ctx, emailConfirmation(in), nil)
}

func emailConfirmation(in EmailConfirmation) request {
	return request{method: "POST", path: "/email/confirm", body: in}
}

// ResendVerification mails another link that confirms the address, if it has an account that waits for one.
func (c *Client) ResendVerification(ctx context.Context, email string) error {
	return c.send(ctx, request{method: "POST", path: "/email/resend", body: mailbox{email}}, "", nil)
}

// ResendVerification mails another link that confirms the address of the account.
func (s *Session) ResendVerification(ctx context.Context) error {
	return s.send(ctx, request{method: "POST", path: "/email/resend"}, nil)
}

// Disown says, with the token of a link that confirms an address, that the account is not of the mailbox's owner. What
// was set up with the address is removed.
func (c *Client) Disown(ctx context.Context, token Secret) error {
	return c.send(ctx, request{method: "POST", path: "/email/not-me", body: mailed{token}}, "", nil)
}
