package organization

import (
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// googleReplies say which step failed.
var googleReplies = []family.Reply{
	family.At(tollkeeper.ErrParentKeyNeeded, 400, "MISSING_PARENT_PUBLIC_KEY", "Parent public key required"),
	family.At(tollkeeper.ErrInvalidCredentials, 401, "INVALID_CREDENTIALS", "Invalid Google token"),
	family.At(tollkeeper.ErrDisabled, 403, "GOOGLE_SSO_DISABLED", "Google sign-in is not enabled"),
}

type googleBody struct {
	IDToken   string    `json:"idToken" need:"idToken is required"`
	ParentKey parentKey `json:"parentPublicKey"`
}

func google(_ *family.Call, b googleBody) (tollkeeper.IDTokenRequest, error) {
	return tollkeeper.IDTokenRequest{Issuer: tollkeeper.IssuerGoogle, IDToken: tollkeeper.SecretText(b.IDToken)}, nil
}

type googleUser struct {
	UserID      uuid.UUID `json:"userID"`
	Email       string    `json:"email"`
	Username    string    `json:"username"`
	AccountType string    `json:"accountType" enum:"parent,child"`
	Parent      string    `json:"parentAccount"`
	PublicKey   string    `json:"publicKey"`
}

// googleSessionBody has no envelope (docs/WIRE.md 1.6); a challenge has the one of section 4.
type googleSessionBody struct {
	Success bool            `json:"success"`
	Token   string          `json:"token"`
	Refresh string          `json:"refreshToken,omitempty"`
	User    googleUser      `json:"user"`
	Dropped *family.Dropped `json:"dropped,omitempty"`
}

var googleSession = family.Choice(googleShown, family.Of[googleSessionBody](200), family.Of[envelope[family.Challenge]](200))

func googleShown(_ *family.Call, s tollkeeper.SignInResult) family.Answer {
	if s.Challenge != "" {
		return challenged(s)
	}
	a := s.Subject.Account
	u := googleUser{a.ID, a.Email, a.Username, accountType(s.Subject), parentOf(s.Subject), a.PublicKey}
	return family.Answer{Body: googleSessionBody{true, string(s.Token), string(s.Refresh), u, family.DroppedOf(s.Dropped)}}
}
