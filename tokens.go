package tollkeeper

import (
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/strictjson"
)

// claims of an access token. They say which session it is a pointer to; the session's row decides everything.
type claims struct {
	Issuer    string    `json:"iss"`
	Audience  string    `json:"aud"`
	Subject   uuid.UUID `json:"sub"`
	Session   uuid.UUID `json:"sid"`
	IssuedAt  int64     `json:"iat"`
	NotBefore int64     `json:"nbf"`
	ExpiresAt int64     `json:"exp"`
	ID        string    `json:"jti"`
	Parent    string    `json:"parent"` // public id for clients; nothing reads it here
}

// header of an access token, checked besides what golang-jwt checks: it ignores crit (F4).
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

const (
	maxToken = 8 << 10 // bytes (R57)
	leeway   = 30      // seconds, for nbf and iat alone: they come from clocks of other machines of the fleet
	maxDate  = 1 << 53 // NumericDate, so that no platform rounds it (R49)
)

// encodedHeader is the header of the key's tokens: what golang-jwt would write. Names of algorithms and our key ids need
// no escaping.
func encodedHeader(kid string, m jwt.SigningMethod) string {
	return strictBase64.EncodeToString([]byte(`{"alg":"` + m.Alg() + `","kid":"` + kid + `","typ":"JWT"}`))
}

// checkToken answers the claims of a token with a good signature of one of our keys, in its time, and the key. It reads no
// store, so its answer may be remembered; it says nothing about the session.
func (r *keyring) checkToken(token, issuer string, now time.Time) (claims, tokenKey, bool) {
	head, _, ok := splitToken(token)
	if !ok {
		return claims{}, tokenKey{}, false
	}
	key, ok := r.keyOf(head)
	if !ok {
		return claims{}, tokenKey{}, false
	}
	var c claims
	parser := jwt.NewParser(jwt.WithValidMethods([]string{key.method.Alg()}), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation())
	parsed, err := parser.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return key.verify, nil })
	if err != nil || !parsed.Valid || !c.good(issuer, now) {
		return claims{}, tokenKey{}, false
	}
	return c, key, true
}

// splitToken checks size, shape and alphabet before anything is decoded: Go's decoder skips line breaks (F5).
func splitToken(token string) (head, payload string, ok bool) {
	if len(token) > maxToken || strings.Count(token, ".") != 2 {
		return "", "", false
	}
	for i := range len(token) {
		if c := token[i]; !isAlnum(c) && c != '-' && c != '_' && c != '.' {
			return "", "", false
		}
	}
	head, rest, _ := strings.Cut(token, ".")
	payload, sig, _ := strings.Cut(rest, ".")
	return head, payload, head != "" && payload != "" && sig != ""
}

// keyOf reads the header and finds the key it names. A header only picks one of our keys; its algorithm must be the key's.
func (r *keyring) keyOf(head string) (tokenKey, bool) {
	raw, err := strictBase64.DecodeString(head)
	if err != nil {
		return tokenKey{}, false
	}
	var h header
	if strictjson.Decode(raw, &h) != nil || h.Type != "JWT" || len(h.KeyID) > maxKidLen {
		return tokenKey{}, false
	}
	if h.Critical != nil || h.JKU != nil || h.X5U != nil || h.JWK != nil || h.X5C != nil {
		return tokenKey{}, false
	}
	k, ok := r.find(h.KeyID)
	return k, ok && k.method.Alg() == h.Algorithm
}

// good is the claims layer on top of golang-jwt, whose defaults let a token without exp pass (F4).
func (c *claims) good(issuer string, now time.Time) bool {
	t := now.Unix()
	for _, date := range []int64{c.IssuedAt, c.NotBefore, c.ExpiresAt} {
		if date <= 0 || date > maxDate {
			return false
		}
	}
	return c.Issuer == issuer && c.Audience != "" && c.Subject != uuid.Nil && c.Session != uuid.Nil &&
		t < c.ExpiresAt && t >= c.NotBefore-leeway && t >= c.IssuedAt-leeway &&
		c.ExpiresAt > c.IssuedAt && c.ExpiresAt-c.IssuedAt <= int64(maxTTL/time.Second)
}

// UnmarshalJSON refuses duplicate and inexact keys, and dates that are not integers.
func (c *claims) UnmarshalJSON(b []byte) error {
	type plain claims
	return strictjson.Decode(b, (*plain)(c))
}

// The methods of jwt.Claims, which golang-jwt asks for and good replaces.

func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return numericDate(c.ExpiresAt), nil }
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error)       { return numericDate(c.IssuedAt), nil }
func (c *claims) GetNotBefore() (*jwt.NumericDate, error)      { return numericDate(c.NotBefore), nil }
func (c *claims) GetIssuer() (string, error)                   { return c.Issuer, nil }
func (c *claims) GetSubject() (string, error)                  { return c.Subject.String(), nil }
func (c *claims) GetAudience() (jwt.ClaimStrings, error)       { return jwt.ClaimStrings{c.Audience}, nil }

func numericDate(s int64) *jwt.NumericDate { return jwt.NewNumericDate(time.Unix(s, 0)) }
