package tollkeeper

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/golang-jwt/jwt/v5"
)

// SigningKey is an asymmetric key of the instance, for services that verify tokens on their own with the JWKS. Private
// is an ed25519.PrivateKey (EdDSA), an *ecdsa.PrivateKey on P-256 (ES256) or an *rsa.PrivateKey of 2,048 bits or more
// (RS256). A key that only verifies, to let a rotated one fade out, has Public instead. It shows itself nowhere.
type SigningKey struct {
	Private crypto.Signer
	Public  crypto.PublicKey
}

// Format writes "[redacted]", for every verb.
func (SigningKey) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue answers "[redacted]".
func (SigningKey) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText answers "[redacted]".
func (SigningKey) MarshalText() ([]byte, error) { return []byte(redacted), nil }

var (
	errMasterMissing = errors.New("the master key that the tenant's key was derived from is not in Config.Secrets")
	errKeyKind       = errors.New("takes Ed25519, ECDSA P-256 and RSA keys of 2,048 bits or more")
)

func (s SigningKey) tokenKey() (tokenKey, error) {
	k := tokenKey{verify: s.Public}
	if s.Private != nil {
		if !whole(s.Private) {
			return k, errKeyKind
		}
		k.sign, k.verify = s.Private, s.Private.Public()
	}
	switch pub := k.verify.(type) {
	case ed25519.PublicKey:
		k.method = jwt.SigningMethodEdDSA
		if len(pub) != ed25519.PublicKeySize {
			return k, errKeyKind
		}
	case *ecdsa.PublicKey:
		k.method = jwt.SigningMethodES256
		if pub == nil || pub.Curve != elliptic.P256() {
			return k, errKeyKind
		}
	case *rsa.PublicKey:
		k.method = jwt.SigningMethodRS256
		if pub == nil || pub.N == nil || pub.N.BitLen() < 2048 {
			return k, errKeyKind
		}
	default:
		return k, errKeyKind
	}
	der, err := x509.MarshalPKIXPublicKey(k.verify)
	if err != nil {
		return k, errKeyKind
	}
	sum := sha256.Sum256(der)
	k.id = base64.RawURLEncoding.EncodeToString(sum[:16])
	return k, nil
}

// whole reports whether a key is of a kind that golang-jwt signs with, and can be asked for its public half: a nil pointer
// or a short slice would panic there, and a key inside a device would only fail at the first sign-in.
func whole(private crypto.Signer) bool {
	switch p := private.(type) {
	case ed25519.PrivateKey:
		return len(p) == ed25519.PrivateKeySize
	case *ecdsa.PrivateKey:
		return p != nil && p.Curve != nil
	case *rsa.PrivateKey:
		return p != nil && p.N != nil && p.D != nil && len(p.Primes) > 1
	}
	return false
}
