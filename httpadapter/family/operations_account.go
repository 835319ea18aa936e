package family

import (
	"cmp"

	"github.com/tollkeeper/tollkeeper"
)

// SignUp makes an account and gives it a session.
func SignUp(c *Call, in tollkeeper.SignUpRequest) (tollkeeper.SignUpResult, error) {
	if err := c.Locate(&in.Scope); err != nil {
		return tollkeeper.SignUpResult{}, err
	}
	if err := c.NewPassword(string(in.Password)); err != nil {
		return tollkeeper.SignUpResult{}, err
	}
	in.Audience, in.Client = c.family.Audience, c.Client()
	res, err := c.auth.SignUp(c.Context(), in)
	res.SignInResult, err = c.Begun(res.SignInResult, err)
	return res, err
}

// ChangePassword sets the caller's password and keeps the session.
func ChangePassword(c *Call, in tollkeeper.PasswordChange) (None, error) {
	if err := c.NewPassword(string(in.New)); err != nil {
		return None{}, err
	}
	in.Client = c.Client()
	return None{}, c.auth.ChangePassword(c.Context(), c.id, in)
}

// DeleteAccount deletes the caller's own account.
func DeleteAccount(c *Call, password string) (None, error) {
	return c.Ended(c.auth.DeleteAccount(c.Context(), c.id, tollkeeper.Password(password), c.Client()))
}

// SetRole reports whether anything changed.
func SetRole(c *Call, in tollkeeper.RoleChange) (bool, error) {
	return c.auth.SetRole(c.Context(), c.id, in)
}

// Accounts lists the accounts that the caller may act on.
func Accounts(c *Call, q tollkeeper.AccountQuery) (tollkeeper.AccountPage, error) {
	return c.auth.Accounts(c.Context(), c.id, q)
}

// Profile returns what the caller may know of themselves.
func Profile(c *Call, _ None) (tollkeeper.Profile, error) { return c.auth.Profile(c.Context(), c.id) }

// ChangeEmail mails a link to the new address. Without a password a session proved just now will do.
func ChangeEmail(c *Call, in tollkeeper.EmailChange) (None, error) {
	in.Client = c.Client()
	return None{}, c.auth.RequestEmailChange(c.Context(), c.id, in)
}

// ConfirmNewEmail redeems the token of the link that [ChangeEmail] mailed.
func ConfirmNewEmail(c *Call, in tollkeeper.EmailConfirmation) (None, error) {
	in.By, in.Client = c.id, c.Client()
	return None{}, c.auth.ConfirmEmailChange(c.Context(), in)
}

// Identities lists the caller's linked sign-ins with other issuers.
func Identities(c *Call, _ None) ([]tollkeeper.Linked, error) {
	return c.auth.Identities(c.Context(), c.id)
}

// RemoveIdentity takes one of the caller's linked sign-ins away.
func RemoveIdentity(c *Call, in tollkeeper.IdentityRemoval) (None, error) {
	in.Client = c.Client()
	return None{}, c.auth.RemoveIdentity(c.Context(), c.id, in)
}

// Events lists what happened to the caller's account.
func Events(c *Call, q tollkeeper.EventQuery) (EventList, error) {
	q.Account, q.Limit = c.caller().Account, cmp.Or(q.Limit, defaultEvents)
	p, err := c.auth.Events(c.Context(), c.id, q)
	return EventList{p, q.Limit}, err
}

// EventList is a page of the log with the limit that it was asked for by.
type EventList struct {
	tollkeeper.EventPage
	Limit int
}

const defaultEvents = 50

// UpdateProfile changes what people say of themselves.
func UpdateProfile(c *Call, p tollkeeper.ProfilePatch) (None, error) {
	return None{}, c.auth.UpdateProfile(c.Context(), c.id, p)
}

// Export returns everything kept about the caller.
func Export(c *Call, _ None) (tollkeeper.PersonalData, error) {
	return c.auth.Export(c.Context(), c.id)
}
