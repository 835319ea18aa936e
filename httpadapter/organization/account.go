package organization

import (
	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// accountRoutes are what everyone may do with their own account, in the organization family's envelope (ours).
var accountRoutes = []family.Route{
	family.On("POST", "/auth/account/email",
		family.Body(emailChange), family.ChangeEmail, says("A link has been sent to the new address")).
		Is("mails a link to a new address").Asks(family.SignedIn).
		Saying(
			wrongPassword,
			family.At(tollkeeper.ErrRateLimited, 429, "RATE_LIMIT_EXCEEDED", "Please wait before requesting another link"),
		),
	family.Showing("/auth/account/email/confirm", newEmailPage).
		Is("a page, where the link leads; it changes nothing"),
	family.On("POST", "/auth/account/email/confirm",
		family.Body(newEmail), family.ConfirmNewEmail, says("Email changed successfully")).
		Is("makes the new address the account's, with its token or password").Asks(family.MaybeSignedIn).
		Saying(newEmailReplies...).Anywhere(),
	family.On("POST", "/auth/account/username",
		family.Body(username), family.UpdateProfile, says("Username changed successfully")).
		Is("changes the username").Asks(family.SignedIn),
	family.On("POST", "/auth/account/password",
		family.Body(ownPassword), family.ChangePassword, says("Password changed successfully")).
		Is("changes the password; every other session ends").Asks(family.SignedIn).Saying(wrongPassword),
	family.On("POST", "/auth/account/delete",
		family.Body(ownDeletion), family.DeleteAccount, says("Account deleted successfully")).
		Is("deletes the caller's account and its data").Asks(family.SignedIn).Saying(wrongPassword),
	family.On("GET", "/auth/account/export", family.Nothing(), family.Export, enveloped(exported)).
		Is("everything kept about the caller").Asks(family.SignedIn),
	family.On("POST", "/auth/account/secret/rotate",
		family.Nothing(), family.RotateTenantKey, says("Secret rotated, please sign in again")).
		Is("makes a new jwtSecret, shown at the next sign-in; the caller's sessions end").Asks(family.RecentParent).
		Saying(parentsOnly("Only parent accounts have a secret")...),
}

// newEmailReplies are those of the token that proves a new address.
var newEmailReplies = []family.Reply{
	family.At(tollkeeper.ErrMissing, 400, "TOKEN_NOT_PROVIDED", "Token is required"),
	linkUsed, wrongPassword,
}

// linkUsed is a link that has served, where that is not the same as success.
var linkUsed = family.At(tollkeeper.ErrLinkUsed, 400, "TOKEN_ALREADY_USED", "The provided token was already used")

type newEmailBody struct {
	Token    string          `json:"token" need:"Token is required"`
	Password string          `json:"password"`
	Keep     []identityNamed `json:"keepIdentities"`
}

func newEmail(_ *family.Call, b newEmailBody) (tollkeeper.EmailConfirmation, error) {
	r := tollkeeper.EmailConfirmation{Token: tollkeeper.SecretText(b.Token), Password: tollkeeper.Password(b.Password)}
	for _, k := range b.Keep {
		r.Keep = append(r.Keep, tollkeeper.IssuedKey(k))
	}
	return r, nil
}

type emailChangeBody struct {
	Email    family.Email `json:"email" need:"Email is required"`
	Password string       `json:"password"`
}

func emailChange(_ *family.Call, b emailChangeBody) (tollkeeper.EmailChange, error) {
	return tollkeeper.EmailChange{Email: string(b.Email), Password: tollkeeper.Password(b.Password)}, nil
}

type usernameBody struct {
	Username string `json:"username" need:"Username is required"`
}

func username(_ *family.Call, b usernameBody) (tollkeeper.ProfilePatch, error) {
	return tollkeeper.ProfilePatch{Username: &b.Username}, nil
}

type ownPasswordBody struct {
	Password    string `json:"password" need:"Password and new password are required"`
	NewPassword string `json:"newPassword" need:"Password and new password are required"`
}

func ownPassword(_ *family.Call, b ownPasswordBody) (tollkeeper.PasswordChange, error) {
	return tollkeeper.PasswordChange{Current: tollkeeper.Password(b.Password), New: tollkeeper.Password(b.NewPassword)}, nil
}

type ownDeletionBody struct {
	Password string `json:"password" about:"an account that has none is deleted on the word of a fresh session"`
}

func ownDeletion(_ *family.Call, b ownDeletionBody) (string, error) { return b.Password, nil }
