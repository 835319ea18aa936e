// Package social signs people in by an OpenID Connect issuer, Google unless another is named.
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
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/internal/strictjson"
	"github.com/tollkeeper/tollkeeper/internal/token"
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
	Logger     *slog.Logger     // gets which keys of the issuer cannot be used. Nil: [slog.Default]
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
	keys    upstream.Keys
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
	log := c.Logger
	if log == nil {
		log = slog.Default()
	}
	v.about.Load = v.discover
	v.keys.Read(v.readKeys, log.With("issuer", v.issuer))
	v.about.Timeout, v.keys.Timeout = v.timeout, 2*v.timeout // keys may have to discover first
	v.about.Refresh, v.keys.Refresh = time.Hour, 10*time.Minute
	v.about.Stale, v.keys.Stale = 24*time.Hour, 24*time.Hour
	v.about.Interval, v.keys.Interval = 5*time.Second, 10*time.Second // so that it is due whenever keys are
	return v, nil
}

var (
	errClient   = errors.New("social: no client id was given")
	errToken    = errors.New("social: it is no signed ID token")
	errKey      = errors.New("social: no key of the issuer fits the token")
	errIssuer   = errors.New("social: the token is of another issuer")
	errKind     = errors.New("social: the token is no ID token")
	errSubject  = errors.New("social: the token is of nobody: a subject has 1 to 255 bytes without controls")
	errTimes    = errors.New("social: the token is not of this time")
	errAudience = errors.New("social: the token was made for another client")
	errNonce    = errors.New("social: the token is not of this sign-in")
)

// VerifyIDToken checks an ID token (OpenID Connect Core 3.1.3.7): type, which is JWT or left out; signature, by a key
// that the issuer publishes for it, and an algorithm of RSA (RS256 to RS512, PS256 to PS512), ECDSA (ES256 to ES512) or
// EdDSA; issuer; subject; audience, which must have clientID, and, where it has others too, azp, which must be
// clientID; exp, iat and nbf; and the nonce, unless it is empty. A token that names no key is tried on the only key
// that fits it. Email and name may be missing. An error is [tollkeeper.ErrUpstream] where the issuer cannot be reached
// and its keys are not known, or that of ctx; any other means that the token is no good.
func (v *Verifier) VerifyIDToken(ctx context.Context, text, clientID, nonce string) (tollkeeper.IDToken, error) {
	if clientID == "" {
		return tollkeeper.IDToken{}, errClient
	}
	unverified, ok := token.ParseIssued(text)
	if !ok {
		return tollkeeper.IDToken{}, errToken
	}
	now := v.now()
	payload, err := v.signed(ctx, unverified, now)
	if err != nil {
		return tollkeeper.IDToken{}, err
	}
	var c claims
	if err := strictjson.Decode(payload, &c); err != nil {
		return tollkeeper.IDToken{}, fmt.Errorf("social: the claims cannot be read: %w", err)
	}
	if err := c.check(v.issuer, clientID, now, v.leeway); err != nil {
		return tollkeeper.IDToken{}, err
	}
	if nonce != "" && subtle.ConstantTimeCompare([]byte(nonce), []byte(c.Nonce)) != 1 {
		return tollkeeper.IDToken{}, errNonce
	}
	return c.person().idToken()
}

// signed returns the payload of a token that a key of the issuer has signed. Where the token names no key, its key may
// have changed without anybody seeing it by the id: then, and only then, a bad signature is a reason to ask anew.
func (v *Verifier) signed(ctx context.Context, u token.Unverified, now time.Time) ([]byte, error) {
	keys, err := v.keys.Fitting(ctx, u, now)
	if err != nil {
		return nil, upstreamError(err)
	}
	payload, ok := payloadOf(u, keys)
	if !ok && u.KeyID == "" && len(keys) > 0 {
		payload, ok = payloadOf(u, v.keys.Newer(ctx, u, now, keys))
	}
	if !ok {
		return nil, errKey
	}
	return payload, nil
}

func payloadOf(u token.Unverified, keys []*token.Key) ([]byte, bool) {
	for _, k := range keys {
		if payload, ok := u.Payload(k); ok {
			return payload, true
		}
	}
	return nil, false
}

// person is who somebody is to the issuer, as tokens and the userinfo endpoint say it alike (OpenID Connect Core 5.1).
type person struct {
	Subject       string `json:"sub"`
	Email         words  `json:"email"`
	EmailVerified truth  `json:"email_verified"`
	Name          words  `json:"name"`
}

func (p person) idToken() (tollkeeper.IDToken, error) {
	if p.Subject == "" || len(p.Subject) > 255 || canon.HasControl(p.Subject) {
		return tollkeeper.IDToken{}, errSubject
	}
	return tollkeeper.IDToken{Subject: p.Subject, Email: string(p.Email), EmailVerified: bool(p.EmailVerified), Name: string(p.Name)}, nil
}

// claims of an ID token. Their names count byte for byte: an issuer lets people, or whoever runs a directory of it, add
// claims such as "Sub", which encoding/json would take for "sub" (SECURITY.md F6).
type claims struct {
	Issuer        string   `json:"iss"`
	Audience      audience `json:"aud"`
	Subject       string   `json:"sub"`
	Party         words    `json:"azp"`
	Nonce         words    `json:"nonce"`
	ExpiresAt     seconds  `json:"exp"`
	IssuedAt      seconds  `json:"iat"`
	NotBefore     seconds  `json:"nbf"`
	Events        any      `json:"events"` // of a security event, such as a logout (RFC 8417 2.2)
	Email         words    `json:"email"`
	EmailVerified truth    `json:"email_verified"`
	Name          words    `json:"name"`
}

func (c *claims) person() person { return person{c.Subject, c.Email, c.EmailVerified, c.Name} }

func (c *claims) check(issuer, clientID string, now time.Time, leeway time.Duration) error {
	if c.Issuer != issuer && (issuer != Google || "https://"+c.Issuer != Google) {
		return errIssuer
	}
	if c.Events != nil {
		return errKind
	}
	t, l := float64(now.Unix()), leeway.Seconds()
	if c.ExpiresAt <= 0 || c.IssuedAt <= 0 || t >= float64(c.ExpiresAt)+l || t < float64(c.IssuedAt)-l || t < float64(c.NotBefore)-l {
		return errTimes
	}
	// Google's own apps have another azp than aud, so that it counts only where the audience alone does not tell.
	others := slices.ContainsFunc(c.Audience, func(a string) bool { return a != clientID })
	if !slices.Contains(c.Audience, clientID) || others && string(c.Party) != clientID {
		return errAudience
	}
	return nil
}

// audience is a text or a list of texts (RFC 7519 4.1.3).
type audience []string

// UnmarshalJSON takes both.
func (a *audience) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(a))
}

// words is a text that may be missing: whatever is no text stands for none, and who needs one refuses that.
type words string

// UnmarshalJSON takes anything.
func (w *words) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*w = words(text)
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
