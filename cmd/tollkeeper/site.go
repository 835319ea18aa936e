package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/breach"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/app"
	"github.com/tollkeeper/tollkeeper/httpadapter/organization"
	"github.com/tollkeeper/tollkeeper/httpadapter/platform"
	"github.com/tollkeeper/tollkeeper/httpadapter/v1"
	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/passkey"
	"github.com/tollkeeper/tollkeeper/social"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/ui/widget"
)

// issuer is in every token. It is not the address, so that sessions outlive a move to another one.
const issuer = "tollkeeper"

// site is what is served. open makes the last two.
type site struct {
	options
	keys     []tollkeeper.MasterKey
	store    store.Store
	attempts store.AttemptStore
	mailer   *postman
	out      io.Writer

	google *social.Verifier // nil: off
	auth   *tollkeeper.Authenticator
}

// open makes the Authenticator of the options.
func (s *site) open() error {
	config := tollkeeper.Config{
		Secrets: s.keys, BaseURL: s.baseURL, Product: s.product, Tokens: tollkeeper.Tokens{Issuer: issuer, Staleness: s.stale}, Mail: mailed(s.mailer), Limits: tollkeeper.Limits{Attempts: s.attempts},
		Credits: &tollkeeper.Credits{InitialCredits: initial(s.credits)}, Passwords: tollkeeper.Passwords{Hash: hashing()},
		Refresh: tollkeeper.Refresh{Idle: s.refresh},
	}
	if err := s.extend(&config); err != nil {
		return err
	}
	auth, err := tollkeeper.New(s.store, config)
	if e, ours := errors.AsType[*tollkeeper.Error](err); ours && e.Field == "Config.Tokens.SigningKeys" {
		return fmt.Errorf("signing key %s: %w", s.signingKey, err)
	}
	s.auth = auth
	return err
}

// extend adds what is off unless a flag asks for it.
func (s *site) extend(config *tollkeeper.Config) error {
	keys, made, err := loadSigningKeys(s.signingKey)
	if err != nil {
		return err
	}
	if made {
		fmt.Fprintf(s.out, "made %s: the key whose public half is at %s\n", s.signingKey, keySetPath)
	}
	config.Tokens.SigningKeys = keys
	if s.google, err = newVerifier(s.options); err != nil {
		return err
	}
	if s.google != nil {
		config.Social.Issuers = map[string]tollkeeper.IDTokenVerifier{tollkeeper.IssuerGoogle: s.google}
	}
	if named(s.baseURL) {
		config.Passkeys.Verifier = passkey.New()
	}
	if s.breached != "" {
		filter, err := breach.Open(s.breached)
		if err != nil {
			return fmt.Errorf("-breached %s: %w", s.breached, reason(err))
		}
		config.Passwords.Breach = filter
	}
	return nil
}

// named reports whether the server is reached under a name: browsers have no passkeys for addresses.
func named(baseURL string) bool {
	u, err := url.Parse(baseURL)
	return err == nil && canon.ValidDomain(canon.Lower(u.Hostname()))
}

// keySetPath is where services that verify tokens by themselves look for public keys (RFC 8615).
const keySetPath = "/.well-known/jwks.json"

// routes are all families, the key set, the pages, the widget's script and, if they are on, the two ends of a sign-in
// with Google.
func (s *site) routes(ctx context.Context, c credentials) (http.Handler, error) {
	if err := bootstrap(ctx, s.auth, s.admin, c.admin, s.out); err != nil {
		return nil, err
	}
	if _, _, err := secretsOf(ctx, s.store, s.keys, s.options); err != nil { // others may have begun it at once
		return nil, err
	}
	mux := http.NewServeMux()
	if err := s.mountPages(mux); err != nil {
		return nil, err
	}
	if err := widget.Mount(mux, widget.Options{}); err != nil {
		return nil, err
	}
	mux.Handle(keySetPath, httpadapter.JWKS(s.auth))
	if s.google != nil {
		if err := mountGoogle(mux, s, c.google); err != nil {
			return nil, err
		}
	}
	return mux, httpadapter.Mount(mux, s.auth, httpadapter.Options{
		TrustedProxies: s.proxies, Cookie: httpadapter.Cookie{On: s.cookie}, OpenAPI: true,
	}, app.API{}, organization.API{}, v1.API{}, platform.API{})
}

// initial says none as Config.Credits does.
func initial(credits int64) int64 {
	if credits == 0 {
		return -1
	}
	return credits
}
