package interop_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"
	"github.com/lestrrat-go/jwx/v3/jwt"
)

// jwx is the Go library of that name, which shares no code with golang-jwt.
type jwx struct{}

func newJWX(*testing.T) peer { return jwx{} }

func algorithm(t *testing.T, name string) jwa.SignatureAlgorithm {
	t.Helper()
	alg, ok := jwa.LookupSignatureAlgorithm(name)
	if !ok {
		t.Fatal("jwx has no ", name)
	}
	return alg
}

func (jwx) verify(t *testing.T, token string, m material, e expected) (map[string]any, error) {
	var key jwt.ParseOption = jwt.WithKey(algorithm(t, m.Algorithm), []byte(m.Secret))
	if m.Secret == "" {
		set, err := jwk.Parse(m.JWKS)
		if err != nil {
			t.Fatal(err)
		}
		key = jwt.WithKeySet(set)
	}
	parsed, err := jwt.Parse([]byte(token), key, jwt.WithIssuer(e.issuer), jwt.WithAudience(e.audience),
		jwt.WithRequiredClaim("exp"), jwt.WithClock(jwt.ClockFunc(func() time.Time { return e.now })))
	if err != nil {
		return nil, err
	}
	parsed.Options().Enable(jwt.FlattenAudience)
	text, err := json.Marshal(parsed)
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	return claims, json.Unmarshal(text, &claims)
}

func (jwx) sign(t *testing.T, claims map[string]any, m material) string {
	token := jwt.New()
	for name, value := range claims {
		if err := token.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	token.Options().Enable(jwt.FlattenAudience)
	var key any = []byte(m.Secret)
	if m.Secret == "" {
		parsed, err := jwk.ParseKey([]byte(m.PEM), jwk.WithPEM(true))
		if err != nil {
			t.Fatal(err)
		}
		key = parsed
	}
	head := jws.NewHeaders()
	if err := head.Set("kid", m.KeyID); err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Sign(token, jwt.WithKey(algorithm(t, m.Algorithm), key, jws.WithProtectedHeaders(head)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (jwx) generate(t *testing.T, alg string) material {
	var private any
	var err error
	switch alg {
	case "EdDSA":
		_, private, err = ed25519.GenerateKey(rand.Reader)
	case "ES256":
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "RS256":
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := jwk.PublicKeyOf(private)
	if err != nil {
		t.Fatal(err)
	}
	m := material{Algorithm: alg, KeyID: "of-jwx-" + alg, PEM: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))}
	for name, value := range map[string]any{"kid": m.KeyID, "alg": algorithm(t, alg), "use": "sig"} {
		if err := key.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	set := jwk.NewSet()
	if err := set.AddKey(key); err != nil {
		t.Fatal(err)
	}
	if m.JWKS, err = json.Marshal(set); err != nil {
		t.Fatal(err)
	}
	return m
}
