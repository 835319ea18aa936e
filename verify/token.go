package verify

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tollkeeper/tollkeeper/internal/strictjson"
)

// Claims are what a good token says.
type Claims struct {
	Issuer    string
	Audience  string // one of Config.Audiences
	Subject   string // id of the account, a UUID in lower case
	Session   string // id of the session, likewise: what to ask the host about
	ID        string // of the token; may be empty
	Parent    string // id of the account's parent; "ROOT" for a parent
	IssuedAt  time.Time
	NotBefore time.Time
	ExpiresAt time.Time
}

const (
	maxToken = 8 << 10 // bytes (SECURITY.md R57)
	maxKid   = 64      // bytes
	leeway   = 30      // seconds, for nbf and iat alone: they come from another machine's clock
	maxDate  = 1 << 53 // NumericDate, so that no platform rounds it (R49)
	maxTTL   = 30 * 24 * 60 * 60
)

// Verify checks a token as the host does, all but the session: size and alphabet, header, signature by a key and the
// algorithm of that key, issuer, audience and times. The error is ErrInvalidToken, ErrUnavailable, or that of ctx where
// it ended while keys were fetched; the claims are then empty (R58).
func (v *Verifier) Verify(ctx context.Context, token string) (Claims, error) {
	head, ok := readHeader(token)
	if !ok {
		return Claims{}, ErrInvalidToken
	}
	now := v.now()
	k, err := v.keys.find(ctx, head.KeyID, now)
	if err != nil {
		return Claims{}, err
	}
	if k.method.Alg() != head.Algorithm {
		return Claims{}, ErrInvalidToken
	}
	var p payload
	parser := jwt.NewParser(jwt.WithValidMethods([]string{k.method.Alg()}), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation())
	parsed, err := parser.ParseWithClaims(token, &p, func(*jwt.Token) (any, error) { return k.verify, nil })
	if err != nil || !parsed.Valid || !v.good(&p, now.Unix()) {
		return Claims{}, ErrInvalidToken
	}
	return Claims{
		Issuer: p.Issuer, Audience: p.Audience, Subject: p.Subject, Session: p.Session, ID: p.ID, Parent: p.Parent,
		IssuedAt: time.Unix(p.IssuedAt, 0), NotBefore: time.Unix(p.NotBefore, 0), ExpiresAt: time.Unix(p.ExpiresAt, 0),
	}, nil
}

// header of a token. golang-jwt ignores crit, and header fields that bring a key must never be followed.
type header struct {
	Algorithm string `json:"alg"`
	Type      string `json:"typ"`
	KeyID     string `json:"kid"`
	Critical  any    `json:"crit"`
	JKU       any    `json:"jku"`
	X5U       any    `json:"x5u"`
	JWK       any    `json:"jwk"`
	X5C       any    `json:"x5c"`
}

// readHeader checks size, shape and alphabet before anything is decoded: Go's decoder skips line breaks.
func readHeader(token string) (header, bool) {
	var h header
	if len(token) > maxToken || strings.Count(token, ".") != 2 || strings.ContainsFunc(token, foreign) {
		return h, false
	}
	head, _, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(head)
	if err != nil || strictjson.Decode(raw, &h) != nil || h.Type != "JWT" || h.KeyID == "" || len(h.KeyID) > maxKid {
		return h, false
	}
	return h, h.Critical == nil && h.JKU == nil && h.X5U == nil && h.JWK == nil && h.X5C == nil
}

func foreign(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.')
}

// payload is the claims as they are written: dates are integers, and keys exact and unique.
type payload struct {
	Issuer    string `json:"iss"`
	Audience  string `json:"aud"`
	Subject   string `json:"sub"`
	Session   string `json:"sid"`
	IssuedAt  int64  `json:"iat"`
	NotBefore int64  `json:"nbf"`
	ExpiresAt int64  `json:"exp"`
	ID        string `json:"jti"`
	Parent    string `json:"parent"`
}

// UnmarshalJSON refuses duplicate and inexact keys.
func (p *payload) UnmarshalJSON(b []byte) error {
	type plain payload
	return strictjson.Decode(b, (*plain)(p))
}

// good is the claims layer on top of golang-jwt, whose defaults let a token without exp pass.
func (v *Verifier) good(p *payload, now int64) bool {
	for _, date := range []int64{p.IssuedAt, p.NotBefore, p.ExpiresAt} {
		if date <= 0 || date > maxDate {
			return false
		}
	}
	young := v.maxAge == 0 || now-p.IssuedAt <= int64(v.maxAge/time.Second)
	return p.Issuer == v.issuer && slices.Contains(v.audiences, p.Audience) && isUUID(p.Subject) && isUUID(p.Session) &&
		now < p.ExpiresAt && now >= p.NotBefore-leeway && now >= p.IssuedAt-leeway && young &&
		p.ExpiresAt > p.IssuedAt && p.ExpiresAt-p.IssuedAt <= maxTTL
}

// isUUID takes the one spelling that the host writes, so that a subject can be compared as text. The nil UUID is nobody.
func isUUID(s string) bool {
	if len(s) != 36 || s == "00000000-0000-0000-0000-000000000000" {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash && c != '-' || !dash && !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
			return false
		}
	}
	return true
}

// The methods of jwt.Claims, which golang-jwt asks for and good replaces.

func (p *payload) GetExpirationTime() (*jwt.NumericDate, error) { return numericDate(p.ExpiresAt), nil }
func (p *payload) GetIssuedAt() (*jwt.NumericDate, error)       { return numericDate(p.IssuedAt), nil }
func (p *payload) GetNotBefore() (*jwt.NumericDate, error)      { return numericDate(p.NotBefore), nil }
func (p *payload) GetIssuer() (string, error)                   { return p.Issuer, nil }
func (p *payload) GetSubject() (string, error)                  { return p.Subject, nil }
func (p *payload) GetAudience() (jwt.ClaimStrings, error)       { return jwt.ClaimStrings{p.Audience}, nil }

func numericDate(s int64) *jwt.NumericDate { return jwt.NewNumericDate(time.Unix(s, 0)) }
