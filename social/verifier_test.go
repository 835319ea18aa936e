package social_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/social"
)

var _ tollkeeper.IDTokenVerifier = (*social.Verifier)(nil)

const client = "web-client"

// clock is moved by the test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func verifier(t testing.TB, i *issuer, c *clock) *social.Verifier {
	t.Helper()
	v, err := social.New(social.Config{Issuer: i.name, Timeout: time.Second, Now: c.Now, Vouches: social.IfVerified})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func start() *clock { return &clock{now: time.Unix(1_800_000_000, 0)} }

// good and refused verify, with the nonce of person.
func good(t *testing.T, v *social.Verifier, token string) tollkeeper.IDToken {
	t.Helper()
	id, err := v.VerifyIDToken(t.Context(), token, client, "n1")
	if err != nil {
		t.Errorf("a good token is refused: %v", err)
	}
	return id
}

func refused(t *testing.T, v *social.Verifier, token string, upstream bool) {
	t.Helper()
	id, err := v.VerifyIDToken(t.Context(), token, client, "n1")
	if err == nil || id != (tollkeeper.IDToken{}) || errors.Is(err, tollkeeper.ErrUpstream) != upstream {
		t.Errorf("%+v, %v", id, err)
	}
}

func TestGoodTokens(t *testing.T) {
	for _, alg := range []string{
		"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
	} {
		i, c := newIssuer(t, newIssuerKey(t, "k1", alg)), start()
		want := tollkeeper.IDToken{Subject: "1077", Email: "ada@home.example", EmailVerified: true, Name: "Ada"}
		if id := good(t, verifier(t, i, c), sign(i.keys[0], i.person(c.now, client))); id != want {
			t.Errorf("%s: %+v", alg, id)
		}
	}
}

func TestClaims(t *testing.T) {
	i, c := newIssuer(t), start()
	v, now := verifier(t, i, c), c.now.Unix()
	tests := map[string]struct {
		claims map[string]any
		good   bool
	}{
		"another audience":         {map[string]any{"aud": "another"}, false},
		"no audience":              {map[string]any{"aud": nil}, false},
		"audience in a list":       {map[string]any{"aud": []string{client}}, true},
		"several audiences":        {map[string]any{"aud": []string{client, "another"}}, false},
		"several, for us":          {map[string]any{"aud": []string{"another", client}, "azp": client}, true},
		"several, for another":     {map[string]any{"aud": []string{"another", client}, "azp": "another"}, false},
		"from an app of ours":      {map[string]any{"azp": "android-client"}, true},
		"another issuer":           {map[string]any{"iss": "https://evil.example"}, false},
		"Google's short name":      {map[string]any{"iss": "accounts.google.com"}, false},
		"issuer with a slash":      {map[string]any{"iss": i.name + "/"}, false},
		"expired":                  {map[string]any{"exp": now - 60}, false},
		"expired within leeway":    {map[string]any{"exp": now - 59}, true},
		"no exp":                   {map[string]any{"exp": nil}, false},
		"exp of text":              {map[string]any{"exp": fmt.Sprint(now + 60)}, false},
		"exp with a fraction":      {map[string]any{"exp": float64(now) + 0.5}, true},
		"issued in the future":     {map[string]any{"iat": now + 61}, false},
		"issued within leeway":     {map[string]any{"iat": now + 60}, true},
		"no iat":                   {map[string]any{"iat": nil}, false},
		"not yet":                  {map[string]any{"nbf": now + 61}, false},
		"from now":                 {map[string]any{"nbf": now}, true},
		"another nonce":            {map[string]any{"nonce": "n2"}, false},
		"no nonce":                 {map[string]any{"nonce": nil}, false},
		"nbf of text":              {map[string]any{"nbf": fmt.Sprint(now)}, false},
		"no subject":               {map[string]any{"sub": nil}, false},
		"empty subject":            {map[string]any{"sub": ""}, false},
		"subject of 255":           {map[string]any{"sub": strings.Repeat("a", 255)}, true},
		"subject of 256":           {map[string]any{"sub": strings.Repeat("a", 256)}, false},
		"subject of a number":      {map[string]any{"sub": 7}, false},
		"subject with a control":   {map[string]any{"sub": "1077\n"}, false},
		"another's subject beside": {map[string]any{"Sub": "1"}, true},
		"subject in capitals":      {map[string]any{"sub": nil, "SUB": "1077"}, false},
		"a security event":         {map[string]any{"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}}, false},
		"email of a number":        {map[string]any{"email": 7}, true},
		"no email":                 {map[string]any{"email": nil}, true},
		"name of a number":         {map[string]any{"name": 7}, true},
		"claims from somewhere":    {map[string]any{"_claim_names": map[string]any{"address": "src"}}, true},
		"claims that nobody needs": {map[string]any{"hd": "home.example", "picture": "https://home.example/ada.png"}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			claims := i.person(c.now, client)
			change(claims, tt.claims)
			if token := sign(i.keys[0], claims); tt.good {
				if id := good(t, v, token); id.Subject != claims["sub"] {
					t.Errorf("it is of %q", id.Subject)
				}
			} else {
				refused(t, v, token, false)
			}
		})
	}
	if _, err := v.VerifyIDToken(t.Context(), sign(i.keys[0], i.person(c.now, client)), client, ""); err != nil {
		t.Errorf("without a nonce to check: %v", err)
	}
	if _, err := v.VerifyIDToken(t.Context(), sign(i.keys[0], i.person(c.now, "")), "", "n1"); err == nil {
		t.Error("an empty client id takes any token")
	}
}

func TestEmailVerified(t *testing.T) {
	i, c := newIssuer(t), start()
	v := verifier(t, i, c)
	for _, tt := range []struct {
		value any
		want  bool
	}{{true, true}, {"true", true}, {false, false}, {"false", false}, {"TRUE", false}, {1, false}, {nil, false}, {[]any{true}, false}} {
		claims := i.person(c.now, client)
		claims["email_verified"] = tt.value
		if id := good(t, v, sign(i.keys[0], claims)); id.EmailVerified != tt.want {
			t.Errorf("%v is taken for %v", tt.value, id.EmailVerified)
		}
	}
	claims := i.person(c.now, client)
	if delete(claims, "email_verified"); good(t, v, sign(i.keys[0], claims)).EmailVerified {
		t.Error("it is verified without a word")
	}
}

func TestForgeries(t *testing.T) {
	rs, c := newIssuerKey(t, "k1", "RS256"), start()
	i := newIssuer(t, rs)
	v := verifier(t, i, c)
	claims := i.person(c.now, client)
	token := sign(rs, claims)
	good(t, v, token)
	parts := strings.Split(token, ".")
	pub, err := base64.RawURLEncoding.DecodeString(rs.jwk()["n"].(string))
	if err != nil {
		t.Fatal(err)
	}
	stranger := newIssuerKey(t, "k1", "RS256")
	with := func(method jwt.SigningMethod, key any, head map[string]any) string {
		made := jwt.NewWithClaims(method, jwt.MapClaims(claims))
		made.Header["kid"] = "k1"
		for k, value := range head {
			made.Header[k] = value
		}
		text, err := made.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	tests := map[string]string{
		"empty": "", "text": "token", "no signature": parts[0] + "." + parts[1] + ".", "long": token + strings.Repeat("A", 8<<10),
		"none":                       with(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil),
		"HS256 with the public key":  with(jwt.SigningMethodHS256, pub, nil),
		"RS384":                      with(jwt.SigningMethodRS384, rs.private, nil),
		"PS256":                      with(jwt.SigningMethodPS256, rs.private, nil),
		"ES256 by the id of RSA":     sign(newIssuerKey(t, "k1", "ES256"), claims),
		"another key of the same id": sign(stranger, claims),
		"its own key in the header":  with(jwt.SigningMethodRS256, stranger.private, map[string]any{"jwk": stranger.jwk()}),
		"crit":                       with(jwt.SigningMethodRS256, rs.private, map[string]any{"crit": []string{"x"}, "x": 1}),
		"b64":                        with(jwt.SigningMethodRS256, rs.private, map[string]any{"b64": false}),
		"an access token":            with(jwt.SigningMethodRS256, rs.private, map[string]any{"typ": "at+jwt"}),
		"a logout token":             with(jwt.SigningMethodRS256, rs.private, map[string]any{"typ": "logout+jwt"}),
		"a type of a number":         with(jwt.SigningMethodRS256, rs.private, map[string]any{"typ": 1}),
		"a kid of 257 bytes":         with(jwt.SigningMethodRS256, rs.private, map[string]any{"kid": strings.Repeat("k", 257)}),
		"no kid, another's key":      with(jwt.SigningMethodRS256, stranger.private, map[string]any{"kid": ""}),
		"an unknown kid":             with(jwt.SigningMethodRS256, rs.private, map[string]any{"kid": "k2"}),
		"payload of another":         parts[0] + "." + strings.Split(sign(rs, i.person(c.now, "x")), ".")[1] + "." + parts[2],
		"JSON serialization":         `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) { refused(t, v, text, false) })
	}
}

// google sends requests for Google to the issuer of the test.
type google struct{ i *issuer }

func (g google) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != "accounts.google.com" {
		return nil, fmt.Errorf("it asks %s", r.URL.Host)
	}
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = "http", strings.TrimPrefix(g.i.Server.URL, "http://")
	return http.DefaultTransport.RoundTrip(r)
}

func TestGooglesTwoNames(t *testing.T) {
	i, c := newIssuer(t), start()
	i.name = tollkeeper.IssuerGoogle
	i.edit = func(d map[string]any) { d["jwks_uri"] = "https://accounts.google.com/keys" }
	v, err := social.New(social.Config{HTTPClient: &http.Client{Transport: google{i}}, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"https://accounts.google.com", "accounts.google.com"} {
		claims := i.person(c.now, client)
		claims["iss"] = name
		good(t, v, sign(i.keys[0], claims))
	}
	for _, name := range []string{"http://accounts.google.com", "https://accounts.google.com/", "accounts.google.com.evil.example"} {
		claims := i.person(c.now, client)
		claims["iss"] = name
		refused(t, v, sign(i.keys[0], claims), false)
	}
}

func TestKeysRotate(t *testing.T) {
	first, second := newIssuerKey(t, "k1", "ES256"), newIssuerKey(t, "k2", "EdDSA")
	i, c := newIssuer(t, first), start()
	v := verifier(t, i, c)
	by := func(k issuerKey) string { return sign(k, i.person(c.Now(), client)) }
	good(t, v, by(first))
	refused(t, v, by(second), false)
	c.advance(10 * time.Second)
	i.set(func() { i.keys = []issuerKey{second, first} })
	good(t, v, by(second))
	good(t, v, by(first))
	i.set(func() { i.keys = []issuerKey{second} })
	c.advance(10 * time.Minute)
	refused(t, v, by(first), false) // withdrawn
	good(t, v, by(second))
	if n := i.count("/.well-known/openid-configuration"); n != 1 {
		t.Errorf("discovered %d times", n)
	}
}

func TestForgedKeysDoNotFloodTheIssuer(t *testing.T) {
	i, c := newIssuer(t), start()
	v := verifier(t, i, c)
	var all sync.WaitGroup
	for n := range 50 {
		all.Go(func() {
			stranger := newIssuerKey(t, fmt.Sprint("made-up", n), "EdDSA")
			for range 4 {
				refused(t, v, sign(stranger, i.person(c.Now(), client)), false)
			}
		})
	}
	all.Wait()
	if n := i.count("/keys"); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestAnIssuerThatIsDown(t *testing.T) {
	i, c := newIssuer(t), start()
	v := verifier(t, i, c)
	token := func() string { return sign(i.keys[0], i.person(c.Now(), client)) }
	i.set(func() { i.down = true })
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { refused(t, v, token(), true) })
	}
	all.Wait()
	if n := i.count("/.well-known/openid-configuration"); n != 1 {
		t.Errorf("%d requests", n)
	}
	i.set(func() { i.down = false })
	c.advance(10 * time.Second)
	good(t, v, token())
	i.set(func() { i.down = true })
	c.advance(23 * time.Hour)
	good(t, v, token()) // by the keys of yesterday
	refused(t, v, sign(newIssuerKey(t, "new", "EdDSA"), i.person(c.Now(), client)), true)
	c.advance(2 * time.Hour)
	refused(t, v, token(), true)
	i.set(func() { i.down = false })
	c.advance(10 * time.Second)
	good(t, v, token())
}

func TestAnIssuerThatIsSlow(t *testing.T) {
	i, c := newIssuer(t), start()
	i.slow = 300 * time.Millisecond
	v, err := social.New(social.Config{Issuer: i.name, Timeout: 50 * time.Millisecond, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	refused(t, v, sign(i.keys[0], i.person(c.Now(), client)), true)
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	patient, err := social.New(social.Config{Issuer: i.name, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	token := sign(i.keys[0], i.person(c.Now(), client))
	if _, err := patient.VerifyIDToken(ctx, token, client, ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a caller who leaves gets %v", err)
	}
	good(t, patient, token) // the load went on without them
}

func TestDiscoveriesThatAreRefused(t *testing.T) {
	tests := map[string]func(map[string]any){
		"another issuer":     func(d map[string]any) { d["issuer"] = "https://evil.example" },
		"no keys":            func(d map[string]any) { delete(d, "jwks_uri") },
		"keys over http":     func(d map[string]any) { d["jwks_uri"] = "http://issuer.example/keys" },
		"too long":           func(d map[string]any) { d["x"] = strings.Repeat("x", 300<<10) },
		"keys of a 404":      func(d map[string]any) { d["jwks_uri"] = strings.Replace(d["jwks_uri"].(string), "/keys", "/gone", 1) },
		"keys nobody serves": func(d map[string]any) { d["jwks_uri"] = "https://127.0.0.1:1/keys" },
	}
	for name, edit := range tests {
		t.Run(name, func(t *testing.T) {
			i, c := newIssuer(t), start()
			i.edit = edit
			refused(t, verifier(t, i, c), sign(i.keys[0], i.person(c.now, client)), true)
		})
	}
}

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]social.Config{
		"http": {Issuer: "http://issuer.example"}, "no URL": {Issuer: "accounts.google.com"}, "user": {Issuer: "https://u:p@issuer.example"},
		"leeway": {Leeway: time.Hour}, "timeout": {Timeout: -1},
	} {
		if v, err := social.New(c); err == nil || v != nil {
			t.Errorf("%s is taken", name)
		}
	}
}
