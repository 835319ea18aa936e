package token

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/strictjson"
)

// Claims of an access token. They say which session it is a pointer to; the session's row decides everything.
type Claims struct {
	Issuer    string
	Audience  string
	Subject   uuid.UUID
	Session   uuid.UUID
	IssuedAt  int64 // unix seconds, like every date here
	NotBefore int64
	ExpiresAt int64
	ID        string
	Parent    string // public id for clients
}

// MaxTTL is how long a token lives at most.
const MaxTTL = 30 * 24 * time.Hour

const (
	leeway  = 30      // seconds, for nbf and iat alone: they come from clocks of other machines
	maxDate = 1 << 53 // NumericDate, so that no platform rounds it (R49)
)

// Good reports whether the claims are whole, of that issuer, and in their time.
func (c *Claims) Good(issuer string, now time.Time) bool {
	t := now.Unix()
	for _, date := range [...]int64{c.IssuedAt, c.NotBefore, c.ExpiresAt} {
		if date <= 0 || date > maxDate {
			return false
		}
	}
	return c.Issuer == issuer && c.Audience != "" && c.Subject != uuid.Nil && c.Session != uuid.Nil &&
		t < c.ExpiresAt && t >= c.NotBefore-leeway && t >= c.IssuedAt-leeway &&
		c.ExpiresAt > c.IssuedAt && c.ExpiresAt-c.IssuedAt <= int64(MaxTTL/time.Second)
}

// written is the claims as they stand in a token.
type written struct {
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

// readClaims refuses duplicate and inexact names, dates that are not integers, and ids in another spelling than ours.
func readClaims(payload []byte) (Claims, bool) {
	var w written
	if strictjson.Decode(payload, &w) != nil {
		return Claims{}, false
	}
	subject, okSubject := parseID([]byte(w.Subject))
	session, okSession := parseID([]byte(w.Session))
	return Claims{
		Issuer: w.Issuer, Audience: w.Audience, Subject: subject, Session: session, ID: w.ID, Parent: w.Parent,
		IssuedAt: w.IssuedAt, NotBefore: w.NotBefore, ExpiresAt: w.ExpiresAt,
	}, okSubject && okSession
}

// parseID takes the one spelling that appendID writes, so that whoever reads the text can compare it as such.
func parseID(text []byte) (id uuid.UUID, ok bool) {
	if len(text) != 36 {
		return id, false
	}
	for _, c := range text {
		if 'A' <= c && c <= 'F' {
			return id, false
		}
	}
	id, err := uuid.ParseBytes(text)
	return id, err == nil
}
