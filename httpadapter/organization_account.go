package httpadapter

import "github.com/tollkeeper/tollkeeper"

// accountRoutes are what everyone may do with their own account, in the organization family's envelope (ours).
var accountRoutes = []route{
	on("POST", "/auth/account/email", emailBody, changeEmail, organizationSays("A link has been sent to the new address")).asks(signedIn).
		saying(wrongPassword, at(tollkeeper.ErrRateLimited, 429, "RATE_LIMIT_EXCEEDED", "Please wait before requesting another link")),
	on("GET", "/auth/account/email/confirm", confirmQuery, confirmNewEmail, organizationSays("Email changed successfully")).
		saying(newEmailReplies...).readable(),
	on("POST", "/auth/account/email/confirm", confirmBody, confirmNewEmail, organizationSays("Email changed successfully")).
		saying(newEmailReplies...).readable(),
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
	at(tollkeeper.ErrInvalidInput, 400, "INVALID_TOKEN_FORMAT", "Invalid token format"),
	at(tollkeeper.ErrLinkUsed, 400, "TOKEN_ALREADY_USED", "The provided token was already used"),
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
