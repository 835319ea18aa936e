package tollkeeper

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// tokenKey signs or checks access tokens. Its algorithm belongs to it (RFC 8725 3.1).
type tokenKey struct {
	id     string
	method jwt.SigningMethod
	sign   any       // nil: an old key that only verifies
	verify any       //
	tenant uuid.UUID // whose accounts' organization tokens it signs; zero: an instance key
	text   string    // of a tenant key: jwtSecret
	master string    // of a tenant key, as Account.KeyMaster
	serial int       // of a tenant key, as Account.KeyVersion
}

// keyring holds every key of an instance. It is immutable, or derives.
type keyring struct {
	masters  map[masterID]MasterKey
	first    MasterKey
	firstID  masterID
	oldest   MasterKey
	instance tokenKey            // signs
	known    map[string]tokenKey // instance keys by kid
	jwks     []byte              // what JWKS answers
}

func newKeyring(secrets []MasterKey, asymmetric []SigningKey) (*keyring, error) {
	r := &keyring{masters: map[masterID]MasterKey{}, known: map[string]tokenKey{}}
	for _, s := range secrets {
		r.masters[s.id()] = s
		k := instanceKey(s)
		r.known[k.id] = k
	}
	r.first, r.firstID, r.oldest = secrets[0], secrets[0].id(), secrets[len(secrets)-1]
	r.instance = instanceKey(r.first)
	var public []tokenKey
	for i, s := range asymmetric {
		k, err := s.tokenKey()
		if err != nil {
			return nil, bad("Tokens.SigningKeys", err.Error())
		}
		if _, twice := r.known[k.id]; twice {
			return nil, bad("Tokens.SigningKeys", "has the same key twice")
		}
		r.known[k.id] = k
		public = append(public, k)
		if i == 0 {
			if k.sign == nil {
				return nil, bad("Tokens.SigningKeys", "must begin with a private key: it signs")
			}
			r.instance = k
		}
	}
	var err error
	if r.jwks, err = jwkSet(public); err != nil {
		return nil, bad("Tokens.SigningKeys", err.Error())
	}
	return r, nil
}

func instanceKey(m MasterKey) tokenKey {
	id := m.id()
	key := m.derive("tollkeeper instance v1")
	return tokenKey{id: base64.RawURLEncoding.EncodeToString(id[:]), method: jwt.SigningMethodHS256, sign: key, verify: key}
}

// tenantKeyID is what is encoded in the kid of a tenant key: master id, account id, version.
type tenantKeyID [8 + 16 + 4]byte

func newTenantKeyID(master masterID, account uuid.UUID, version int) (id tenantKeyID) {
	copy(id[:8], master[:])
	copy(id[8:24], account[:])
	binary.BigEndian.PutUint32(id[24:], uint32(version))
	return id
}

// String answers the kid.
func (id tenantKeyID) String() string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// tenant derives the key of a root account. Its text is the account's jwtSecret, and the ASCII bytes of that text are
// the HMAC key, which is what other JWT libraries take (docs/WIRE.md 1.1 rule 6).
func (r *keyring) tenant(master masterID, account uuid.UUID, version int) (tokenKey, bool) {
	m, ok := r.masters[master]
	if !ok || version < 1 || version > 1<<31-1 {
		return tokenKey{}, false
	}
	id := newTenantKeyID(master, account, version)
	text := base64.RawURLEncoding.EncodeToString(m.derive("tollkeeper tenant v1" + string(id[8:])))
	return tokenKey{
		id: id.String(), method: jwt.SigningMethodHS256, sign: []byte(text), verify: []byte(text), tenant: account, text: text, master: hex.EncodeToString(master[:]), serial: version,
	}, true
}

// ofAccount answers the tenant key of a root account as its row says.
func (r *keyring) ofAccount(a *Account) (tokenKey, bool) {
	m, ok := masterOf(a)
	if !ok {
		return tokenKey{}, false
	}
	return r.tenant(m, a.ID, a.KeyVersion)
}

// masterOf reads the name of the master key that a root account's tenant key is derived from.
func masterOf(a *Account) (m masterID, ok bool) {
	if len(a.KeyMaster) != hex.EncodedLen(len(m)) { // what is imported may be of any length
		return m, false
	}
	_, err := hex.Decode(m[:], []byte(a.KeyMaster))
	return m, err == nil
}

const (
	tenantKidLen = 38 // base64url of tenantKeyID
	maxKidLen    = 64
)

// find answers the key that a kid names: a configured one, or a tenant's, derived. It reads no store.
func (r *keyring) find(kid string) (tokenKey, bool) {
	if k, ok := r.known[kid]; ok {
		return k, true
	}
	if len(kid) != tenantKidLen {
		return tokenKey{}, false
	}
	var id tenantKeyID
	if n, err := base64.RawURLEncoding.Strict().Decode(id[:], []byte(kid)); err != nil || n != len(id) {
		return tokenKey{}, false
	}
	return r.tenant(masterID(id[:8]), uuid.UUID(id[8:24]), int(binary.BigEndian.Uint32(id[24:])))
}

// currentMaster names the master key that new tenant keys are derived from, as accounts keep it.
func (r *keyring) currentMaster() string { return hex.EncodeToString(r.firstID[:]) }
