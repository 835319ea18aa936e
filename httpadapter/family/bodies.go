package family

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
)

// The second factor, refresh tokens and what a first proof drops have the same members in every documented family
// (docs/WIRE.md section 4).

// FactorBody is a second factor for a challenge.
type FactorBody struct {
	Challenge string `json:"challenge" need:"Challenge and code are required"`
	Code      Code   `json:"code" need:"Challenge and code are required"`
}

// FactorOf converts a FactorBody to the input of [VerifyFactor].
func FactorOf(_ *Call, b FactorBody) (tollkeeper.FactorRequest, error) {
	return tollkeeper.FactorRequest{Challenge: tollkeeper.SecretText(b.Challenge), Code: tollkeeper.SecretText(b.Code)}, nil
}

// PasskeyBody is what an authenticator said to a question that a route …/begin asked.
type PasskeyBody struct {
	Ticket   string          `json:"ticket" need:""`
	Response json.RawMessage `json:"response" about:"of the authenticator, as PublicKeyCredential.toJSON makes it"`
}

// Answer returns it. A body that is nil has none; one without ticket or response is [tollkeeper.ErrMissing].
func (b *PasskeyBody) Answer() (tollkeeper.PasskeyAnswer, error) {
	if b == nil {
		return tollkeeper.PasskeyAnswer{}, nil
	}
	if len(b.Response) == 0 || string(b.Response) == "null" {
		return tollkeeper.PasskeyAnswer{}, tollkeeper.ErrMissing.WithField("response")
	}
	if b.Ticket == "" {
		return tollkeeper.PasskeyAnswer{}, tollkeeper.ErrMissing.WithField("ticket")
	}
	return tollkeeper.PasskeyAnswer{Ticket: tollkeeper.SecretText(b.Ticket), Response: b.Response}, nil
}

// CodeOr returns a second factor that is shown: a code, or a passkey. Neither is [tollkeeper.ErrMissing].
func CodeOr(code Code, b *PasskeyBody) (tollkeeper.SecretText, tollkeeper.PasskeyAnswer, error) {
	p, err := b.Answer()
	if err == nil && code == "" && p.IsZero() {
		err = tollkeeper.ErrMissing.WithField("code")
	}
	return tollkeeper.SecretText(code), p, err
}

// RefreshBody is a refresh token.
type RefreshBody struct {
	Refresh string `json:"refreshToken" need:"Refresh token is required"`
}

// RefreshOf converts a RefreshBody to the input of [Refresh].
func RefreshOf(_ *Call, b RefreshBody) (string, error) {
	if len(b.Refresh) > maxToken {
		return "", tollkeeper.ErrInvalidToken
	}
	return b.Refresh, nil
}

// Tokens are a session's next pair.
type Tokens struct {
	Token     string `json:"token"`
	Refresh   string `json:"refreshToken"`
	ExpiresIn int64  `json:"expiresIn" about:"of token, in seconds"`
}

// NextTokens returns the pair of a session that was refreshed.
func NextTokens(_ *Call, s tollkeeper.SignInResult) Tokens {
	return Tokens{string(s.Token), string(s.Refresh), int64(s.ExpiresIn / time.Second)}
}

// Challenge is a sign-in that waits for the second factor.
type Challenge struct {
	Required  bool     `json:"mfaRequired"`
	Challenge string   `json:"challenge"`
	ExpiresIn int64    `json:"expiresIn" about:"seconds"`
	Dropped   *Dropped `json:"dropped,omitempty"`
}

// ChallengeOf returns the challenge that a sign-in stopped at.
func ChallengeOf(s tollkeeper.SignInResult) Challenge {
	return Challenge{true, string(s.Challenge), int64(s.ExpiresIn / time.Second), DroppedOf(s.Dropped)}
}

// Dropped is what a first proof of the mailbox took away (ours).
type Dropped struct {
	Password     bool `json:"password" about:"it serves no more"`
	Identities   int  `json:"identities" about:"how many linked sign-ins"`
	Secret       bool `json:"secret,omitempty" about:"a parent's jwtSecret was replaced"`
	Organization bool `json:"organization,omitempty" about:"a parent's organization has no name, URL, pages, issuers and authorized organizations any more"`
}

// DroppedOf returns nil when nothing was: the documented answers stay as they are.
func DroppedOf(d tollkeeper.Dropped) *Dropped {
	if !d.Any() {
		return nil
	}
	return &Dropped{d.Password, len(d.Identities), d.TenantKey, d.Organization}
}

// ParseID reads a UUID in its one spelling; false for any other, and for the nil UUID.
func ParseID(text string) (uuid.UUID, bool) {
	id, err := uuid.Parse(text)
	return id, err == nil && id != uuid.Nil && id.String() == text
}
