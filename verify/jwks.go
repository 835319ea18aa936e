package verify

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"math/big"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tollkeeper/tollkeeper/internal/strictjson"
)

// jwk is a key of a set (RFC 7517, RFC 7518 6, RFC 8037 2).
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

const maxKeys = 100

// parseKeys reads a key set. Keys that serve for something else, or that nobody here can use, are skipped (RFC 7517 5);
// two usable keys of one id are refused, because then nobody can say whose a token is.
func parseKeys(text []byte) (map[string]key, error) {
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
	keys := map[string]key{}
	for _, j := range set.Keys {
		k, ok := j.key()
		if !ok || j.ID == "" || len(j.ID) > maxKid || j.Use != "" && j.Use != "sig" || j.Algorithm != "" && j.Algorithm != k.method.Alg() {
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
func (j jwk) key() (key, bool) {
	if j.D != nil {
		return key{}, false
	}
	switch {
	case j.Type == "OKP" && j.Curve == "Ed25519":
		x, ok := octets(j.X, ed25519.PublicKeySize)
		return key{jwt.SigningMethodEdDSA, ed25519.PublicKey(x)}, ok
	case j.Type == "EC" && j.Curve == "P-256":
		x, okX := octets(j.X, 32)
		y, okY := octets(j.Y, 32)
		if !okX || !okY {
			return key{}, false
		}
		pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
		return key{jwt.SigningMethodES256, pub}, err == nil
	case j.Type == "RSA":
		return j.rsa()
	}
	return key{}, false
}

// rsa bounds the key from below for security, and from above because checking takes time that grows with it.
func (j jwk) rsa() (key, bool) {
	n, errN := strictBase64.DecodeString(j.N)
	e, errE := strictBase64.DecodeString(j.E)
	if errN != nil || errE != nil || len(n) > 1024 || len(e) > 4 {
		return key{}, false
	}
	modulus, exponent := new(big.Int).SetBytes(n), new(big.Int).SetBytes(e).Int64()
	if modulus.BitLen() < 2048 || modulus.Bit(0) == 0 || exponent < 3 || exponent&1 == 0 || exponent > 1<<31-1 {
		return key{}, false
	}
	return key{jwt.SigningMethodRS256, &rsa.PublicKey{N: modulus, E: int(exponent)}}, true
}

var strictBase64 = base64.RawURLEncoding.Strict()

func octets(text string, n int) ([]byte, bool) {
	b, err := strictBase64.DecodeString(text)
	return b, err == nil && len(b) == n
}
