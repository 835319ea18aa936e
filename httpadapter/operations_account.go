package httpadapter

import (
	"cmp"

	"github.com/tollkeeper/tollkeeper"
)

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
func confirmNewEmail(c *call, in tollkeeper.EmailConfirmation) (done, error) {
	in.By, in.Client = c.id, c.client()
	return done{}, c.auth.ConfirmEmailChange(c.ctx(), in)
}

// identities lists who the caller is to other issuers.
func identities(c *call, _ struct{}) ([]tollkeeper.Linked, error) {
	return c.auth.Identities(c.ctx(), c.id)
}

// removeIdentity takes one of them away.
func removeIdentity(c *call, in tollkeeper.IdentityRemoval) (done, error) {
	in.Client = c.client()
	return done{}, c.auth.RemoveIdentity(c.ctx(), c.id, in)
}

// events lists what happened to the caller's account.
func events(c *call, q tollkeeper.EventQuery) (eventList, error) {
	q.Account, q.Limit = c.id.Account, cmp.Or(q.Limit, defaultEvents)
	p, err := c.auth.Events(c.ctx(), c.id, q)
	return eventList{p, q.Limit}, err
}

// eventList is a page of the log with the limit that it was asked for by.
type eventList struct {
	tollkeeper.EventPage
	limit int
}

const defaultEvents = 50

// changeUsername gives the caller another username.
func changeUsername(c *call, username string) (done, error) {
	return done{}, c.auth.ChangeUsername(c.ctx(), c.id, username)
}

// export returns everything kept about the caller.
func export(c *call, _ struct{}) (tollkeeper.PersonalData, error) {
	return c.auth.Export(c.ctx(), c.id)
}
