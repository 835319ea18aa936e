// Package social signs people in by an OpenID Connect issuer, Google unless another is named, on
// github.com/coreos/go-oidc.
//
//	verifier, err := social.New(social.Config{}) // Google
//	issuers := map[string]tollkeeper.IDTokenVerifier{tollkeeper.IssuerGoogle: verifier}
//	auth, err := tollkeeper.New(store, tollkeeper.Config{Social: tollkeeper.Social{Issuers: issuers}, …})
//
// A page that gets ID tokens by itself, from the issuer's script, needs nothing more: it posts them to the host. For
// the others [Handlers] runs the authorization-code flow, from a link to a session.
package social

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/upstream"
)

// Google is the issuer that [Config.Issuer] defaults to. Its tokens also name it without "https://".
const Google = tollkeeper.IssuerGoogle

// Config says whose ID tokens to take.
type Config struct {
	Issuer     string           // as its tokens spell it: https, or http for localhost. Zero: Google
	HTTPClient *http.Client     // redirects are not followed, cookies not kept. Nil: one of its own
	Timeout    time.Duration    // of one request to the issuer. Zero: 5 seconds
	Leeway     time.Duration    // that the issuer's clock may be off, at most a minute. Zero: a minute; negative: none
	Now        func() time.Time // the only clock. Nil: [time.Now]
}

// Verifier is a [tollkeeper.IDTokenVerifier]. It learns about the issuer at first use, keeps its keys for ten minutes,
// and for a day if it cannot be reached; it asks for unknown keys at most every ten seconds. It is safe for concurrent
// use and needs no closing.
type Verifier struct {
	issuer  string
	leeway  time.Duration
	timeout time.Duration
	now     func() time.Time
	client  *http.Client
	about   upstream.Cache[discovery]
	keys    keys
}

// New makes a Verifier. It asks the issuer nothing yet.
func New(c Config) (*Verifier, error) {
	v := &Verifier{issuer: c.Issuer, leeway: c.Leeway, timeout: c.Timeout, now: c.Now, client: upstream.Client(c.HTTPClient)}
	if v.issuer == "" {
		v.issuer = Google
	}
	if v.timeout == 0 {
		v.timeout = 5 * time.Second
	}
	if v.leeway == 0 {
		v.leeway = time.Minute
	}
	if v.now == nil {
		v.now = time.Now
	}
	if v.leeway = max(0, v.leeway); v.leeway > time.Minute || v.timeout < 0 {
		return nil, errors.New("social: Config.Leeway must be at most a minute, and Timeout not negative")
	}
	if !upstream.Secure(v.issuer) {
		return nil, errors.New("social: Config.Issuer must be an https URL, or an http one of localhost")
	}
	v.about.Load, v.keys.Load = v.discover, v.loadKeys
	v.about.Timeout, v.keys.Timeout = v.timeout, 2*v.timeout // keys may have to discover first
	v.about.Refresh, v.keys.Refresh = time.Hour, 10*time.Minute
	v.about.Stale, v.keys.Stale = 24*time.Hour, 24*time.Hour
	v.about.Interval, v.keys.Interval = 5*time.Second, 10*time.Second // so that it is due whenever keys are
	return v, nil
}

var (
	algorithms = []string{gooidc.RS256, gooidc.ES256, gooidc.EdDSA}

	errClient   = errors.New("social: no client id was given")
	errSize     = errors.New("social: the token is empty or too long")
	errTimes    = errors.New("social: the token is not of this time")
	errAudience = errors.New("social: the token was made for another client")
	errNonce    = errors.New("social: the token is not of this sign-in")
)

const maxToken = 8 << 10 // bytes

// VerifyIDToken checks an ID token (OpenID Connect Core 3.1.3.7): signature, by RS256, ES256 or EdDSA and a key that
// the issuer publishes for it; issuer; audience, which must have clientID, and, where it has others too, azp, which
// must be clientID; exp, iat and nbf; and the nonce, unless it is empty. An error is [tollkeeper.ErrUpstream] where the
// issuer cannot be reached and its keys are not known, or that of ctx; any other means that the token is no good.
func (v *Verifier) VerifyIDToken(ctx context.Context, token, clientID, nonce string) (tollkeeper.IDToken, error) {
	if clientID == "" {
		return tollkeeper.IDToken{}, errClient
	}
	if token == "" || len(token) > maxToken {
		return tollkeeper.IDToken{}, errSize
	}
	now := v.now()
	of := &keySet{keys: &v.keys, now: now}
	checked, err := gooidc.NewVerifier(v.issuer, of, &gooidc.Config{
		ClientID: clientID, SupportedSigningAlgs: algorithms, SkipExpiryCheck: true, // claims.check does, with leeway
	}).Verify(ctx, token)
	switch {
	case of.failure != nil:
		return tollkeeper.IDToken{}, upstreamError(of.failure)
	case err != nil:
		return tollkeeper.IDToken{}, err
	}
	var c claims
	if err := checked.Claims(&c); err != nil {
		return tollkeeper.IDToken{}, fmt.Errorf("social: the claims cannot be read: %w", err)
	}
	if err := c.check(checked.Audience, clientID, now, v.leeway); err != nil {
		return tollkeeper.IDToken{}, err
	}
	if nonce != "" && subtle.ConstantTimeCompare([]byte(nonce), []byte(checked.Nonce)) != 1 {
		return tollkeeper.IDToken{}, errNonce
	}
	return tollkeeper.IDToken{Subject: checked.Subject, Email: c.Email, EmailVerified: bool(c.EmailVerified), Name: c.Name}, nil
}

// claims that go-oidc does not check.
type claims struct {
	Email         string  `json:"email"`
	EmailVerified truth   `json:"email_verified"`
	Name          string  `json:"name"`
	Party         string  `json:"azp"`
	ExpiresAt     seconds `json:"exp"`
	IssuedAt      seconds `json:"iat"`
	NotBefore     seconds `json:"nbf"`
}

func (c *claims) check(audience []string, clientID string, now time.Time, leeway time.Duration) error {
	t, l := float64(now.Unix()), leeway.Seconds()
	if c.ExpiresAt <= 0 || c.IssuedAt <= 0 || t >= float64(c.ExpiresAt)+l || t < float64(c.IssuedAt)-l || t < float64(c.NotBefore)-l {
		return errTimes
	}
	// Google's own apps have another azp than aud, so that it counts only where the audience alone does not tell.
	if others := slices.ContainsFunc(audience, func(a string) bool { return a != clientID }); others && c.Party != clientID {
		return errAudience
	}
	return nil
}

// seconds is a NumericDate, which may have a fraction (RFC 7519 2).
type seconds float64

// truth is a boolean that some issuers write as text.
type truth bool

// UnmarshalJSON takes true, "true" and nothing else for true.
func (v *truth) UnmarshalJSON(b []byte) error {
	var value any
	if err := json.Unmarshal(b, &value); err != nil {
		return err
	}
	*v = value == true || value == "true"
	return nil
}

// upstreamError is tollkeeper.ErrUpstream with its cause; the end of a caller's ctx stays what it is.
func upstreamError(err error) error {
	if !errors.Is(err, upstream.ErrUnavailable) {
		return err
	}
	return because(tollkeeper.ErrUpstream, err)
}
