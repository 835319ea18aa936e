package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

var text64 = base64.RawURLEncoding.EncodeToString

// issuerServer is an OpenID Connect issuer whose one person says yes at once. Its client has the secret "s3cret".
type issuerServer struct {
	*httptest.Server
	key *ecdsa.PrivateKey

	mu    sync.Mutex
	codes map[string]url.Values // what was asked for, by code
}

func newIssuerServer(t *testing.T) *issuerServer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuerServer{key: key, codes: map[string]url.Values{}}
	mux := http.NewServeMux()
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{
			"issuer": i.URL, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"ES256"}, "token_endpoint_auth_methods_supported": []string{"client_secret_post"},
		})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		point, _ := key.PublicKey.Bytes() // 4, x, y
		reply(w, map[string]any{"keys": []any{map[string]any{
			"kid": "k1", "use": "sig", "alg": "ES256", "kty": "EC", "crv": "P-256", "x": text64(point[1:33]), "y": text64(point[33:]),
		}}})
	})
	mux.HandleFunc("/authorize", i.authorize)
	mux.HandleFunc("/token", i.token)
	return i
}

func reply(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

func (i *issuerServer) authorize(w http.ResponseWriter, r *http.Request) {
	q, code := r.URL.Query(), rand.Text()
	i.mu.Lock()
	i.codes[code] = q
	i.mu.Unlock()
	back := url.Values{"state": {q.Get("state")}, "code": {code}, "iss": {i.URL}}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (i *issuerServer) token(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	q := i.codes[r.PostFormValue("code")]
	i.mu.Unlock()
	challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if r.PostFormValue("client_secret") != "s3cret" || q.Get("code_challenge") != text64(challenge[:]) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	now := time.Now().Unix()
	claims, _ := json.Marshal(map[string]any{
		"iss": i.URL, "aud": q.Get("client_id"), "sub": "1077", "nonce": q.Get("nonce"), "iat": now, "exp": now + 600,
		"email": "ada@home.example", "email_verified": true, "name": "Ada",
	})
	text := text64([]byte(`{"alg":"ES256","kid":"k1"}`)) + "." + text64(claims)
	digest := sha256.Sum256([]byte(text))
	a, b, err := ecdsa.Sign(rand.Reader, i.key, digest[:])
	if err != nil {
		panic(err)
	}
	signature := append(a.FillBytes(make([]byte, 32)), b.FillBytes(make([]byte, 32))...)
	reply(w, map[string]any{"access_token": "a", "token_type": "Bearer", "expires_in": 600, "id_token": text + "." + text64(signature)})
}

// organize turns the sign-in on for a new parent, and answers its public key.
func organize(t *testing.T, s *running) string {
	t.Helper()
	key := s.signUp(t, "owner@acme.example")
	_, in := s.signIn(t, "owner@acme.example")
	token, _ := in["token"].(string)
	body := `{"organizationName":"Acme","organizationUrl":"https://acme.example","googleSsoConfig":{"enabled":true,"clientId":"c1"}}`
	if res, answer := s.call(t, "POST /auth/update-organization", body, token); res.StatusCode != 200 {
		t.Fatalf("%d %v", res.StatusCode, answer)
	}
	return key
}

// TestGoogle: a browser that follows the link comes back signed in.
func TestGoogle(t *testing.T) {
	tests := map[string]struct {
		secret string
		status int
	}{
		"the client's secret": {"s3cret", 200},
		"another secret":      {"other", 503},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			issuer := newIssuerServer(t)
			s := runServer(t, map[string]string{"TOLLKEEPER_GOOGLE_CLIENT_SECRET": tt.secret}, "-google", "-google-issuer="+issuer.URL)
			key := organize(t, s)
			jar, err := cookiejar.New(nil)
			if err != nil {
				t.Fatal(err)
			}
			browser := &http.Client{Jar: jar}
			res, err := browser.Get(s.url + "/auth/google/start?parentPublicKey=" + key)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			text, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != tt.status || strings.Contains(string(text), `"token":"`) != (tt.status == 200) {
				t.Errorf("%s: %d %s, %v", res.Request.URL.Path, res.StatusCode, text, err)
			}
			if res.Request.URL.Path != callbackPath {
				t.Errorf("the browser ends at %s", res.Request.URL)
			}
		})
	}
}

// TestGoogleOfTheWidget: the organization's page gets the session in the fragment of its address.
func TestGoogleOfTheWidget(t *testing.T) {
	issuer := newIssuerServer(t)
	s := runServer(t, map[string]string{"TOLLKEEPER_GOOGLE_CLIENT_SECRET": "s3cret"}, "-google", "-google-fragment", "-google-issuer="+issuer.URL)
	key := organize(t, s)
	_, in := s.signIn(t, "owner@acme.example")
	token, _ := in["token"].(string)
	body := `{"authUrls":{"successful":"https://acme.example/home"}}`
	if res, answer := s.call(t, "POST /auth/update-organization", body, token); res.StatusCode != 200 {
		t.Fatalf("%d %v", res.StatusCode, answer)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	last := ""
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if last = r.URL.String(); r.URL.Host == "acme.example" {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	res, err := browser.Get(s.url + "/auth/google/start?parentPublicKey=" + key)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if !strings.HasPrefix(last, "https://acme.example/home#") || !strings.Contains(last, "token=") {
		t.Errorf("the browser ends at %s", last)
	}
}

func TestWithoutGoogle(t *testing.T) {
	s := runServer(t, nil)
	if res, answer := s.call(t, "GET /auth/google/start?parentPublicKey=x", "", ""); res.StatusCode != 404 {
		t.Errorf("%d %v", res.StatusCode, answer)
	}
	_, err := newVerifier(options{google: true, googleIssuer: "http://id.example"})
	if err == nil || !strings.HasPrefix(err.Error(), "-google-issuer http://id.example: must be") {
		t.Errorf("an issuer without TLS: %v", err)
	}
}

func TestCookieKeyIsOfTheLastSecret(t *testing.T) {
	old := tollkeeper.NewMasterKey()
	one, err := cookieKey([]tollkeeper.MasterKey{old})
	if err != nil || len(one) != 32 || fmt.Sprintf("%x", []byte(one)) == fmt.Sprintf("%x", []byte(old)) {
		t.Fatalf("%d bytes, %v", len(one), err)
	}
	two, err := cookieKey([]tollkeeper.MasterKey{tollkeeper.NewMasterKey(), old})
	if err != nil || two.Reveal() != one.Reveal() {
		t.Errorf("a new first secret changes it, %v", err)
	}
	if other, err := cookieKey([]tollkeeper.MasterKey{tollkeeper.NewMasterKey()}); err != nil || other.Reveal() == one.Reveal() {
		t.Errorf("it does not depend on the secret, %v", err)
	}
}
