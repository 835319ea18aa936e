package social_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/social"
)

var appleSigner = func() *ecdsa.PrivateKey {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return k
}()

func pkcs8(k any) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func apple(t *testing.T, c social.Config) social.Named {
	return must(t)(social.Apple(social.AppleKey{TeamID: "TEAM000001", KeyID: "KEY0000001", Private: pkcs8(appleSigner)}, c))
}

// Apple's secret is a token of the team's own key, kept for half a day; the name comes with the form, once, from
// whoever sits at the browser.
func TestApple(t *testing.T) {
	s := newStage(t, acts[2])
	user := `{"name":{"firstName":"Ada","lastName":"Example"},"email":"somebody-else@home.example"}`
	res, err := s.come(func(r *tollkeeper.IssuerReturn) { r.User = user })
	if err != nil || res.Subject.Account.Name != "Ada Example" || res.Subject.Account.Email != "ada@privaterelay.appleid.com" {
		t.Fatalf("%+v, %v", res.Subject.Account, err)
	}
	first := s.sent.Get("client_secret")
	claims := jwt.MapClaims{}
	made, err := jwt.ParseWithClaims(first, claims, func(*jwt.Token) (any, error) { return &appleSigner.PublicKey, nil },
		jwt.WithValidMethods([]string{"ES256"}), jwt.WithTimeFunc(s.kit.Now))
	if err != nil || made.Header["kid"] != "KEY0000001" || claims["iss"] != "TEAM000001" || claims["sub"] != appClient || claims["aud"] != "https://appleid.apple.com" {
		t.Errorf("%v %v, %v", made.Header, claims, err)
	}
	if life := claims["exp"].(float64) - claims["iat"].(float64); life <= 0 || life > 15_777_000 {
		t.Errorf("it is good for %v seconds", life)
	}
	if _, err := s.come(); err != nil || s.sent.Get("client_secret") != first {
		t.Errorf("another secret a moment later: %v", err)
	}
	s.kit.Advance(13 * time.Hour)
	if _, err := s.come(); err != nil || s.sent.Get("client_secret") == first {
		t.Errorf("the same secret a day later: %v", err)
	}
	for name, posted := range map[string]string{
		"junk": "{", "a list": "[]", "much": `{"name":{"firstName":"` + strings.Repeat("a", 5000) + `"}}`, "two lines": `{"name":{"firstName":"A\nB"}}`, "numbers": `{"name":{"firstName":1}}`,
	} {
		s := newStage(t, acts[2])
		if res, err := s.come(func(r *tollkeeper.IssuerReturn) { r.User = posted }); err != nil || res.Subject.Account.Name != "" {
			t.Errorf("%s: %q, %v", name, res.Subject.Account.Name, err)
		}
	}
}

func TestAppleKeysAreChecked(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]social.AppleKey{
		"no team": {KeyID: "k", Private: pkcs8(appleSigner)}, "no id": {TeamID: "t", Private: pkcs8(appleSigner)}, "no key": {TeamID: "t", KeyID: "k"},
		"P-384": {TeamID: "t", KeyID: "k", Private: pkcs8(p384)}, "RSA": {TeamID: "t", KeyID: "k", Private: pkcs8(rsaKey)},
		"no PKCS 8": {TeamID: "t", KeyID: "k", Private: []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")},
	} {
		if _, err := social.Apple(k, social.Config{}); err == nil {
			t.Error(name)
		}
	}
}
