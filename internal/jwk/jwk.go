// Package jwk reads the public keys that an issuer of tokens publishes (RFC 7517, RFC 7518 6, RFC 8037 2).
package jwk

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"math/big"

	"github.com/tollkeeper/tollkeeper/internal/strictjson"
)

// Key is a public key with the one algorithm that it serves for (RFC 8725 3.1): "EdDSA", "ES256" or "RS256".
type Key struct {
	Algorithm string
	Public    crypto.PublicKey // ed25519.PublicKey, *ecdsa.PublicKey or *rsa.PublicKey
}

// jwk is a key as it is written.
type jwk struct {
	Type      string `json:"kty"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	ID        string `json:"kid"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	Y         string `json:"y"`
	N         string `json:"n"`
	E         string `json:"e"`
	D         any    `json:"d"`
}

const (
	maxKeys = 100
	maxID   = 64 // bytes
)

// Parse reads a key set, and answers its keys by id. Keys that serve for something else, that have no id, or that
// nobody here can use, are skipped (RFC 7517 5); two usable keys of one id are refused, because then nobody can say whose a
// token is. Of RSA it takes 2,048 to 8,192 bits.
func Parse(text []byte) (map[string]Key, error) {
	var set struct {
		Keys []jwk `json:"keys"`
	}
	if err := strictjson.Decode(text, &set); err != nil {
		return nil, err
	}
	if set.Keys == nil {
		return nil, errors.New("it has no keys")
	}
	if len(set.Keys) > maxKeys {
		return nil, errors.New("it has too many keys")
	}
	keys := map[string]Key{}
	for _, j := range set.Keys {
		k, ok := j.key()
		if !ok || j.ID == "" || len(j.ID) > maxID || j.Use != "" && j.Use != "sig" || j.Algorithm != "" && j.Algorithm != k.Algorithm {
			continue
		}
		if _, twice := keys[j.ID]; twice {
			return nil, errors.New("it has two keys of one id")
		}
		keys[j.ID] = k
	}
	return keys, nil
}

// key answers a public key with the algorithm of its kind. There is no way to a symmetric one (RFC 8725 2.1), and a key
// whose private half is published proves nothing.
func (j jwk) key() (Key, bool) {
	if j.D != nil {
		return Key{}, false
	}
	switch {
	case j.Type == "OKP" && j.Curve == "Ed25519":
		x, ok := octets(j.X, ed25519.PublicKeySize)
		return Key{"EdDSA", ed25519.PublicKey(x)}, ok
	case j.Type == "EC" && j.Curve == "P-256":
		x, okX := octets(j.X, 32)
		y, okY := octets(j.Y, 32)
		if !okX || !okY {
			return Key{}, false
		}
		pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
		return Key{"ES256", pub}, err == nil
	case j.Type == "RSA":
		return j.rsa()
	}
	return Key{}, false
}

// rsa bounds the key from below for security, and from above because checking takes time that grows with it.
func (j jwk) rsa() (Key, bool) {
	n, errN := strictBase64.DecodeString(j.N)
	e, errE := strictBase64.DecodeString(j.E)
	if errN != nil || errE != nil || len(n) > 1024 || len(e) > 4 {
		return Key{}, false
	}
	modulus, exponent := new(big.Int).SetBytes(n), new(big.Int).SetBytes(e).Int64()
	if modulus.BitLen() < 2048 || modulus.Bit(0) == 0 || exponent < 3 || exponent&1 == 0 || exponent > 1<<31-1 {
		return Key{}, false
	}
	return Key{"RS256", &rsa.PublicKey{N: modulus, E: int(exponent)}}, true
}

var strictBase64 = base64.RawURLEncoding.Strict()

func octets(text string, n int) ([]byte, bool) {
	b, err := strictBase64.DecodeString(text)
	return b, err == nil && len(b) == n
}
