package tollkeeper

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/token"
	"github.com/tollkeeper/tollkeeper/store"
)

const (
	maxToken = token.MaxBytes // of what is read at all
	maxTTL   = token.MaxTTL   // of an access token
)

var errMasterMissing = errors.New("the master key that the tenant's key was derived from is not in Config.Secrets")

// newKeyring makes the keys of an instance. Secrets have been checked already.
func newKeyring(secrets []MasterKey, asymmetric []SigningKey) (*token.Keyring, error) {
	masters := make([][]byte, len(secrets))
	for i, s := range secrets {
		masters[i] = s
	}
	signing := make([]*token.Key, len(asymmetric))
	for i, s := range asymmetric {
		k, err := s.key()
		if err != nil {
			return nil, bad("Tokens.SigningKeys", err.Error())
		}
		signing[i] = k
	}
	r, err := token.NewKeyring(masters, signing)
	if err != nil {
		return nil, bad("Tokens.SigningKeys", err.Error())
	}
	return r, nil
}

// tokenChecker checks tokens, and keeps with each one that it remembers the identity that its session gave last.
type tokenChecker = token.Checker[seenIdentity]

type genuineToken = token.Genuine

type seenIdentity struct {
	live store.Live
	id   *Identity
}

func newTokenChecker(keys *token.Keyring, issuer string) *tokenChecker {
	var audiences []string
	for _, a := range []Audience{AudienceOrganization, AudienceV1, AudiencePlatform, AudienceApp, AudienceHost} {
		audiences = append(audiences, string(a))
	}
	return token.NewChecker[seenIdentity](keys, issuer, audiences...)
}

// claimsOf is what an access token says of its session; ext is what the host adds.
func (a *Authenticator) claimsOf(session Session, parent uuid.UUID, ext string, now time.Time) token.Claims {
	id, owner := token.Texts(a.idAt(now), parent)
	if parent == Root {
		owner = "ROOT"
	}
	return token.Claims{
		Issuer: a.cfg.Tokens.Issuer, Audience: string(session.Audience), Subject: session.Account, Session: session.ID, ID: id,
		IssuedAt: now.Unix(), NotBefore: now.Unix(), ExpiresAt: session.ExpiresAt.Unix(), Parent: owner, Ext: ext,
	}
}

// ttl is how long an access token of the audience lives.
func (a *Authenticator) ttl(audience Audience) time.Duration {
	if d, ok := a.cfg.Tokens.PerAudience[audience]; ok {
		return d
	}
	return a.cfg.Tokens.TTL
}

// signer returns the key that signs a session of the account. Tenant keys sign for the organization family and nothing
// else, because the tenant holds them (R50).
func (a *Authenticator) signer(s *Subject, audience Audience) (*token.Key, error) {
	if audience != AudienceOrganization {
		return a.keys.Instance(), nil
	}
	owner := &s.Account
	if s.Child() {
		owner = s.Parent
	}
	k, ok := a.tokens.Tenant(owner.KeyMaster, owner.ID, owner.KeyVersion)
	if !ok {
		return nil, ErrInternal.WithCause(errMasterMissing)
	}
	return k, nil
}

// tenantKey returns the tenant key of a root account as its row says. There is none if its master key is not
// configured.
func (a *Authenticator) tenantKey(x *Account) (*token.Key, bool) {
	return a.keys.Tenant(x.KeyMaster, x.ID, x.KeyVersion)
}

// seal makes a text of v that only open reads, for the same use.
func (a *Authenticator) seal(use string, v any) (string, error) {
	text, err := a.keys.Seal(use, v)
	if err != nil {
		return "", ErrInternal.WithCause(err)
	}
	return text, nil
}

// wrap makes a text of v that only unwrap reads, for the same use: nobody else sees what is in it.
func (a *Authenticator) wrap(use string, v any) (string, error) {
	plain, err := json.Marshal(v)
	var box []byte
	if err == nil {
		box, err = a.keys.Encrypt(use, plain, nil)
	}
	if err != nil {
		return "", ErrInternal.WithCause(err)
	}
	return base64.RawURLEncoding.EncodeToString(box), nil
}

// unwrap reads what wrap made. False: it is no such text.
func (a *Authenticator) unwrap(use, text string, v any) bool {
	box, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return false
	}
	plain, ok := a.keys.Decrypt(use, box, nil)
	return ok && json.Unmarshal(plain, v) == nil
}

// digestKeys make the keyed digests under which stores and throttles know things.
type digestKeys struct{ keys *token.Keyring }

// secret digests what was mailed, with a key for that purpose alone. A code is bound to the address by bound; the row
// binds a link to account and address.
func (d digestKeys) secret(p store.Purpose, bound, value string) store.Digest {
	return d.keys.Secret(string(p), bound, value)
}

// bucket digests what a throttle counts.
func (d digestKeys) bucket(parts ...string) store.Digest { return d.keys.Bucket(parts...) }

// session names a session in logs and events, where its id must not stand.
func (d digestKeys) session(id uuid.UUID) string { return d.keys.SessionName(id) }
