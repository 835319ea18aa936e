package token

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tollkeeper/tollkeeper/internal/strictjson"
)

// KeySet is the public keys that an issuer of tokens publishes. It is immutable.
type KeySet struct {
	keys    []*Key // one for each algorithm that a published key serves
	skipped []string
}

const maxKeys = 100 // of a set, as published

// ParseJWKS reads a key set. A key that serves for something else, or that cannot be used, does not spoil the others
// (RFC 7517 5): [KeySet.Skipped] names the latter. Several keys may have one id, or none. Of RSA it takes 2,048 to
// 8,192 bits. An error: the text is no key set.
func ParseJWKS(text []byte) (*KeySet, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &members); err != nil {
		return nil, err
	}
	var list []json.RawMessage
	if err := json.Unmarshal(members["keys"], &list); err != nil || list == nil {
		return nil, errors.New("it has no list of keys")
	}
	if len(list) > maxKeys {
		return nil, errors.New("it has too many keys")
	}
	s := &KeySet{}
	for i, entry := range list {
		if err := s.add(entry); err != nil {
			s.skipped = append(s.skipped, fmt.Sprintf("key %d of %d: %v", i+1, len(list), err))
		}
	}
	return s, nil
}

// Skipped says which keys cannot be used, and why: a line each, for a log.
func (s *KeySet) Skipped() []string { return slices.Clone(s.skipped) }

// Fitting returns the keys that may have signed a token: of its key id and its algorithm. A token without key id fits
// the only key of its algorithm; where there are several, nobody says which, and none fits.
func (s *KeySet) Fitting(u Unverified) []*Key {
	var fitting []*Key
	for _, k := range s.keys {
		if k.Algorithm() == u.algorithm && (u.KeyID == "" || k.id == u.KeyID) {
			fitting = append(fitting, k)
		}
	}
	if u.KeyID == "" && len(fitting) > 1 {
		return nil
	}
	return fitting
}

// published is what every key of a set has, whatever its kind.
type published struct {
	Type       string   `json:"kty"`
	Use        string   `json:"use"`
	Operations []string `json:"key_ops"`
	Algorithm  string   `json:"alg"`
	ID         string   `json:"kid"`
	D          any      `json:"d"` // the private half, which nobody should show
}

// add takes a key for every algorithm that it serves. There is no way to a symmetric one (RFC 8725 2.1), and a key
// whose private half is published proves nothing.
func (s *KeySet) add(entry []byte) error {
	var p published
	if err := strictjson.Decode(entry, &p); err != nil {
		return err
	}
	switch {
	case p.Use != "" && p.Use != "sig", p.Operations != nil && !slices.Contains(p.Operations, "verify"):
		return nil // it serves for something else
	case len(p.ID) > maxKid:
		return errors.New("its id is too long")
	case p.D != nil:
		return fmt.Errorf("%q shows its private half", p.ID)
	}
	public, ok := publicKey(p.Type, entry)
	if !ok {
		return fmt.Errorf("%q of type %.20q cannot be used", p.ID, p.Type)
	}
	serves := false
	for _, m := range methodsOf(public) {
		if p.Algorithm != "" && p.Algorithm != m.Alg() {
			continue
		}
		serves = true
		if k := (&Key{id: p.ID, method: m, public: public}); !slices.ContainsFunc(s.keys, k.equal) {
			s.keys = append(s.keys, k)
		}
	}
	if !serves {
		return fmt.Errorf("%q is for the algorithm %.20q", p.ID, p.Algorithm)
	}
	return nil
}

func (k *Key) equal(other *Key) bool {
	public, ok := k.public.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.id == other.id && k.method == other.method && public.Equal(other.public)
}

// methodsOf returns the algorithms of a public key's kind. A curve has one; an RSA key that does not say which has all.
func methodsOf(public crypto.PublicKey) []jwt.SigningMethod {
	switch public := public.(type) {
	case ed25519.PublicKey:
		return []jwt.SigningMethod{jwt.SigningMethodEdDSA}
	case *ecdsa.PublicKey:
		return []jwt.SigningMethod{curves[public.Params().Name].method}
	case *rsa.PublicKey:
		return rsaMethods
	}
	return nil
}

var rsaMethods = []jwt.SigningMethod{
	jwt.SigningMethodRS256, jwt.SigningMethodRS384, jwt.SigningMethodRS512,
	exactPSS(jwt.SigningMethodPS256), exactPSS(jwt.SigningMethodPS384), exactPSS(jwt.SigningMethodPS512),
}

// exactPSS has a salt as long as the digest (RFC 7518 3.5), where golang-jwt takes any.
func exactPSS(m *jwt.SigningMethodRSAPSS) *jwt.SigningMethodRSAPSS {
	exact := *m
	exact.VerifyOptions = nil
	return &exact
}

// curves by the name that a JWK and Go give them (RFC 7518 6.2.1.1).
var curves = map[string]struct {
	curve  elliptic.Curve
	size   int // bytes of a coordinate
	method jwt.SigningMethod
}{
	"P-256": {elliptic.P256(), 32, jwt.SigningMethodES256},
	"P-384": {elliptic.P384(), 48, jwt.SigningMethodES384},
	"P-521": {elliptic.P521(), 66, jwt.SigningMethodES512},
}

// publicKey reads the members of a type, and no others: those of another type may be anything.
func publicKey(kty string, entry []byte) (crypto.PublicKey, bool) {
	switch kty {
	case "OKP":
		var j struct {
			Curve string `json:"crv"`
			X     string `json:"x"`
		}
		ok := strictjson.Decode(entry, &j) == nil && j.Curve == "Ed25519"
		x, fits := octets(j.X, ed25519.PublicKeySize)
		return ed25519.PublicKey(x), ok && fits
	case "EC":
		return publicEC(entry)
	case "RSA":
		return publicRSA(entry)
	}
	return nil, false
}

func publicEC(entry []byte) (crypto.PublicKey, bool) {
	var j struct {
		Curve string `json:"crv"`
		X     string `json:"x"`
		Y     string `json:"y"`
	}
	if strictjson.Decode(entry, &j) != nil {
		return nil, false
	}
	of, ok := curves[j.Curve]
	x, okX := octets(j.X, of.size)
	y, okY := octets(j.Y, of.size)
	if !ok || !okX || !okY {
		return nil, false
	}
	public, err := ecdsa.ParseUncompressedPublicKey(of.curve, slices.Concat([]byte{4}, x, y))
	return public, err == nil
}

// publicRSA bounds the key from above because checking takes time that grows with it.
func publicRSA(entry []byte) (crypto.PublicKey, bool) {
	var j struct {
		N string `json:"n"`
		E string `json:"e"`
	}
	if strictjson.Decode(entry, &j) != nil {
		return nil, false
	}
	n, errN := strictBase64.DecodeString(j.N)
	e, errE := strictBase64.DecodeString(j.E)
	if errN != nil || errE != nil || len(n) > 1024 || len(e) > 4 {
		return nil, false
	}
	modulus, exponent := new(big.Int).SetBytes(n), new(big.Int).SetBytes(e).Int64()
	if exponent < 3 || exponent&1 == 0 || exponent > 1<<31-1 || !strongModulus(modulus) {
		return nil, false
	}
	return &rsa.PublicKey{N: modulus, E: int(exponent)}, true
}

// strongModulus refuses what is short, even, or made by the chips of CVE-2017-15361, whose primes are powers of 65537
// to every small modulus, so that the key can be factored.
func strongModulus(n *big.Int) bool {
	if n.BitLen() < 2048 || n.Bit(0) == 0 {
		return false
	}
	for p := int64(3); p <= 167; p += 2 {
		if big.NewInt(p).ProbablyPrime(0) && !isPower(65537, new(big.Int).Mod(n, big.NewInt(p)).Int64(), p) {
			return true
		}
	}
	return false
}

// isPower reports whether r is a power of base modulo the prime p.
func isPower(base, r, p int64) bool {
	for x, i := int64(1), int64(0); i < p; x, i = x*base%p, i+1 {
		if x == r {
			return true
		}
	}
	return false
}

func octets(text string, n int) ([]byte, bool) {
	b, err := strictBase64.DecodeString(text)
	return b, err == nil && len(b) == n
}
