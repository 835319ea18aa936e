package verify_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/verify"
)

func TestTokensOfAHost(t *testing.T) {
	for _, alg := range []string{"EdDSA", "ES256", "RS256"} {
		t.Run(alg, func(t *testing.T) {
			key, err := tollkeeper.GenerateSigningKey(alg)
			if err != nil {
				t.Fatal(err)
			}
			kit := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) {
				c.Tokens.SigningKeys = []tollkeeper.SigningKey{key}
				c.Hooks.BeforeSession = func(context.Context, tollkeeper.SessionAttempt) (map[string]any, error) {
					return map[string]any{"plan": "pro"}, nil
				}
			}))
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(kit.Auth.JWKS()) }))
			defer server.Close()
			parent := kit.Parent()
			child := kit.Child(parent)
			res := kit.SignIn(child, func(r *tollkeeper.SignInRequest) { r.Audience = tollkeeper.AudienceV1 })
			v := newVerifier(t, verify.Config{JWKSURL: server.URL, Issuer: authtest.BaseURL, Audiences: []string{"platform", "v1"}, Now: kit.Now})
			c, err := v.Verify(t.Context(), string(res.Token))
			if err != nil {
				t.Fatal(err)
			}
			if c.Subject != child.ID.String() || c.Session != res.Session.String() || c.Audience != "v1" || c.Parent != parent.ID.String() ||
				c.Issuer != authtest.BaseURL || c.ID == "" || c.ExpiresAt.Sub(c.IssuedAt) != 24*time.Hour || !reflect.DeepEqual(c.Ext, map[string]any{"plan": "pro"}) {
				t.Errorf("claims %+v", c)
			}
			kit.Advance(24 * time.Hour)
			if _, err := v.Verify(t.Context(), string(res.Token)); !errors.Is(err, verify.ErrInvalidToken) {
				t.Errorf("expired, it gives %v", err)
			}
		})
	}
}

func TestTokensOfATenant(t *testing.T) {
	kit := authtest.New(t)
	parent, other := kit.Parent(), kit.Parent()
	organization := func(r *tollkeeper.SignInRequest) { r.Audience = tollkeeper.AudienceOrganization }
	res := kit.SignIn(parent, organization)
	v := newVerifier(t, verify.Config{Secret: verify.Secret(res.TenantKey), Issuer: authtest.BaseURL, Audiences: []string{"organization"}, Now: kit.Now})
	if c, err := v.Verify(t.Context(), string(res.Token)); err != nil || c.Subject != parent.ID.String() {
		t.Errorf("the parent's own: %+v, %v", c, err)
	}
	child := kit.Child(parent)
	of := kit.SignIn(child, func(r *tollkeeper.SignInRequest) {
		r.Audience, r.Scope = tollkeeper.AudienceOrganization, tollkeeper.UnderKey(parent.PublicKey)
	})
	if c, err := v.Verify(t.Context(), string(of.Token)); err != nil || c.Subject != child.ID.String() {
		t.Errorf("its child's: %+v, %v", c, err)
	}
	for name, token := range map[string]string{"another tenant's": string(kit.SignIn(other, organization).Token), "another family's": string(kit.SignIn(parent).Token)} {
		if c, err := v.Verify(t.Context(), token); !errors.Is(err, verify.ErrInvalidToken) || !reflect.ValueOf(c).IsZero() {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	key, stranger := newKey(t, "k1"), newKey(t, "k1")
	net := &transport{answer: saying(200, setOf(key))}
	c := config(net)
	c.Now, c.MaxAge = func() time.Time { return now }, time.Hour
	v := newVerifier(t, c)
	claim := func(name string, value any) string {
		return token(t, key, now, func(_, claims map[string]any) { claims[name] = value })
	}
	head := func(name string, value any) string {
		return token(t, key, now, func(head, _ map[string]any) { head[name] = value })
	}
	good := token(t, key, now, nil)
	parts := strings.Split(good, ".")
	raw := func(header, payload string) string {
		text := base64.RawURLEncoding.EncodeToString
		signed := text([]byte(header)) + "." + text([]byte(payload))
		sig, err := jwt.SigningMethodEdDSA.Sign(signed, key.private)
		if err != nil {
			t.Fatal(err)
		}
		return signed + "." + text(sig)
	}
	const plain = `{"alg":"EdDSA","typ":"JWT","kid":"k1"}`
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), raw(plain, string(body))); err != nil {
		t.Fatal("the raw form of a good token is refused: ", err)
	}
	pub := key.jwk()["x"].(string)
	tests := map[string]string{
		"empty": "", "dots": "..", "one part": parts[0], "no signature": parts[0] + "." + parts[1] + ".", "four parts": good + ".x",
		"space": good + " ", "line break": parts[0] + "\n." + parts[1] + "." + parts[2], "line break in the signature": good[:len(good)-4] + "\r\n" + good[len(good)-4:], "padding": good + "=", "long": good + strings.Repeat("A", 8<<10),
		"another's signature": token(t, stranger, now, nil),
		"another payload":     parts[0] + "." + strings.Split(claim("aud", "v2"), ".")[1] + "." + parts[2],
		"alias of signature":  alias(good),
		"unknown key":         head("kid", "k2"), "no kid": head("kid", ""), "kid of a number": head("kid", 1), "long kid": head("kid", strings.Repeat("k", 65)),
		"typ": head("typ", "at+jwt"), "typ in lower case": head("typ", "jwt"), "crit": head("crit", []string{"exp"}), "empty crit": head("crit", []string{}),
		"jku": head("jku", "https://evil.example"), "x5u": head("x5u", "x"), "jwk": head("jwk", key.jwk()), "x5c": head("x5c", []string{"x"}),
		"b64": head("b64", false), "zip": head("zip", "DEF"), "cty": head("cty", "JWT"), "x5t": head("x5t", "x"), "field of nobody's": head("x", 1), "null": head("x", nil),
		"alg none":             unsigned(t, now),
		"alg HS256":            signed(t, jwt.SigningMethodHS256, []byte(pub), "k1", now, nil),
		"alg of another case":  raw(`{"alg":"eddsa","typ":"JWT","kid":"k1"}`, string(body)),
		"header twice":         raw(`{"alg":"EdDSA","typ":"JWT","kid":"k2","kid":"k1"}`, string(body)),
		"header of other case": raw(`{"alg":"EdDSA","typ":"JWT","KID":"k1"}`, string(body)),
		"claim twice":          raw(plain, strings.Replace(string(body), "{", `{"sub":"x",`, 1)),
		"claims of a list":     raw(plain, "["+string(body)+"]"),
		"claims and more":      raw(plain, string(body)+"x"),
		"no exp":               claim("exp", absent), "exp null": claim("exp", nil), "exp zero": claim("exp", 0), "exp negative": claim("exp", -1), "exp huge": claim("exp", json.Number("1e300")),
		"exp beyond 2^53": claim("exp", int64(1<<53+1)), "exp text": claim("exp", "1800003600"), "exp fraction": claim("exp", json.Number("1800003600.5")), "exp past": claim("exp", now.Unix()),
		"exp too far": claim("exp", now.Unix()+31*86400), "no iat": claim("iat", absent), "no nbf": claim("nbf", absent),
		"iat to come": claim("iat", now.Unix()+31), "nbf to come": claim("nbf", now.Unix()+31), "too old for MaxAge": claim("iat", now.Unix()-3601),
		"iss": claim("iss", "https://app.example/"), "no iss": claim("iss", absent), "aud": claim("aud", "V1"), "aud list": claim("aud", []string{"v1"}), "no aud": claim("aud", absent), "aud empty": claim("aud", ""),
		"no sub": claim("sub", absent), "sub": claim("sub", "1"), "nobody": claim("sub", "00000000-0000-0000-0000-000000000000"), "sub in capitals": claim("sub", strings.ToUpper(account)),
		"no sid": claim("sid", absent), "sid": claim("sid", strings.ReplaceAll(session, "-", "")),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			if c, err := v.Verify(t.Context(), text); !errors.Is(err, verify.ErrInvalidToken) || !reflect.ValueOf(c).IsZero() {
				t.Errorf("%+v, %v", c, err)
			}
		})
	}
	for name, text := range map[string]string{
		"as it is": good, "iat ahead by the leeway": claim("iat", now.Unix()+30), "at MaxAge": claim("iat", now.Unix()-3600), "last second": claim("exp", now.Unix()+1),
	} {
		if _, err := v.Verify(t.Context(), text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// alias flips a bit of the last character that does not count: another text of the same signature.
func alias(token string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(letters, token[len(token)-1])
	return token[:len(token)-1] + string(letters[last^1])
}

func unsigned(t *testing.T, now time.Time) string {
	t.Helper()
	return signed(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "k1", now, nil)
}

func TestNewRefuses(t *testing.T) {
	good := verify.Config{JWKSURL: jwksURL, Issuer: issuer, Audiences: []string{"v1"}}
	secret := verify.Secret("an-HMAC-key-as-long-as-it-must-be")[:32]
	tests := map[string]func(*verify.Config){
		"neither":         func(c *verify.Config) { c.JWKSURL = "" },
		"both":            func(c *verify.Config) { c.Secret = secret },
		"short secret":    func(c *verify.Config) { c.JWKSURL, c.Secret = "", secret[1:] },
		"secret of zeros": func(c *verify.Config) { c.JWKSURL, c.Secret = "", verify.Secret(make([]byte, 32)) },
		"repeated secret": func(c *verify.Config) { c.JWKSURL, c.Secret = "", verify.Secret(strings.Repeat("changeme", 4)) },
		"no issuer":       func(c *verify.Config) { c.Issuer = "" },
		"no audience":     func(c *verify.Config) { c.Audiences = nil },
		"empty audience":  func(c *verify.Config) { c.Audiences = []string{"v1", ""} },
		"http":            func(c *verify.Config) { c.JWKSURL = "http://app.example/jwks.json" },
		"no host":         func(c *verify.Config) { c.JWKSURL = "https:///jwks.json" },
		"user":            func(c *verify.Config) { c.JWKSURL = "https://u:p@app.example/" },
		"file":            func(c *verify.Config) { c.JWKSURL = "file:///etc/jwks.json" },
		"negative":        func(c *verify.Config) { c.Timeout = -1 },
	}
	for name, edit := range tests {
		c := good
		edit(&c)
		if v, err := verify.New(c); err == nil || v != nil {
			t.Errorf("%s is taken", name)
		}
	}
	for _, url := range []string{"http://localhost:8080/jwks.json", "http://127.0.0.1/", "http://[::1]:1/", jwksURL} {
		c := good
		if c.JWKSURL = url; newVerifier(t, c) == nil {
			t.Errorf("%s is refused", url)
		}
	}
}

func TestSecretShowsItselfNowhere(t *testing.T) {
	const text = "correct-horse-battery-staple-of-a-tenant"
	c := verify.Config{Secret: text, Issuer: issuer, Audiences: []string{"organization"}}
	v := newVerifier(t, c)
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", c.Secret, "verifier", v)
	encoded, err := json.Marshal(map[string]any{"secret": c.Secret})
	if err != nil {
		t.Fatal(err)
	}
	bytes := strings.Trim(fmt.Sprint([]byte(text)), "[]")
	for _, shown := range []string{fmt.Sprintf("%v %+v %#v %s %v %+v %#v", c, c, c, c.Secret, v, v, v), string(encoded), log.String()} {
		if strings.Contains(shown, text) || strings.Contains(shown, bytes) {
			t.Errorf("it shows: %s", shown)
		}
	}
}

func FuzzVerify(f *testing.F) {
	now := time.Unix(1_800_000_000, 0)
	key := newKey(f, "k1")
	c := config(&transport{answer: saying(200, setOf(key))})
	c.Now = func() time.Time { return now }
	v := newVerifier(f, c)
	good := token(f, key, now, nil)
	f.Add(good)
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Fuzz(func(t *testing.T, text string) {
		if claims, err := v.Verify(t.Context(), text); err == nil && text != good || err != nil && !reflect.ValueOf(claims).IsZero() {
			t.Errorf("%+v, %v", claims, err)
		}
	})
}
