package bench

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"strings"
	"time"
)

// addFloor adds the least that the check of an HS256 token can cost: an HMAC with its key absorbed, base64 in place,
// and one flat look for the dates.
func (b *Bench) addFloor(hand *byHand, tokens []string) {
	mac := hmac.New(sha256.New, hand.key)
	buffer, sum, sig := make([]byte, 0, 1024), make([]byte, 0, 32), make([]byte, 64)
	exp, nbf := []byte(`"exp":`), []byte(`"nbf":`)
	encoding := base64.RawURLEncoding.Strict()
	b.add(floorCase, inTurn(tokens, func(token string) error {
		text := append(buffer[:0], token...)
		first, last := strings.IndexByte(token, '.'), strings.LastIndexByte(token, '.')
		mac.Reset()
		mac.Write(text[:last])
		n, err := encoding.Decode(sig, text[last+1:])
		if err != nil || !hmac.Equal(mac.Sum(sum[:0]), sig[:n]) {
			return errRefused
		}
		payload := text[first+1 : last]
		if n, err = encoding.Decode(payload, payload); err != nil || scan(payload[:n], exp) < time.Now().Unix() || scan(payload[:n], nbf) > time.Now().Unix() {
			return errRefused
		}
		return nil
	}))
}

// scan reads the number after the name.
func scan(b []byte, name []byte) (n int64) {
	at := bytes.Index(b, name)
	if at < 0 {
		return 0
	}
	for _, c := range b[at+len(name):] {
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

// alone returns checks of one signature of each kind over a text of a token's length.
func alone() (map[string]func(int) error, error) {
	text := []byte(strings.Repeat("x", 400))
	sum := sha256.Sum256(text)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	signed := ed25519.Sign(private, text)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	r, s, err := ecdsa.Sign(rand.Reader, curve, sum[:])
	if err != nil {
		return nil, err
	}
	primes, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	padded, err := rsa.SignPKCS1v15(rand.Reader, primes, crypto.SHA256, sum[:])
	if err != nil {
		return nil, err
	}
	verdict := func(ok bool) error {
		if !ok {
			return errRefused
		}
		return nil
	}
	return map[string]func(int) error{
		"EdDSA": func(int) error { return verdict(ed25519.Verify(public, text, signed)) },
		"ES256": func(int) error {
			sum := sha256.Sum256(text)
			return verdict(ecdsa.Verify(&curve.PublicKey, sum[:], new(big.Int).Set(r), new(big.Int).Set(s)))
		},
		"RS256": func(int) error {
			sum := sha256.Sum256(text)
			return rsa.VerifyPKCS1v15(&primes.PublicKey, crypto.SHA256, sum[:], padded)
		},
	}, nil
}
