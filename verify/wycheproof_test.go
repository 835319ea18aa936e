package verify_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/verify"
)

// vectorKey is a private key of Wycheproof, as a JWK without primes.
type vectorKey struct{ Alg, Kid, K, N, E, D, X, Y, Use string }

func number(t *testing.T, text string) *big.Int {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return new(big.Int).SetBytes(b)
}

// raise is RSA without its padding.
func (k vectorKey) raise(t *testing.T, block []byte, exponent string) []byte {
	t.Helper()
	n := number(t, k.N)
	return new(big.Int).Exp(new(big.Int).SetBytes(block), number(t, exponent), n).FillBytes(make([]byte, (n.BitLen()+7)/8))
}

// sign is by hand, because crypto/rsa asks for primes.
func (k vectorKey) sign(t *testing.T, signed string) []byte {
	t.Helper()
	sum := sha256.Sum256([]byte(signed))
	switch k.Alg {
	case "HS256":
		m := hmac.New(sha256.New, number(t, k.K).FillBytes(make([]byte, base64.RawURLEncoding.DecodedLen(len(k.K)))))
		m.Write([]byte(signed))
		return m.Sum(nil)
	case "ES256":
		d := number(t, k.D).FillBytes(make([]byte, 32))
		private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d)
		if err != nil {
			t.Fatal(err)
		}
		r, s, err := ecdsa.Sign(nil, private, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
	identifier := []byte{0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20} // of SHA-256 (RFC 8017 9.2)
	size := (&rsa.PublicKey{N: number(t, k.N)}).Size()
	padding := bytes.Repeat([]byte{0xff}, size-len(identifier)-len(sum)-3)
	return k.raise(t, slices.Concat([]byte{0, 1}, padding, []byte{0}, identifier, sum[:]), k.D)
}

// transplant puts the fault of a vector on a good token: a part that is as in the group's first vector, which is whole,
// becomes ours, and a block of RSA that has the vector's digest gets ours.
func (k vectorKey) transplant(t *testing.T, vector, first string, good []string) string {
	t.Helper()
	own, parts := strings.Split(first, "."), strings.Split(vector, ".")
	for i, part := range parts {
		if at := slices.Index(own, part); at >= 0 {
			parts[i] = good[at]
		} else if h, err := base64.RawURLEncoding.DecodeString(part); i == 0 && len(parts) == 3 && err == nil && bytes.HasSuffix(h, []byte("}")) {
			parts[0] = text64(append(h[:len(h)-1], `,"typ":"JWT"}`...)) // so that it gets as far as the rule that it breaks
		}
	}
	if k.Alg != "RS256" || len(parts) != 3 || parts[0] != good[0] || parts[1] != good[1] || parts[2] == good[2] {
		return strings.Join(parts, ".")
	}
	if signature, err := base64.RawURLEncoding.DecodeString(parts[2]); err == nil && len(signature) > 0 {
		theirs, ours := sha256.Sum256([]byte(own[0]+"."+own[1])), sha256.Sum256([]byte(good[0]+"."+good[1]))
		block := bytes.Replace(k.raise(t, signature, k.E), theirs[:], ours[:], 1)
		parts[2] = text64(k.raise(t, block, k.D))
	}
	return strings.Join(parts, ".")
}

// TestWycheproofOnGoodClaims signs a token with each of Wycheproof's keys of our algorithms, and puts the faults of the
// group's vectors on it. What comes out otherwise than Wycheproof says is listed, with the reason; the list is exact.
func TestWycheproofOnGoodClaims(t *testing.T) {
	const (
		claims = "it has a payload of its own, without claims"
		typ    = "its header has no type, which ours have"
		intact = "the vector has lost its padding, and is good"
		lax    = "what is no base64url is refused, not skipped"
	)
	deviations := map[int]string{
		260: claims, 261: claims, 262: claims, 263: claims, 358: claims, 359: claims, 367: intact, 370: intact,
		372: lax, 373: lax, 376: typ, 377: typ,
	}
	raw, err := os.ReadFile("../internal/token/testdata/wycheproof/json_web_signature_test.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		TestGroups []struct {
			Private vectorKey
			Public  json.RawMessage
			Tests   []struct {
				ID      int `json:"tcId"`
				Comment string
				JWS     any
				Result  string
			}
		}
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	now, tried := time.Now().Unix(), 0
	for _, g := range all.TestGroups {
		k := g.Private
		if !slices.Contains([]string{"HS256", "ES256", "RS256"}, k.Alg) || k.Use == "enc" {
			continue
		}
		c := config(&transport{answer: saying(200, `{"keys":[`+string(g.Public)+`]}`)})
		if k.Alg == "HS256" {
			secret, err := base64.RawURLEncoding.DecodeString(k.K)
			if err != nil {
				t.Fatal(err)
			}
			c.JWKSURL, c.Secret = "", verify.Secret(secret)
			if !slices.ContainsFunc(secret, func(b byte) bool { return b != secret[0] }) {
				if _, err := verify.New(c); err == nil || !strings.Contains(err.Error(), "constant") {
					t.Error("a secret of 32 times the same byte:", err)
				}
				secret = []byte(rand.Text() + rand.Text()) // internal/token tries these vectors with the key that they are signed with
				c.Secret, k.K = verify.Secret(secret), base64.RawURLEncoding.EncodeToString(secret)
			}
		}
		v := newVerifier(t, c)
		good := []string{
			text64(fmt.Appendf(nil, `{"alg":%q,"kid":%q,"typ":"JWT"}`, k.Alg, k.Kid)),
			text64(fmt.Appendf(nil, `{"iss":%q,"aud":"v1","sub":%q,"sid":%q,"iat":%d,"nbf":%[4]d,"exp":%d}`, issuer, account, session, now, now+600)),
		}
		good = append(good, text64(k.sign(t, good[0]+"."+good[1])))
		want(t, v, strings.Join(good, "."), nil)
		for _, vector := range g.Tests {
			text, ok := vector.JWS.(string)
			if !ok {
				continue // the JSON serialization
			}
			tried++
			_, err := v.Verify(t.Context(), k.transplant(t, text, g.Tests[0].JWS.(string), good))
			if err != nil && !errors.Is(err, verify.ErrInvalidToken) {
				t.Error(vector.ID, err)
			}
			if (err == nil) != (vector.Result == "valid") {
				if deviations[vector.ID] == "" {
					t.Errorf("%d %s is %s: %v", vector.ID, vector.Comment, vector.Result, err)
				}
				delete(deviations, vector.ID)
			}
		}
	}
	if len(deviations) > 0 || tried < 300 {
		t.Errorf("of %d vectors these are as they should be: %v", tried, deviations)
	}
}
