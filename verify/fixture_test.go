package verify_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tollkeeper/tollkeeper/verify"
)

const (
	issuer  = "https://app.example"
	jwksURL = "https://app.example/.well-known/jwks.json"
	account = "0198c0de-0000-7000-8000-000000000001"
	session = "0198c0de-0000-7000-8000-000000000002"
)

// transport answers every request by a function, without a network, and counts.
type transport struct {
	mu     sync.Mutex
	asked  int
	answer func(*http.Request) (*http.Response, error)
}

func (f *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	f.asked++
	answer := f.answer
	f.mu.Unlock()
	return answer(r)
}

func (f *transport) set(answer func(*http.Request) (*http.Response, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

func (f *transport) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked
}

func saying(status int, body string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

var errDown = errors.New("connection refused")

func down(*http.Request) (*http.Response, error) { return nil, errDown }

// edKey is an Ed25519 key with the id that its set gives it.
type edKey struct {
	id      string
	private ed25519.PrivateKey
}

func newKey(t testing.TB, id string) edKey {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return edKey{id, private}
}

func (k edKey) jwk() map[string]any {
	pub := k.private.Public().(ed25519.PublicKey)
	return map[string]any{"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": k.id, "x": base64.RawURLEncoding.EncodeToString(pub)}
}

func setOf(keys ...edKey) string {
	list := []any{}
	for _, k := range keys {
		list = append(list, k.jwk())
	}
	text, err := json.Marshal(map[string]any{"keys": list})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// absent, as a value, takes a claim away.
const absent = removed("")

type removed string

// token is a good one for now; edits change its claims and its header.
func token(t testing.TB, k edKey, now time.Time, edit func(head, claims map[string]any)) string {
	t.Helper()
	return signed(t, jwt.SigningMethodEdDSA, k.private, k.id, now, edit)
}

func signed(t testing.TB, method jwt.SigningMethod, private any, kid string, now time.Time, edit func(head, claims map[string]any)) string {
	t.Helper()
	claims := map[string]any{
		"iss": issuer, "aud": "v1", "sub": account, "sid": session, "jti": "x", "parent": "",
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Unix() + 3600,
	}
	made := jwt.New(method)
	made.Header["kid"] = kid
	if edit != nil {
		edit(made.Header, claims)
	}
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == absent })
	made.Claims = jwt.MapClaims(claims)
	text, err := made.SignedString(private)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// config of a Verifier that fetches from net, by the real clock (a fake one in a bubble).
func config(net *transport) verify.Config {
	return verify.Config{JWKSURL: jwksURL, Issuer: issuer, Audiences: []string{"v1"}, HTTPClient: &http.Client{Transport: net}}
}

func newVerifier(t testing.TB, c verify.Config) *verify.Verifier {
	t.Helper()
	v, err := verify.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
