package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
)

// jwk is a public key of ours in a set (RFC 7517, RFC 7518 6, RFC 8037 2). Every member is what all libraries of the
// field read; "kid" is that of our tokens.
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
