package httpadapter

import "github.com/tollkeeper/tollkeeper"

// accountRoutes are what everyone may do with their own account, in the organization family's envelope (ours).
var accountRoutes = []route{
	on("POST", "/auth/account/email", emailBody, changeEmail, organizationSays("A link has been sent to the new address")).asks(signedIn).
		saying(wrongPassword, at(tollkeeper.ErrRateLimited, 429, "RATE_LIMIT_EXCEEDED", "Please wait before requesting another link")),
	showing("/auth/account/email/confirm", newEmailPage),
	on("POST", "/auth/account/email/confirm", newEmailBody, confirmNewEmail, organizationSays("Email changed successfully")).
		asks(maybeSignedIn).saying(newEmailReplies...).readable(),
	on("POST", "/auth/account/username", usernameBody, changeUsername, organizationSays("Username changed successfully")).asks(signedIn),
	on("POST", "/auth/account/password", ownPasswordBody, changePassword, organizationSays("Password changed successfully")).asks(signedIn).
		saying(wrongPassword),
	on("POST", "/auth/account/delete", ownDeletionBody, deleteAccount, organizationSays("Account deleted successfully")).asks(signedIn).
		saying(wrongPassword),
	on("GET", "/auth/account/export", noBody, export, exportShown).asks(signedIn),
	on("POST", "/auth/account/secret/rotate", noBody, rotateTenantKey, organizationSays("Secret rotated, please sign in again")).asks(recentParent).
		saying(parentsOnly("Only parent accounts have a secret")...),
}

// newEmailReplies are those of the token that proves a new address.
var newEmailReplies = []reply{
	at(tollkeeper.ErrMissing, 400, "TOKEN_NOT_PROVIDED", "Token is required"),
	linkUsed, wrongPassword,
}

// linkUsed is a link that has served, where that is not the same as success.
var linkUsed = at(tollkeeper.ErrLinkUsed, 400, "TOKEN_ALREADY_USED", "The provided token was already used")

func newEmailBody(c *call) (tollkeeper.EmailConfirmation, error) {
	b, err := body[struct {
		Token    string          `json:"token"`
		Password string          `json:"password"`
		Keep     []identityNamed `json:"keepIdentities"`
	}](c)
	if err == nil && b.Token == "" {
		err = missing("Token is required")
	}
	r := tollkeeper.EmailConfirmation{Token: tollkeeper.SecretText(b.Token), Password: tollkeeper.Password(b.Password)}
	for _, k := range b.Keep {
		r.Keep = append(r.Keep, tollkeeper.IssuedKey(k))
	}
	return r, err
}

func emailBody(c *call) (emailChange, error) {
	b, err := body[struct {
		Email    string `json:"email"`
		Password string `json:"password"`
	}](c)
	if err == nil && b.Email == "" {
		err = missing("Email is required")
	}
	return emailChange{b.Email, b.Password}, err
}

func usernameBody(c *call) (string, error) {
	b, err := body[struct {
		Username string `json:"username"`
	}](c)
	if err == nil && b.Username == "" {
		err = missing("Username is required")
	}
	return b.Username, err
}

func ownPasswordBody(c *call) (passwordChange, error) {
	b, err := body[struct {
		Password    string `json:"password"`
		NewPassword string `json:"newPassword"`
	}](c)
	if err == nil && (b.Password == "" || b.NewPassword == "") {
		err = missing("Password and new password are required")
	}
	return passwordChange{current: b.Password, next: b.NewPassword}, err
}

// ownDeletionBody needs no password of an account that has none: the core then wants a fresh session.
func ownDeletionBody(c *call) (string, error) {
	b, err := body[struct {
		Password string `json:"password"`
	}](c)
	return b.Password, err
}
