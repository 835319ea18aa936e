package verify_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tollkeeper/tollkeeper/verify"
)

var text64 = base64.RawURLEncoding.EncodeToString

func set(t *testing.T, keys ...map[string]any) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// with answers a copy of a key with a member changed; nil takes it away.
func with(k map[string]any, name string, value any) map[string]any {
	c := map[string]any{}
	for n, v := range k {
		c[n] = v
	}
	if c[name] = value; value == nil {
		delete(c, name)
	}
	return c
}

// TestWhichKeysServe takes the same token with a key set that has just one thing changed.
func TestWhichKeysServe(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := ec.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	big, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	ed := newKey(t, "k1")
	jwkEd := ed.jwk()
	jwkEC := map[string]any{"kty": "EC", "crv": "P-256", "kid": "k1", "x": text64(point[1:33]), "y": text64(point[33:])}
	jwkRSA := map[string]any{"kty": "RSA", "kid": "k1", "n": text64(big.N.Bytes()), "e": "AQAB"}
	jwkSmall := with(jwkRSA, "n", text64(small.N.Bytes()))
	tokens := map[string]string{
		"OKP": token(t, ed, now, nil), "EC": signed(t, jwt.SigningMethodES256, ec, "k1", now, nil),
		"RSA": signed(t, jwt.SigningMethodRS256, big, "k1", now, nil), "oct": signed(t, jwt.SigningMethodHS256, []byte("secret"), "k1", now, nil),
	}
	weak := signed(t, jwt.SigningMethodRS256, small, "k1", now, nil)
	tests := map[string]struct {
		key   map[string]any
		token string
		good  bool
	}{
		"EdDSA": {jwkEd, "", true}, "ES256": {jwkEC, "", true}, "RS256": {jwkRSA, "", true},
		"no use":                  {with(jwkEd, "use", nil), "", true},
		"for encryption":          {with(jwkEd, "use", "enc"), "", false},
		"of another algorithm":    {with(jwkEd, "alg", "ES256"), "", false},
		"of RS384":                {with(jwkRSA, "alg", "RS384"), "", false},
		"no kid":                  {with(jwkEd, "kid", nil), "", false},
		"no key operation":        {with(with(jwkEd, "use", nil), "key_ops", []string{}), "", false},
		"for verifying":           {with(jwkEd, "key_ops", []string{"verify"}), "", true},
		"for signing":             {with(jwkEd, "key_ops", []string{"sign"}), "", false},
		"symmetric":               {map[string]any{"kty": "oct", "kid": "k1", "k": text64([]byte("secret"))}, "", false},
		"private half published":  {with(jwkEd, "d", text64(ed.private.Seed())), "", false},
		"another curve":           {with(jwkEd, "crv", "Ed448"), "", false},
		"short Ed25519":           {with(jwkEd, "x", "AAAA"), "", false},
		"padded":                  {with(jwkEd, "x", jwkEd["x"].(string)+"="), "", false},
		"P-384":                   {with(jwkEC, "crv", "P-384"), "", false},
		"point not on the curve":  {with(jwkEC, "y", text64(point[1:33])), "", false},
		"short coordinate":        {with(jwkEC, "x", text64(point[2:33])), "", false},
		"RSA of 1,024 bits":       {jwkSmall, weak, false},
		"RSA of 16,384 bits":      {with(jwkRSA, "n", text64(append([]byte{128}, make([]byte, 2047)...))), "", false},
		"RSA even":                {with(jwkRSA, "n", text64(append(big.N.Bytes(), 0))), "", false},
		"RSA exponent 1":          {with(jwkRSA, "e", "AQ"), "", false},
		"RSA exponent even":       {with(jwkRSA, "e", "AQAA"), "", false},
		"RSA exponent of 5 bytes": {with(jwkRSA, "e", "AQAAAAE"), "", false},
		"RSA without exponent":    {with(jwkRSA, "e", nil), "", false},
		"RSA key, EC token":       {jwkRSA, tokens["EC"], false},
		"EC key, RSA token":       {jwkEC, tokens["RSA"], false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.token == "" {
				tt.token = tokens[tt.key["kty"].(string)]
			}
			other := newKey(t, "other").jwk()
			v := newVerifier(t, config(&transport{answer: saying(200, set(t, other, tt.key))}))
			_, err := v.Verify(t.Context(), tt.token)
			if tt.good && err != nil || !tt.good && !errors.Is(err, verify.ErrInvalidToken) {
				t.Errorf("gives %v", err)
			}
		})
	}
}

// A key set is good as long as one key of it is. What is wrong with the others is said once.
func TestOneBadKeyDoesNotCondemnTheSet(t *testing.T) {
	key := newKey(t, "k1")
	good := key.jwk()
	tests := map[string]struct {
		body string
		said bool
	}{
		"a byte order mark":               {"\ufeff" + set(t, good), false},
		"a kid twice":                     {set(t, newKey(t, "k1").jwk(), good), false},
		"a kid of 256 bytes":              {set(t, with(good, "kid", strings.Repeat("k", 256)), good), false},
		"a kid of 257 bytes":              {set(t, with(good, "kid", strings.Repeat("k", 257)), good), true},
		"a kid that is a number":          {set(t, with(good, "kid", 7), good), true},
		"a type of tomorrow":              {set(t, map[string]any{"kty": "AKP", "kid": "k1", "x": []int{1}, "n": 7}, good), true},
		"a key for encryption":            {set(t, with(good, "use", "enc"), good), false},
		"a member twice":                  {`{"keys":[{"kty":"OKP","kty":"EC"},` + set(t, good)[len(`{"keys":[`):], true},
		"null":                            {`{"keys":[null,` + set(t, good)[len(`{"keys":[`):], true},
		"the members of other types":      {set(t, with(with(good, "n", 7), "y", []int{1})), false},
		"something beside the keys":       {`{"keys":` + set(t, good)[len(`{"keys":`):len(set(t, good))-1] + `,"next":[]}`, false},
		"a private half":                  {set(t, with(good, "d", "AAAA"), good), true},
		"a key of another algorithm, too": {set(t, with(good, "alg", "ES256"), good), true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				c := config(&transport{answer: saying(200, tt.body)})
				c.Logger = slog.New(slog.NewTextHandler(&log, nil))
				v := newVerifier(t, c)
				want(t, v, token(t, key, time.Now(), nil), nil)
				time.Sleep(time.Hour)
				want(t, v, token(t, key, time.Now(), nil), nil)
				if lines := strings.Count(log.String(), "\n"); lines != map[bool]int{true: 1}[tt.said] {
					t.Errorf("%d lines: %s", lines, &log)
				}
			})
		})
	}
}

func FuzzKeySet(f *testing.F) {
	key := newKey(f, "k1")
	text := token(f, key, time.Now(), nil)
	f.Add(setOf(key))
	f.Add(`{"keys":[{"kty":"EC","crv":"P-256","kid":"k1","x":"` + strings.Repeat("A", 43) + `","y":"` + strings.Repeat("A", 43) + `"},{"kty":"RSA","n":"AQ","e":"AQ"}]}`)
	pub := key.jwk()["x"].(string)
	f.Fuzz(func(t *testing.T, body string) {
		_, err := newVerifier(t, config(&transport{answer: saying(200, body)})).Verify(t.Context(), text)
		if err == nil && !strings.Contains(body, pub) && !strings.Contains(body, `\`) {
			t.Errorf("a token is good although its key is not in %q", body)
		}
	})
}
