// Package token is the machinery of tokens: the keys of an instance, the access tokens that they sign, the sealed texts
// and boxes that only the instance opens, and the digests under which stores know what is secret. It says whether a
// token is genuine and in its time. Whether the session behind it lives is for the caller to ask.
package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"

	"github.com/google/uuid"
)

// Keyring holds every key of an instance, or derives it. It is immutable and safe for concurrent use.
type Keyring struct {
	masters  []*master       // never empty: the first one signs, seals and encrypts
	instance *Key            // signs
	known    map[string]*Key // instance keys by id
	jwks     []byte
	limiter  *macPool
	logs     *macPool
}

// NewKeyring makes the keyring of master keys of 32 bytes or more, and of keys that [NewKey] made. The first master key
// signs, seals and encrypts; all of them check, open and decrypt. The first of the other keys, if there is one, signs
// in place of the master's. The error is about those other keys, as long as there is a master key.
func NewKeyring(masters [][]byte, signing []*Key) (*Keyring, error) {
	if len(masters) == 0 {
		return nil, errors.New("needs a master key")
	}
	r := &Keyring{known: map[string]*Key{}}
	for _, secret := range masters {
		m := newMaster(secret)
		k := m.instanceKey()
		r.masters, r.known[k.id] = append(r.masters, m), k
	}
	r.instance = r.known[r.first().keyID()]
	r.limiter, r.logs = r.oldest().mac("tollkeeper limiter v1"), r.oldest().mac("tollkeeper log v1")
	for i, k := range signing {
		if _, twice := r.known[k.id]; twice {
			return nil, errors.New("has the same key twice")
		}
		r.known[k.id] = k
		if i == 0 {
			if !k.CanSign() {
				return nil, errors.New("must begin with a private key: it signs")
			}
			r.instance = k
		}
	}
	var err error
	if r.jwks, err = encodeJWKS(signing); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Keyring) first() *master  { return r.masters[0] }
func (r *Keyring) oldest() *master { return r.masters[len(r.masters)-1] }

// Instance returns the key that signs whatever no tenant key signs.
func (r *Keyring) Instance() *Key { return r.instance }

// CurrentMaster names the master key that new tenant keys are derived from, as [Keyring.Tenant] takes it.
func (r *Keyring) CurrentMaster() string { return r.first().name() }

// JWKS returns the public halves of the keys that are no secrets as a JSON Web Key Set, the signing key first.
func (r *Keyring) JWKS() []byte { return slices.Clone(r.jwks) }

// Tenant derives the key of a tenant's account, in the given version, from the master key of that name. Its text is the
// tenant's jwtSecret, and the ASCII bytes of that text are the HMAC key, which is what other JWT libraries take
// (docs/WIRE.md 1.1 rule 6). There is none of a master key that the keyring does not have.
func (r *Keyring) Tenant(master string, account uuid.UUID, version int) (*Key, bool) {
	id, ok := newTenantKeyID(master, account, version)
	if !ok {
		return nil, false
	}
	return r.tenant(id)
}

func (r *Keyring) tenant(id tenantKeyID) (*Key, bool) {
	m, ok := r.master(id.master())
	if !ok || id.version() < 1 {
		return nil, false
	}
	text := base64.RawURLEncoding.EncodeToString(m.derive("tollkeeper tenant v1" + string(id[8:])))
	k := newHMACKey(id.String(), []byte(text))
	k.tenant, k.text, k.master, k.version = uuid.UUID(id[8:24]), text, m.name(), id.version()
	return k, true
}

// find returns the key that a key id names: an instance key, or a tenant's, derived. It reads no store.
func (r *Keyring) find(kid string) (*Key, bool) {
	if k, ok := r.known[kid]; ok {
		return k, true
	}
	if len(kid) != tenantKidLen {
		return nil, false
	}
	var id tenantKeyID
	if n, err := strictBase64.Decode(id[:], []byte(kid)); err != nil || n != len(id) {
		return nil, false
	}
	return r.tenant(id)
}

func (r *Keyring) master(id masterID) (*master, bool) {
	i := slices.IndexFunc(r.masters, func(m *master) bool { return m.id == id })
	if i < 0 {
		return nil, false
	}
	return r.masters[i], true
}

// master is a master key, from which a key is derived for every use that is named. There is no list of uses, so that
// none can be missing from it.
type master struct {
	prk []byte // of HKDF
	id  masterID
}

// masterID names a master key inside key ids and boxes, without telling anything of it.
type masterID [8]byte

func newMaster(secret []byte) *master {
	m := &master{prk: hmacSHA256(make([]byte, sha256.Size), secret)}
	m.id = masterID(m.derive("tollkeeper master id v1")[:8])
	return m
}

// derive returns 32 bytes for one use of the key: HKDF-SHA256 without salt (RFC 5869). That much is the first block of
// its expansion, which cannot fail, whereas the general function of crypto/hkdf has an error for longer ones.
func (m *master) derive(info string) []byte {
	return hmacSHA256(m.prk, []byte(info), []byte{1})
}

func hmacSHA256(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}

// name is the id as accounts keep it.
func (m *master) name() string { return hex.EncodeToString(m.id[:]) }

// mac digests with the key of one use.
func (m *master) mac(info string) *macPool { return newMACPool(m.derive(info)) }

// instanceKey signs access tokens for the whole instance. Unlike a tenant's its secret is no text that anybody holds.
func (m *master) instanceKey() *Key {
	return newHMACKey(m.keyID(), m.derive("tollkeeper instance v1"))
}

func (m *master) keyID() string { return base64.RawURLEncoding.EncodeToString(m.id[:]) }

// tenantKeyID is what is encoded in the id of a tenant key: master id, account id, version.
type tenantKeyID [8 + 16 + 4]byte

const tenantKidLen = 38 // base64url of tenantKeyID

// newTenantKeyID takes the master's name as accounts keep it; what is imported may be of any length and version.
func newTenantKeyID(master string, account uuid.UUID, version int) (id tenantKeyID, ok bool) {
	if len(master) != hex.EncodedLen(len(masterID{})) || version < 1 || version > 1<<31-1 {
		return id, false
	}
	if _, err := hex.Decode(id[:8], []byte(master)); err != nil {
		return id, false
	}
	copy(id[8:24], account[:])
	binary.BigEndian.PutUint32(id[24:], uint32(version))
	return id, true
}

func (id *tenantKeyID) master() masterID { return masterID(id[:8]) }

// version is zero where the four bytes hold more than accounts can have.
func (id *tenantKeyID) version() int {
	v := binary.BigEndian.Uint32(id[24:])
	if v > 1<<31-1 {
		return 0
	}
	return int(v)
}

// String returns the id as tokens and sessions name it.
func (id *tenantKeyID) String() string {
	var room [64]byte
	return string(base64.RawURLEncoding.AppendEncode(room[:0], id[:]))
}
