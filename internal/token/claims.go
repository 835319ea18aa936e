package token

import (
	"encoding/json"
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
	Ext       string // what the host added: the text of a JSON object that GoodExt takes; empty: nothing
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
	Issuer    string          `json:"iss"`
	Audience  string          `json:"aud"`
	Subject   string          `json:"sub"`
	Session   string          `json:"sid"`
	IssuedAt  int64           `json:"iat"`
	NotBefore int64           `json:"nbf"`
	ExpiresAt int64           `json:"exp"`
	ID        string          `json:"jti"`
	Parent    string          `json:"parent"`
	Ext       json.RawMessage `json:"ext"`
}

// readClaims refuses duplicate and inexact names, dates that are not integers, and ids in another spelling than ours.
func readClaims(payload []byte) (Claims, bool) {
	var w written
	if strictjson.Decode(payload, &w) != nil {
		return Claims{}, false
	}
	c := Claims{
		Issuer: w.Issuer, Audience: w.Audience, ID: w.ID, Parent: w.Parent,
		IssuedAt: w.IssuedAt, NotBefore: w.NotBefore, ExpiresAt: w.ExpiresAt, Ext: string(w.Ext),
	}
	ids := parseID(&c.Subject, []byte(w.Subject)) && parseID(&c.Session, []byte(w.Session))
	return c, ids && (len(w.Ext) == 0 || GoodExt(w.Ext))
}

const (
	maxExt      = 1 << 10 // bytes
	maxExtDepth = 7       // objects and lists that are open at once: one less than strictjson takes of the whole
)

// GoodExt reports whether text is an object for the claim ext, and nothing around it: every rule of strictjson, at most
// 1 KiB, at most seven levels deep. It is one rule for who signs it and for both who read it.
func GoodExt(text []byte) bool {
	var object map[string]any
	return len(text) <= maxExt && extent(text) == len(text) && strictjson.Decode(text, &object) == nil
}

// extent returns how long the object is that text begins with; 0: there is none, or it is too deep.
func extent(text []byte) int {
	if len(text) == 0 || text[0] != '{' {
		return 0
	}
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			if depth++; depth > maxExtDepth {
				return 0
			}
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// parseID takes the one spelling that appendID writes, so that whoever reads the text can compare it as such. Where it
// reports false, id is of no meaning.
func parseID(id *uuid.UUID, text []byte) bool {
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return false
	}
	var bad byte
	for i, at := range [...]int{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34} {
		high, low := digits[text[at]], digits[text[at+1]]
		bad |= high | low
		id[i] = high<<4 | low&0xf
	}
	return bad < 16
}

// digits are the values of hexadecimal digits in lower case, and 255 for everything else.
var digits = func() (t [256]byte) {
	for c := range t {
		t[c] = 0xff
	}
	for value, c := range "0123456789abcdef" {
		t[c] = byte(value)
	}
	return t
}()
