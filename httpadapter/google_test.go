package httpadapter_test

import (
	"context"
	"errors"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// google believes tokens of the form "subject email", and cannot be reached for "down".
type google struct{}

func (google) VerifyIDToken(_ context.Context, token, clientID, _ string) (tollkeeper.IDToken, error) {
	subject, email, ok := strings.Cut(token, " ")
	switch {
	case token == "down":
		return tollkeeper.IDToken{}, tollkeeper.ErrUpstream
	case !ok || clientID != "web":
		return tollkeeper.IDToken{}, errors.New("not a token of ours")
	}
	return tollkeeper.IDToken{Subject: subject, Email: email, EmailVerified: true, Name: "Gus"}, nil
}

func withGoogle(c *tollkeeper.Config, _ *options, _ *store.Store) {
	c.Social.Issuers = map[string]tollkeeper.IDTokenVerifier{tollkeeper.IssuerGoogle: google{}}
}
