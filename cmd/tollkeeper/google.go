package main

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/social"
)

// callbackPath is where the issuer sends people back to; whoever registers a client there writes it behind the base
// URL.
const callbackPath = "/auth/google/callback"

// newVerifier is Google's, or that of -google-issuer. Without -google there is none.
func newVerifier(o options) (*social.Verifier, error) {
	if !o.google {
		return nil, nil
	}
	v, err := social.New(social.Config{Issuer: o.googleIssuer, Vouches: social.IfVerified})
	if err != nil {
		return nil, fmt.Errorf("-google-issuer %s: must be an https URL, or an http one of localhost", o.googleIssuer)
	}
	return v, nil
}

// mountGoogle adds the sign-in that begins with a link, beside POST /auth/google, which takes a page's own ID token.
// The secret is that of the one client that the organizations of this server name.
func mountGoogle(mux *http.ServeMux, s *site, secret string) error {
	key, err := cookieKey(s.keys)
	if err != nil {
		return err
	}
	deliver := social.JSON
	if s.googleFragment {
		deliver = social.Fragment
	}
	handlers, err := social.NewHandlers(social.HandlersConfig{
		Auth: s.auth, Verifier: s.google, Key: key, RedirectURL: strings.TrimSuffix(s.baseURL, "/") + callbackPath, TrustedProxies: s.proxies,
		Deliver: deliver, ClientSecret: func(context.Context, string) (string, error) { return secret, nil },
	})
	if err != nil {
		return err
	}
	handlers.Register(mux)
	return nil
}

// cookieKey is derived, so that every process with the same secrets file has it. It comes from the last key: a new
// first one does not break what people have begun.
func cookieKey(keys []tollkeeper.MasterKey) (tollkeeper.MasterKey, error) {
	return hkdf.Key(sha256.New, keys[len(keys)-1], nil, "tollkeeper example server social cookie v1", 32)
}
