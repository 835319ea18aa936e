package verify

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/token"
)

// Claims are what a good token says.
type Claims struct {
	Issuer    string
	Audience  string         // one of [Config.Audiences]
	Subject   string         // id of the account, a UUID in lower case
	Session   string         // id of the session, likewise: what to ask the host about
	ID        string         // of the token; may be empty
	Parent    string         // id of the account's parent; "ROOT" for a parent
	Ext       map[string]any // what the host added (its Hooks.BeforeSession); nil: nothing
	IssuedAt  time.Time
	NotBefore time.Time
	ExpiresAt time.Time
}

// Verify checks a token as the host does, all but the session: size and alphabet, header, signature by a key and the
// algorithm of that key, issuer, audience and times. The error is [ErrInvalidToken], [ErrUnavailable], or that of ctx
// where it ended while keys were fetched; the claims are then empty (R58).
func (v *Verifier) Verify(ctx context.Context, text string) (Claims, error) {
	unverified, ok := token.Parse(text)
	if !ok {
		return Claims{}, ErrInvalidToken
	}
	now := v.now()
	keys, err := v.keys.find(ctx, unverified, now)
	if err != nil {
		return Claims{}, err
	}
	c, ok := signedBy(unverified, keys)
	if !ok || !c.Good(v.issuer, now) || !v.takes(&c, now) {
		return Claims{}, ErrInvalidToken
	}
	var ext map[string]any
	if c.Ext != "" {
		_ = json.Unmarshal([]byte(c.Ext), &ext) // it was read before
	}
	return Claims{
		Issuer: c.Issuer, Audience: c.Audience, Subject: c.Subject.String(), Session: c.Session.String(), ID: c.ID, Parent: c.Parent, Ext: ext,
		IssuedAt: time.Unix(c.IssuedAt, 0), NotBefore: time.Unix(c.NotBefore, 0), ExpiresAt: time.Unix(c.ExpiresAt, 0),
	}, nil
}

func signedBy(u token.Unverified, keys []*token.Key) (token.Claims, bool) {
	for _, k := range keys {
		if c, ok := u.Verify(k); ok {
			return c, true
		}
	}
	return token.Claims{}, false
}

// takes is what this service demands beyond what the host does.
func (v *Verifier) takes(c *token.Claims, now time.Time) bool {
	young := v.maxAge == 0 || now.Unix()-c.IssuedAt <= int64(v.maxAge/time.Second)
	return young && slices.Contains(v.audiences, c.Audience)
}
