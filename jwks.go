package tollkeeper

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
)

// JWKS answers the public halves of Config.Tokens.SigningKeys as a JSON Web Key Set (RFC 7517, RFC 8037), the signing key
// first, to be served as /.well-known/jwks.json. Without SigningKeys the set is empty: HS256 keys have no public half.
// It is made once, in New; the caller owns the answer.
func (a *Authenticator) JWKS() []byte { return bytes.Clone(a.keys.jwks) }

// jwk is a public key of a set. Every member is what all libraries of the field read; "kid" is that of our tokens.
type jwk struct {
	Type      string `json:"kty"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	ID        string `json:"kid"`
	Curve     string `json:"crv,omitempty"`
	X         string `json:"x,omitempty"`
	Y         string `json:"y,omitempty"`
	N         string `json:"n,omitempty"`
	E         string `json:"e,omitempty"`
}

func jwkSet(keys []tokenKey) ([]byte, error) {
	set := struct {
		Keys []jwk `json:"keys"`
	}{Keys: []jwk{}}
	for _, k := range keys {
		j, err := k.jwk()
		if err != nil {
			return nil, err
		}
		set.Keys = append(set.Keys, j)
	}
	return json.Marshal(set)
}

func (k tokenKey) jwk() (jwk, error) {
	j := jwk{Use: "sig", Algorithm: k.method.Alg(), ID: k.id}
	text := base64.RawURLEncoding.EncodeToString
	switch pub := k.verify.(type) {
	case ed25519.PublicKey:
		j.Type, j.Curve, j.X = "OKP", "Ed25519", text(pub)
	case *ecdsa.PublicKey:
		point, err := pub.Bytes() // 4 ‖ X ‖ Y, both of full length, as RFC 7518 6.2.1.2 wants them
		if err != nil {
			return j, errKeyKind
		}
		half := 1 + (len(point)-1)/2
		j.Type, j.Curve, j.X, j.Y = "EC", "P-256", text(point[1:half]), text(point[half:])
	case *rsa.PublicKey:
		j.Type, j.N, j.E = "RSA", text(pub.N.Bytes()), text(big.NewInt(int64(pub.E)).Bytes())
	default:
		return j, errKeyKind
	}
	return j, nil
}

// GenerateSigningKey makes a key for "EdDSA" (Ed25519, also the meaning of ""), "ES256" (P-256) or "RS256" (RSA of 3,072
// bits, which takes a second or so). Any other name is ErrInvalidInput.
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

// ParseSigningKey reads one PEM block: an unencrypted PKCS#8 private key, as Reveal and "openssl genpkey" write it, or a
// public key, which then only verifies. Anything else, a second block included, and a key of another kind or size than
// SigningKey takes is ErrInvalidInput, whose text holds nothing of the key.
func ParseSigningKey(text []byte) (SigningKey, error) {
	refused := ErrInvalidInput.WithField("pem").WithMessage("tollkeeper: a signing key is one PEM block, PRIVATE KEY (PKCS#8) or PUBLIC KEY, of Ed25519, ECDSA P-256 or RSA of 2,048 bits or more")
	if len(text) > maxKeyText || !bytes.HasPrefix(bytes.TrimSpace(text), []byte("-----BEGIN ")) {
		return SigningKey{}, refused
	}
	block, rest := pem.Decode(text)
	if block == nil || len(bytes.TrimSpace(rest)) > 0 || len(block.Headers) > 0 {
		return SigningKey{}, refused
	}
	var s SigningKey
	var err error
	switch block.Type {
	case pemPrivate:
		var key any
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
		switch key := key.(type) {
		case ed25519.PrivateKey:
			s.Private = key
		case *ecdsa.PrivateKey:
			s.Private = key
		case *rsa.PrivateKey:
			s.Private = key
		}
	case pemPublic:
		s.Public, err = x509.ParsePKIXPublicKey(block.Bytes)
	}
	if err != nil {
		return SigningKey{}, refused
	}
	if _, err := s.tokenKey(); err != nil {
		return SigningKey{}, refused
	}
	return s, nil
}

// Reveal answers the key as a PEM block that ParseSigningKey reads, for a file or a secret manager: the private key as
// PKCS#8, or the public one where there is no other. ErrInvalidInput for a key that SigningKey does not take.
func (s SigningKey) Reveal() ([]byte, error) {
	block := pem.Block{Type: pemPublic}
	_, err := s.tokenKey()
	switch {
	case err != nil:
	case s.Private != nil:
		block.Type = pemPrivate
		block.Bytes, err = x509.MarshalPKCS8PrivateKey(s.Private)
	default:
		block.Bytes, err = x509.MarshalPKIXPublicKey(s.Public)
	}
	if err != nil {
		return nil, ErrInvalidInput.WithField("SigningKey").WithMessage("tollkeeper: the signing key " + errKeyKind.Error()).WithCause(err)
	}
	return pem.EncodeToMemory(&block), nil
}
