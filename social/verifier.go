// Package social signs people in by other issuers: any that speaks OpenID Connect, and providers of OAuth 2 that do
// not.
//
//	google, err := social.Google(social.Config{ClientSecret: secrets})
//	github, err := social.GitHub(social.Config{ClientSecret: secrets})
//	issuers := social.Issuers(google, github)
//	auth, err := tollkeeper.New(store, tollkeeper.Config{Social: tollkeeper.Social{Issuers: issuers, …}, …})
//
// The app family of package httpadapter then sends browsers there and back. A page that gets ID tokens by itself, from
// the issuer's script, posts them to the host. For the organization family [Handlers] runs the authorization-code flow,
// from a link to a session.
//
// # Who vouches for an address
//
// An issuer that says that an address is verified need not own it. Each preset says what its provider documents, and
// [Config].Vouches what the host makes of it. Who is not vouched for signs in all the same once they are linked, but is
// linked to nobody by an address.
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
	"strings"
	"sync/atomic"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/internal/strictjson"
	"github.com/tollkeeper/tollkeeper/internal/token"
	"github.com/tollkeeper/tollkeeper/internal/upstream"
)

// Config says whom to ask. The zero Config of a preset is its provider as it documents itself.
type Config struct {
	// Issuer is as its tokens spell it: https, or http for localhost. Zero: Google, or the preset's provider. With a
	// preset it is the provider at another address, such as GitHub Enterprise Server, or a national cloud of Microsoft.
	Issuer string

	Name  string // in addresses, lower case, digits and hyphens. Zero: the preset's; of [New]: none
	Label string // for people. Zero: the preset's

	// ClientSecret returns the secret that the issuer gave for a client id, empty for a client without one. Nil: no
	// client has one, and PKCE alone protects the code. Most providers give one to every web client. For [Apple] it is
	// not asked.
	ClientSecret func(ctx context.Context, clientID string) (string, error)

	// Vouches reports whether the issuer's word for an address counts: its mailbox is then taken for proven, and who
	// has the address already for the same person. It is not asked about an address that the issuer says is not
	// verified. Nil: as the preset says; of [New] [Never], but for Google.
	Vouches func(Address) bool

	Scopes     []string         // asked for. Nil: the preset's; of [New] openid, email and profile
	HTTPClient *http.Client     // redirects are not followed, cookies not kept. Nil: one of its own
	Timeout    time.Duration    // of one request to the issuer. Zero: 5 seconds
	Leeway     time.Duration    // that the issuer's clock may be off, at most a minute. Zero: a minute; negative: none
	Now        func() time.Time // the only clock. Nil: [time.Now]
	Logger     *slog.Logger     // gets which keys of the issuer cannot be used. Nil: [slog.Default]
}

// Address is an email as an issuer names it.
type Address struct {
	Email    string
	Verified bool   // the issuer says so: email_verified, Microsoft's xms_edov, or what a provider has instead
	Domain   string // of the Google Workspace that the account belongs to (hd). Empty: none
	Tenant   string // of Microsoft (tid). Empty: none
}

// Never is for [Config].Vouches: the issuer vouches for no address.
func Never(Address) bool { return false }

// IfVerified is for [Config].Vouches: the issuer vouches for those that it says are verified.
func IfVerified(a Address) bool { return a.Verified }

// Authoritative is for [Config].Vouches with [Google], and stricter than [IfVerified]: Google verifies an address at
// another domain once, when the account is made, and says itself that it may have another owner by now. It vouches for
// its own mailboxes: gmail.com, and those of a Workspace.
func Authoritative(a Address) bool {
	return a.Verified && (a.Domain != "" || strings.HasSuffix(canon.Lower(a.Email), "@gmail.com"))
}

// Verifier is a [tollkeeper.Issuer] that speaks OpenID Connect. It learns about the issuer at first use, keeps its keys
// for ten minutes, and for a day if it cannot be reached; it asks for unknown keys at most every ten seconds. It is
// safe for concurrent use and needs no closing.
type Verifier struct {
	desk
	preset
	issuer string
	leeway time.Duration
	about  upstream.Cache[discovery]
	keys   upstream.Keys

	keyIssuers atomic.Pointer[map[string]string] // by key id, as a set of Microsoft's names them; nil: none is known
}

var _ tollkeeper.Issuer = (*Verifier)(nil)

// New makes a Verifier of any issuer that speaks OpenID Connect. It asks the issuer nothing yet.
func New(c Config) (*Verifier, error) {
	if c.Issuer == "" || c.Issuer == tollkeeper.IssuerGoogle {
		return Google(c)
	}
	return newVerifier(c, c.Issuer, preset{vouches: Never})
}

// newVerifier makes the Verifier of a preset.
func newVerifier(c Config, issuer string, p preset) (*Verifier, error) {
	v := &Verifier{issuer: issuer, leeway: c.Leeway, preset: p.with(c)}
	var err error
	if v.desk, err = newDesk(c); err != nil {
		return nil, err
	}
	if v.leeway == 0 {
		v.leeway = time.Minute
	}
	if v.leeway = max(0, v.leeway); v.leeway > time.Minute {
		return nil, errors.New("social: Config.Leeway must be at most a minute")
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

// Issuer returns the name of the issuer: its key in [tollkeeper.Social].Issuers, and in settings.
func (v *Verifier) Issuer() string { return v.issuer }

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
	if !v.isIssuer(c, unverified.KeyID) {
		return tollkeeper.IDToken{}, errIssuer
	}
	if err := c.check(clientID, now, v.leeway); err != nil {
		return tollkeeper.IDToken{}, err
	}
	if nonce != "" && subtle.ConstantTimeCompare([]byte(nonce), []byte(c.Nonce)) != 1 {
		return tollkeeper.IDToken{}, errNonce
	}
	return v.said(c.person())
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

// isIssuer reports whether the token says that it is of this issuer.
func (v *Verifier) isIssuer(c claims, key string) bool {
	if v.tenants != nil {
		return v.tenants.issued(string(c.Tenant), c.Issuer) && v.keyFits(key, c)
	}
	return c.Issuer == v.issuer || v.issuer == tollkeeper.IssuerGoogle && "https://"+c.Issuer == tollkeeper.IssuerGoogle
}

// person is who somebody is to the issuer, as tokens and the userinfo endpoint say it alike (OpenID Connect Core 5.1).
type person struct {
	Subject       string `json:"sub"`
	Email         words  `json:"email"`
	EmailVerified truth  `json:"email_verified"`
	Name          words  `json:"name"`
	Domain        words  `json:"hd"`
	Tenant        words  `json:"tid"`
	EmailOwned    truth  `json:"xms_edov"`
}

// said is what the issuer's word on a person means here.
func (v *Verifier) said(p person) (tollkeeper.IDToken, error) {
	if v.tenants != nil && v.tenants.several() {
		p.Subject = string(p.Tenant) + ":" + p.Subject // unique in its tenant
	}
	if p.Subject == "" || len(p.Subject) > 255 || canon.HasControl(p.Subject) {
		return tollkeeper.IDToken{}, errSubject
	}
	t := tollkeeper.IDToken{Subject: p.Subject, Name: string(p.Name)}
	a := Address{Email: string(p.Email), Verified: p.EmailVerified == yes || p.EmailOwned == yes, Domain: string(p.Domain), Tenant: string(p.Tenant)}
	t.Email, t.EmailVerified = v.address(a, p.EmailVerified == no || p.EmailVerified == unsaid && v.silentIsNo)
	return t, nil
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
	Domain        words    `json:"hd"`       // Google
	Tenant        words    `json:"tid"`      // Microsoft
	EmailOwned    truth    `json:"xms_edov"` // Microsoft: the domain's owner has proven it
}

func (c *claims) person() person {
	return person{c.Subject, c.Email, c.EmailVerified, c.Name, c.Domain, c.Tenant, c.EmailOwned}
}

func (c *claims) check(clientID string, now time.Time, leeway time.Duration) error {
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

// truth is a boolean that some issuers write as text. The zero truth was not said.
type truth int

const (
	unsaid truth = iota
	yes
	no
)

// UnmarshalJSON takes true, "true" for yes; null for nothing; everything else for no.
func (v *truth) UnmarshalJSON(b []byte) error {
	var value any
	if err := json.Unmarshal(b, &value); err != nil {
		return err
	}
	switch value {
	case nil:
		*v = unsaid
	case true, "true":
		*v = yes
	default:
		*v = no
	}
	return nil
}

// upstreamError is tollkeeper.ErrUpstream with its cause; the end of a caller's ctx stays what it is.
func upstreamError(err error) error {
	if !errors.Is(err, upstream.ErrUnavailable) {
		return err
	}
	return because(tollkeeper.ErrUpstream, err)
}
