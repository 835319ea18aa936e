package httpadapter

import (
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// The second factor and refresh tokens have the same bodies in every family (docs/WIRE.md section 4); what a family
// says when one is incomplete is its own.

// factorBody reads {challenge, code}.
func factorBody(incomplete string) func(*call) (tollkeeper.FactorRequest, error) {
	return func(c *call) (tollkeeper.FactorRequest, error) {
		b, err := body[struct {
			Challenge string `json:"challenge"`
			Code      string `json:"code"`
		}](c)
		if err == nil && (b.Challenge == "" || b.Code == "") {
			err = missing(incomplete)
		}
		return tollkeeper.FactorRequest{Challenge: tollkeeper.SecretText(b.Challenge), Code: tollkeeper.SecretText(b.Code)}, err
	}
}

// refreshBody reads {refreshToken}.
func refreshBody(incomplete string) func(*call) (string, error) {
	return func(c *call) (string, error) {
		b, err := body[struct {
			Refresh string `json:"refreshToken"`
		}](c)
		if err == nil && b.Refresh == "" {
			err = missing(incomplete)
		}
		if err == nil && len(b.Refresh) > maxToken {
			err = tollkeeper.ErrInvalidToken
		}
		return b.Refresh, err
	}
}

// refreshedTokens are a session's next pair.
type refreshedTokens struct {
	Token     string `json:"token"`
	Refresh   string `json:"refreshToken"`
	ExpiresIn int64  `json:"expiresIn"` // of token, in seconds
}

func nextTokens(s tollkeeper.SignInResult) refreshedTokens {
	return refreshedTokens{string(s.Token), string(s.Refresh), int64(s.ExpiresIn / time.Second)}
}

func refreshed(_ *call, s tollkeeper.SignInResult) answer { return answer{body: nextTokens(s)} }
