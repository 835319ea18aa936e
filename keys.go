package tollkeeper

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"

	"github.com/tollkeeper/tollkeeper/internal/token"
)

// MasterKey is a secret of 32 random bytes or more from which every other key of an instance is derived. It shows
// itself nowhere: formatting, logging and JSON give "[redacted]" (R86).
type MasterKey []byte

// NewMasterKey returns 32 random bytes.
func NewMasterKey() MasterKey {
	k := make([]byte, 32)
	rand.Read(k) // never fails (crypto/rand)
	return k
}

// ParseMasterKey reads the text that [MasterKey.Reveal] writes. Anything else is [ErrInvalidInput], and so is a key
// that is none: a constant, a shorter text again and again, a count up or down.
func ParseMasterKey(text string) (MasterKey, error) {
	k, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(k) < 32 {
		return nil, ErrInvalidInput.WithField("MasterKey").WithMessage("tollkeeper: a master key is base64url text of 32 bytes or more")
	}
	if token.Guessable(k) {
		return nil, ErrInvalidInput.WithField("MasterKey").WithMessage("tollkeeper: a master key is random, and not made of a constant")
	}
	return k, nil
}

// Reveal returns the key as base64url text, to be kept in a file or a secret manager.
func (k MasterKey) Reveal() string { return base64.RawURLEncoding.EncodeToString(k) }

// Format writes "[redacted]", for every verb.
func (MasterKey) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue returns "[redacted]".
func (MasterKey) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[redacted]", so that no encoder writes the key by accident.
func (MasterKey) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// SigningKey is an asymmetric key of the instance, for services that verify tokens on their own with the JWKS. Private
// is an [ed25519.PrivateKey] (EdDSA), an [*ecdsa.PrivateKey] on P-256 (ES256) or an [*rsa.PrivateKey] of 2,048 bits or
// more (RS256). A key that only verifies, to let a rotated one fade out, has Public instead. It shows
// itself nowhere.
type SigningKey struct {
	Private crypto.Signer
	Public  crypto.PublicKey
}

// GenerateSigningKey makes a key for "EdDSA" (Ed25519, also the meaning of ""), "ES256" (P-256) or "RS256" (RSA of
// 3,072 bits, which takes a second or so). Any other name is [ErrInvalidInput].
func GenerateSigningKey(alg string) (SigningKey, error) {
	var s SigningKey
	var err error
	switch alg {
	case "", "EdDSA":
		_, s.Private, err = ed25519.GenerateKey(rand.Reader)
	case "ES256":
		s.Private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "RS256":
		s.Private, err = rsa.GenerateKey(rand.Reader, 3072)
	default:
		return s, ErrInvalidInput.WithField("alg").WithMessage("tollkeeper: a signing key is for EdDSA, ES256 or RS256")
	}
	if err != nil {
		return SigningKey{}, ErrInternal.WithCause(err)
	}
	return s, nil
}

const (
	pemPrivate = "PRIVATE KEY" // PKCS#8, RFC 5958
	pemPublic  = "PUBLIC KEY"  // SubjectPublicKeyInfo, RFC 5280
	maxKeyText = 16 << 10      // bytes of PEM
)

// ParseSigningKey reads one PEM block: an unencrypted PKCS#8 private key, as [SigningKey.Reveal] and "openssl genpkey"
// write it, or a public key, which then only verifies. Anything else, a second block included, and a key of another
// kind or size than [SigningKey] takes is [ErrInvalidInput], whose text holds nothing of the key.
func ParseSigningKey(text []byte) (SigningKey, error) {
	invalid := ErrInvalidInput.WithField("pem").WithMessage("tollkeeper: a signing key is one PEM block, PRIVATE KEY (PKCS#8) or PUBLIC KEY, of Ed25519, ECDSA P-256 or RSA of 2,048 bits or more")
	if len(text) > maxKeyText || !bytes.HasPrefix(bytes.TrimSpace(text), []byte("-----BEGIN ")) {
		return SigningKey{}, invalid
	}
	block, rest := pem.Decode(text)
	if block == nil || len(bytes.TrimSpace(rest)) > 0 || len(block.Headers) > 0 {
		return SigningKey{}, invalid
	}
	var s SigningKey
	var err error
	switch block.Type {
	case pemPrivate:
		var key any
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
		s.Private, _ = key.(crypto.Signer)
	case pemPublic:
		s.Public, err = x509.ParsePKIXPublicKey(block.Bytes)
	}
	if err != nil {
		return SigningKey{}, invalid
	}
	if _, err := s.key(); err != nil {
		return SigningKey{}, invalid
	}
	return s, nil
}

// Reveal returns the key as a PEM block that [ParseSigningKey] reads, for a file or a secret manager: the private key
// as PKCS#8, or the public one where there is no other. [ErrInvalidInput] for a key that SigningKey does not take.
func (s SigningKey) Reveal() ([]byte, error) {
	block := pem.Block{Type: pemPublic}
	_, err := s.key()
	switch {
	case err != nil:
	case s.Private != nil:
		block.Type = pemPrivate
		block.Bytes, err = x509.MarshalPKCS8PrivateKey(s.Private)
	default:
		block.Bytes, err = x509.MarshalPKIXPublicKey(s.Public)
	}
	if err != nil {
		return nil, ErrInvalidInput.WithField("SigningKey").WithMessage("tollkeeper: the signing key " + token.ErrKeyKind.Error()).WithCause(err)
	}
	return pem.EncodeToMemory(&block), nil
}

func (s SigningKey) key() (*token.Key, error) { return token.NewKey(s.Private, s.Public) }

// Format writes "[redacted]", for every verb.
func (SigningKey) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue returns "[redacted]".
func (SigningKey) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[redacted]".
func (SigningKey) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// JWKS returns the public halves of Config.Tokens.SigningKeys as a JSON Web Key Set (RFC 7517, RFC 8037), the signing
// key first, to be served as /.well-known/jwks.json. Without [Tokens.SigningKeys] the set is empty: HS256 keys have no
// public half. It is made once, in [New]; the caller owns the copy.
func (a *Authenticator) JWKS() []byte { return a.keys.JWKS() }
