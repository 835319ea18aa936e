package httpadapter

import "github.com/tollkeeper/tollkeeper"

// signUp makes an account and gives it a session.
func signUp(c *call, in tollkeeper.SignUpRequest) (tollkeeper.SignUpResult, error) {
	if err := c.locate(&in.Scope); err != nil {
		return tollkeeper.SignUpResult{}, err
	}
	if err := c.newPassword(string(in.Password)); err != nil {
		return tollkeeper.SignUpResult{}, err
	}
	in.Audience, in.Client = c.family.audience, c.client()
	res, err := c.auth.SignUp(c.ctx(), in)
	res.SignInResult, err = c.begun(res.SignInResult, err)
	return res, err
}

// passwordChange is a new password with the current one as its proof.
type passwordChange struct{ current, next string }

// changePassword sets the caller's password and keeps the session.
func changePassword(c *call, in passwordChange) (done, error) {
	if err := c.newPassword(in.next); err != nil {
		return done{}, err
	}
	return done{}, c.auth.ChangePassword(c.ctx(), c.id, tollkeeper.PasswordChange{Current: tollkeeper.Password(in.current), New: tollkeeper.Password(in.next), Client: c.client()})
}

// deleteAccount deletes the caller's own account.
func deleteAccount(c *call, password string) (done, error) {
	return c.ended(c.auth.DeleteAccount(c.ctx(), c.id, tollkeeper.Password(password), c.client()))
}

// roleChange gives a role to the account of the caller's scope with that email.
type roleChange struct {
	email string
	role  tollkeeper.Role
}

// setRole reports whether anything changed.
func setRole(c *call, in roleChange) (bool, error) {
	return c.auth.SetRole(c.ctx(), c.id, tollkeeper.RoleChange{Email: in.email, Role: in.role})
}

// accounts lists the accounts that the caller may act on.
func accounts(c *call, q tollkeeper.AccountQuery) (tollkeeper.AccountPage, error) {
	return c.auth.Accounts(c.ctx(), c.id, q)
}

// profile returns what the caller may know of themselves.
func profile(c *call, _ struct{}) (tollkeeper.Profile, error) { return c.auth.Profile(c.ctx(), c.id) }

// emailChange is a new address with the password as its proof; without one a session proved just now will do.
type emailChange struct{ email, password string }

// changeEmail mails a link to the new address.
func changeEmail(c *call, in emailChange) (done, error) {
	return done{}, c.auth.RequestEmailChange(c.ctx(), c.id, tollkeeper.EmailChange{Password: tollkeeper.Password(in.password), Email: in.email, Client: c.client()})
}

// confirmNewEmail redeems the token of that link.
func confirmNewEmail(c *call, token string) (done, error) {
	return done{}, c.auth.ConfirmEmailChange(c.ctx(), tollkeeper.SecretText(token), c.client())
}

// changeUsername gives the caller another username.
func changeUsername(c *call, username string) (done, error) {
	return done{}, c.auth.ChangeUsername(c.ctx(), c.id, username)
}

// export returns everything kept about the caller.
func export(c *call, _ struct{}) (tollkeeper.PersonalData, error) {
	return c.auth.Export(c.ctx(), c.id)
}
