package tollkeeper

import (
	"fmt"
	"time"

	"github.com/google/uuid"
)

// What only tests see: pure policies, and the keys that a forger would like to have.

var (
	MayActOn    = mayActOn
	PasswordAge = passwordAge
	Crossed     = crossed
	Backoff     = backoff
	MatchTOTP   = matchTOTP
)

// Admit is the decision about a proven account.
func Admit(s Subject, method string, verifyAll bool) error {
	return admit(s, attempt{method: method}, verifyAll)
}

// SealAs seals v as the instance would for that use.
func (a *Authenticator) SealAs(use string, v any) string { return a.keys.seal(use, v) }

// OpenAs opens a sealed text.
func (a *Authenticator) OpenAs(use, text string, v any) bool { return a.keys.open(use, text, v) }

// InstanceKeyID answers the kid of the key that signs for every audience but the organization's.
func (a *Authenticator) InstanceKeyID() string { return a.keys.instance.id }

// InstanceSecret answers that key.
func (a *Authenticator) InstanceSecret() any { return a.keys.instance.sign }

// TenantKeyID answers the kid of a tenant key.
func (a *Authenticator) TenantKeyID(tenant uuid.UUID, version int) string {
	k, _ := a.keys.tenant(a.keys.firstID, tenant, version)
	return k.id
}

// CheckToken is the part of Authenticate that reads no store.
func (a *Authenticator) CheckToken(token string, now time.Time) bool {
	_, _, ok := a.keys.checkToken(token, a.cfg.Tokens.Issuer, now)
	return ok
}

// CheckKnown is CheckToken with the hot path and its memory.
func (a *Authenticator) CheckKnown(token string, now time.Time) bool {
	_, ok := a.tokens.check(token, now)
	return ok
}

// CompareJudges answers what the hot path and the strict one make of a token that neither remembers.
func (a *Authenticator) CompareJudges(token string, now time.Time) (fast, strict string) {
	verdict := func(c claims, k *tokenKey, ok bool) string {
		if !ok {
			return "refused"
		}
		return fmt.Sprint(c.Issuer, c.Audience, c.Subject, c.Session, c.IssuedAt, c.NotBefore, c.ExpiresAt, k.id)
	}
	c, k, ok := a.tokens.firstSight(token, now)
	fast = verdict(c, k, ok)
	c, key, ok := a.keys.checkToken(token, a.cfg.Tokens.Issuer, now)
	return fast, verdict(c, &key, ok)
}

// RememberedBytes answers how much the token caches hold.
func (a *Authenticator) RememberedBytes() int {
	return a.tokens.known.Bytes() + a.tokens.tenants.Bytes()
}
