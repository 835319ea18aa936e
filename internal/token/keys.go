package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// ErrKeyKind says which keys [NewKey] takes.
var ErrKeyKind = errors.New("takes Ed25519, ECDSA P-256 and RSA keys of 2,048 bits or more")

// ErrGuessable is of private keys that everybody can make.
var ErrGuessable = errors.New("is made of a constant, which everybody knows")

var errVerifiesOnly = errors.New("token: the key only verifies")

// Key signs or checks access tokens by the one algorithm that belongs to it (RFC 8725 3.1). It is immutable.
type Key struct {
	id      string
	method  jwt.SigningMethod
	macs    *macPool         // of HS256
	private crypto.Signer    // nil: it only verifies
	public  crypto.PublicKey // of the other algorithms
	head    string           // of the tokens that it signs, encoded

	tenant  uuid.UUID // whose accounts' tokens it signs, of a tenant key
	text    string    // the tenant's jwtSecret; empty: no tenant key
	master  string    // that it was derived from
	version int
}

// NewKey makes an instance key of an [ed25519.PrivateKey] (EdDSA), an [ecdsa.PrivateKey] on P-256 (ES256) or an
// [rsa.PrivateKey] of 2,048 bits or more (RS256), or, where private is nil, one that only verifies of such a public
// key. Its id is derived from the public half. Whatever else it is given is [ErrKeyKind], and a private
// key that is [Guessable] is [ErrGuessable].
func NewKey(private crypto.Signer, public crypto.PublicKey) (*Key, error) {
	if private != nil {
		if !whole(private) {
			return nil, ErrKeyKind
		}
		if constant(private) {
			return nil, ErrGuessable
		}
		public = private.Public()
	}
	method, ok := methodOf(public)
	if !ok {
		return nil, ErrKeyKind
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, ErrKeyKind
	}
	sum := sha256.Sum256(der)
	id := base64.RawURLEncoding.EncodeToString(sum[:16])
	return &Key{id: id, method: method, private: private, public: public, head: encodedHeader(id, method)}, nil
}

// NewSharedKey makes a key of a tenant's jwtSecret, whose text is the HMAC key as it stands, for whoever holds only
// that.
func NewSharedKey(secret string) *Key { return newHMACKey("", []byte(secret)) }

func newHMACKey(id string, secret []byte) *Key {
	return &Key{id: id, method: jwt.SigningMethodHS256, macs: newMACPool(secret), head: encodedHeader(id, jwt.SigningMethodHS256)}
}

// methodOf returns the algorithm of a public key's kind.
func methodOf(public crypto.PublicKey) (jwt.SigningMethod, bool) {
	switch public := public.(type) {
	case ed25519.PublicKey:
		return jwt.SigningMethodEdDSA, len(public) == ed25519.PublicKeySize
	case *ecdsa.PublicKey:
		return jwt.SigningMethodES256, public != nil && public.Curve == elliptic.P256() && pointed(public)
	case *rsa.PublicKey:
		return jwt.SigningMethodRS256, public != nil && public.N != nil && strongModulus(public.N)
	}
	return nil, false
}

// whole reports whether a key is of a kind that golang-jwt signs with, and can be asked for its public half: a nil
// pointer or a short slice would panic there, and a key inside a device would only fail at the first sign-in.
func whole(private crypto.Signer) bool {
	switch p := private.(type) {
	case ed25519.PrivateKey:
		return len(p) == ed25519.PrivateKeySize
	case *ecdsa.PrivateKey:
		return p != nil && p.Curve != nil && sound(p)
	case *rsa.PrivateKey:
		return p != nil && p.N != nil && p.D != nil && len(p.Primes) > 1
	}
	return false
}

// pointed reports whether a public key has its numbers, which crypto/ecdsa takes for granted.
func pointed(p *ecdsa.PublicKey) bool {
	//lint:ignore SA1019 whether they are there is nowhere else to be seen
	return p.X != nil && p.Y != nil
}

// sound reports whether a private key has its numbers, and they belong together.
func sound(p *ecdsa.PrivateKey) bool {
	//lint:ignore SA1019 whether it is there is nowhere else to be seen
	if !pointed(&p.PublicKey) || p.D == nil {
		return false
	}
	scalar, err := p.Bytes()
	if err != nil {
		return false
	}
	own, err := ecdsa.ParseRawPrivateKey(p.Curve, scalar)
	return err == nil && own.PublicKey.Equal(&p.PublicKey)
}

// constant reports whether the secret that the key is made of is [Guessable]. Primes are not looked at.
func constant(private crypto.Signer) bool {
	switch p := private.(type) {
	case ed25519.PrivateKey:
		return Guessable(p.Seed())
	case *ecdsa.PrivateKey:
		scalar, err := p.Bytes()
		return err == nil && Guessable(scalar)
	}
	return false
}

// String names the key, and shows nothing else of it.
func (k *Key) String() string { return "key " + k.id }

// GoString is [Key.String].
func (k *Key) GoString() string { return k.String() }

// ID returns the "kid" of the key's tokens.
func (k *Key) ID() string { return k.id }

// Algorithm returns the "alg" of the key's tokens.
func (k *Key) Algorithm() string { return k.method.Alg() }

// Public returns the public half; nil where there is none.
func (k *Key) Public() crypto.PublicKey { return k.public }

// CanSign reports whether the key does more than to verify.
func (k *Key) CanSign() bool { return k.macs != nil || k.private != nil }

// IsTenant reports whether it is the key of a tenant, who holds its text.
func (k *Key) IsTenant() bool { return k.text != "" }

// Text returns a tenant's jwtSecret; empty for every other key.
func (k *Key) Text() string { return k.text }

// IsTenantOf reports whether [Keyring.Tenant] makes this very key of the arguments.
func (k *Key) IsTenantOf(master string, account uuid.UUID, version int) bool {
	return k.IsTenant() && k.tenant == account && k.master == master && k.version == version
}

// signed reports whether sig signs the text, which is given as string and as bytes.
func (k *Key) signed(text string, b, sig []byte) bool {
	if k.macs == nil {
		return k.method.Verify(text, sig, k.public) == nil
	}
	m := k.macs.get()
	defer k.macs.put(m)
	m.Write(b)
	return hmac.Equal(m.sum(), sig)
}
