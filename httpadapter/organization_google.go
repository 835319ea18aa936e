package httpadapter

import (
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
)

// googleReplies say which step failed.
var googleReplies = []reply{
	at(tollkeeper.ErrParentKeyNeeded, 400, "MISSING_PARENT_PUBLIC_KEY", "Parent public key required"),
	at(tollkeeper.ErrInvalidCredentials, 401, "INVALID_CREDENTIALS", "Invalid Google token"),
	at(tollkeeper.ErrDisabled, 403, "GOOGLE_SSO_DISABLED", "Google sign-in is not enabled"),
}

func googleBody(c *call) (tollkeeper.IDTokenRequest, error) {
	b, err := body[struct {
		IDToken   string    `json:"idToken"`
		ParentKey parentKey `json:"parentPublicKey"`
	}](c)
	c.within(b.ParentKey)
	if err == nil && b.IDToken == "" {
		err = missing("idToken is required")
	}
	return tollkeeper.IDTokenRequest{Issuer: tollkeeper.IssuerGoogle, IDToken: tollkeeper.SecretText(b.IDToken)}, err
}

// googleSession has no envelope (docs/WIRE.md 1.6); a challenge has the one of section 4.
func googleSession(_ *call, s tollkeeper.SignInResult) answer {
	if s.Challenge != "" {
		return enveloped(mfaChallenge(s))
	}
	type user struct {
		UserID      uuid.UUID `json:"userID"`
		Email       string    `json:"email"`
		Username    string    `json:"username"`
		AccountType string    `json:"accountType"`
		Parent      string    `json:"parentAccount"`
		PublicKey   string    `json:"publicKey"`
	}
	a := s.Subject.Account
	return answer{body: struct {
		Success bool     `json:"success"`
		Token   string   `json:"token"`
		Refresh string   `json:"refreshToken,omitempty"`
		User    user     `json:"user"`
		Dropped *dropped `json:"dropped,omitempty"`
	}{
		true, string(s.Token), string(s.Refresh),
		user{a.ID, a.Email, a.Username, accountType(s.Subject), parentOf(s.Subject), a.PublicKey}, droppedOf(s.Dropped),
	}}
}
