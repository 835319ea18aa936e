package interop_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/verify"
)

// peer is a JWT library of somebody else.
type peer interface {
	verify(t *testing.T, token string, m material, e expected) (claims map[string]any, err error)
	sign(t *testing.T, claims map[string]any, m material) string
	generate(t *testing.T, alg string) material
}

// material is a key as one side hands it to the other.
type material struct {
	Algorithm string          `json:"alg"`
	KeyID     string          `json:"kid"`
	JWKS      json.RawMessage `json:"jwks,omitempty"`
	PEM       string          `json:"pem,omitempty"`    // PKCS#8
	Secret    string          `json:"secret,omitempty"` // jwtSecret of a tenant
}

type expected struct {
	issuer, audience string
	now              time.Time
}

var peers = map[string]func(*testing.T) peer{"jwx": newJWX, "jose": newJose}

// host is tollkeeper with a signing key, or without one and a tenant.
type host struct {
	kit   *authtest.Kit
	token string
	key   material
	expected
}

func newHost(t *testing.T, alg string) host {
	t.Helper()
	h := host{key: material{Algorithm: alg}, expected: expected{issuer: authtest.BaseURL}}
	audience := tollkeeper.AudienceOrganization
	var options []authtest.Option
	if alg != "HS256" {
		audience = tollkeeper.AudienceV1
		key, err := tollkeeper.GenerateSigningKey(alg)
		if err != nil {
			t.Fatal(err)
		}
		text, err := key.Reveal()
		if err != nil {
			t.Fatal(err)
		}
		h.key.PEM = string(text)
		options = append(options, authtest.WithConfig(func(c *tollkeeper.Config) { c.Tokens.SigningKeys = []tollkeeper.SigningKey{key} }))
	}
	h.kit = authtest.New(t, options...)
	res := h.kit.SignIn(h.kit.Parent(), func(r *tollkeeper.SignInRequest) { r.Audience = audience })
	h.token, h.audience, h.now = string(res.Token), string(audience), h.kit.Now()
	var head struct{ Kid string }
	part(t, h.token, 0, &head)
	if h.key.KeyID, h.key.Secret = head.Kid, string(res.TenantKey); alg != "HS256" {
		h.key.JWKS = h.kit.Auth.JWKS()
	}
	return h
}

func part(t *testing.T, token string, i int, v any) {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[i])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatal(err)
	}
}

// verifier is another service's, with the key as its material says it.
func verifier(t *testing.T, m material, e expected) *verify.Verifier {
	t.Helper()
	c := verify.Config{Secret: verify.Secret(m.Secret), Issuer: e.issuer, Audiences: []string{e.audience}, Now: func() time.Time { return e.now }}
	if m.Secret == "" {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(m.JWKS) }))
		t.Cleanup(server.Close)
		c.JWKSURL = server.URL
	}
	v, err := verify.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestInterop(t *testing.T) {
	for name, open := range peers {
		t.Run(name, func(t *testing.T) {
			p := open(t)
			for _, alg := range []string{"HS256", "EdDSA", "ES256", "RS256"} {
				t.Run(alg, func(t *testing.T) {
					h := newHost(t, alg)
					t.Run("they read ours", func(t *testing.T) { theyReadOurs(t, p, h) })
					t.Run("we read theirs with our key", func(t *testing.T) { weReadTheirs(t, p, h) })
					if alg != "HS256" {
						t.Run("we read theirs with their key", func(t *testing.T) { weReadTheirKey(t, p, alg) })
					}
				})
			}
		})
	}
}

func theyReadOurs(t *testing.T, p peer, h host) {
	got, err := p.verify(t, h.token, h.key, h.expected)
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if part(t, h.token, 1, &claims); !reflect.DeepEqual(got, claims) {
		t.Errorf("they read %v, not %v", got, claims)
	}
	i := strings.LastIndexByte(h.token, '.') + 5
	forged := h.token[:i] + string('A'+(h.token[i]-'A'+1)%26) + h.token[i+1:]
	late, elsewhere := h.expected, h.expected
	late.now, elsewhere.audience = h.now.Add(25*time.Hour), "platform"
	for name, try := range map[string]struct {
		token string
		expected
	}{"a broken signature": {forged, h.expected}, "an expired token": {h.token, late}, "another audience": {h.token, elsewhere}} {
		if _, err := p.verify(t, try.token, h.key, try.expected); err == nil {
			t.Errorf("they take %s", name)
		}
	}
}

// weReadTheirs has them sign the claims of a live session with our own key: the host itself must take that.
func weReadTheirs(t *testing.T, p peer, h host) {
	var claims map[string]any
	part(t, h.token, 1, &claims)
	theirs := p.sign(t, claims, h.key)
	id := h.kit.Identity(theirs)
	c, err := verifier(t, h.key, h.expected).Verify(t.Context(), theirs)
	if err != nil || c.Subject != id.Account.String() || c.Session != id.Session.String() {
		t.Errorf("claims %+v, %v", c, err)
	}
}

func weReadTheirKey(t *testing.T, p peer, alg string) {
	m, e := p.generate(t, alg), expected{"https://peer.example", "v1", time.Now()}
	claims := map[string]any{
		"iss": e.issuer, "aud": e.audience, "sub": "0198c0de-0000-7000-8000-000000000001", "sid": "0198c0de-0000-7000-8000-000000000002",
		"iat": e.now.Unix(), "nbf": e.now.Unix(), "exp": e.now.Unix() + 60,
	}
	c, err := verifier(t, m, e).Verify(t.Context(), p.sign(t, claims, m))
	if err != nil || c.Subject != claims["sub"] {
		t.Errorf("claims %+v, %v", c, err)
	}
}
