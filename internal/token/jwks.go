package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"

	"github.com/tollkeeper/tollkeeper/internal/strictjson"
)

// jwk is a public key of a set (RFC 7517, RFC 7518 6, RFC 8037 2). Every member that we write is what all libraries of
// the field read; "kid" is that of our tokens.
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
	D         any    `json:"d,omitempty"` // the private half, which nobody should show
}

type jwkSet struct {
	Keys []jwk `json:"keys"`
}

func encodeJWKS(keys []*Key) ([]byte, error) {
	set := jwkSet{Keys: []jwk{}}
	for _, k := range keys {
		j, err := k.jwk()
		if err != nil {
			return nil, err
		}
		set.Keys = append(set.Keys, j)
	}
	return json.Marshal(set)
}

func (k *Key) jwk() (jwk, error) {
	j := jwk{Use: "sig", Algorithm: k.Algorithm(), ID: k.id}
	text := base64.RawURLEncoding.EncodeToString
	switch public := k.public.(type) {
	case ed25519.PublicKey:
		j.Type, j.Curve, j.X = "OKP", "Ed25519", text(public)
	case *ecdsa.PublicKey:
		point, err := public.Bytes() // 4 ‖ X ‖ Y, both of full length, as RFC 7518 6.2.1.2 wants them
		if err != nil {
			return j, ErrKeyKind
		}
		half := 1 + (len(point)-1)/2
		j.Type, j.Curve, j.X, j.Y = "EC", "P-256", text(point[1:half]), text(point[half:])
	case *rsa.PublicKey:
		j.Type, j.N, j.E = "RSA", text(public.N.Bytes()), text(big.NewInt(int64(public.E)).Bytes())
	default:
		return j, ErrKeyKind
	}
	return j, nil
}

const maxKeys = 100 // of a set

// ParseJWKS reads a key set that an issuer of tokens publishes, and returns its keys by id. Keys that serve for
// something else, that have no id, or that nobody here can use, are skipped (RFC 7517 5); two usable keys of one id are
// refused, because then nobody can say whose a token is. Of RSA it takes 2,048 to 8,192 bits.
func ParseJWKS(text []byte) (map[string]*Key, error) {
	var set jwkSet
	if err := strictjson.Decode(text, &set); err != nil {
		return nil, err
	}
	if set.Keys == nil {
		return nil, errors.New("it has no keys")
	}
	if len(set.Keys) > maxKeys {
		return nil, errors.New("it has too many keys")
	}
	keys := map[string]*Key{}
	for _, j := range set.Keys {
		k, ok := j.key()
		if !ok || j.ID == "" || len(j.ID) > maxKid || j.Use != "" && j.Use != "sig" || j.Algorithm != "" && j.Algorithm != k.Algorithm() {
			continue
		}
		if _, twice := keys[j.ID]; twice {
			return nil, errors.New("it has two keys of one id")
		}
		keys[j.ID] = k
	}
	return keys, nil
}

// key returns a key that verifies by the algorithm of its kind. There is no way to a symmetric one (RFC 8725 2.1), and
// a key whose private half is published proves nothing.
func (j jwk) key() (*Key, bool) {
	if j.D != nil {
		return nil, false
	}
	public, ok := j.public()
	if !ok {
		return nil, false
	}
	method, ok := methodOf(public)
	return &Key{id: j.ID, method: method, public: public}, ok
}

func (j jwk) public() (crypto.PublicKey, bool) {
	switch {
	case j.Type == "OKP" && j.Curve == "Ed25519":
		x, ok := octets(j.X, ed25519.PublicKeySize)
		return ed25519.PublicKey(x), ok
	case j.Type == "EC" && j.Curve == "P-256":
		x, okX := octets(j.X, 32)
		y, okY := octets(j.Y, 32)
		if !okX || !okY {
			return nil, false
		}
		public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
		return public, err == nil
	case j.Type == "RSA":
		return j.rsa()
	}
	return nil, false
}

// rsa bounds the key from above because checking takes time that grows with it; from below methodOf does, for security.
func (j jwk) rsa() (crypto.PublicKey, bool) {
	n, errN := strictBase64.DecodeString(j.N)
	e, errE := strictBase64.DecodeString(j.E)
	if errN != nil || errE != nil || len(n) > 1024 || len(e) > 4 {
		return nil, false
	}
	modulus, exponent := new(big.Int).SetBytes(n), new(big.Int).SetBytes(e).Int64()
	if modulus.Bit(0) == 0 || exponent < 3 || exponent&1 == 0 || exponent > 1<<31-1 {
		return nil, false
	}
	return &rsa.PublicKey{N: modulus, E: int(exponent)}, true
}

func octets(text string, n int) ([]byte, bool) {
	b, err := strictBase64.DecodeString(text)
	return b, err == nil && len(b) == n
}
