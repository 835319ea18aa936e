package social_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/social"
)

const appClient, appSecret = "client-1", "secret-of-client-1"

// act is a preset with the addresses at which its provider is asked.
type act struct {
	name    string
	make    func(t *testing.T, c social.Config) social.Named
	token   string            // its token endpoint
	files   map[string]string // by address, what else it answers
	keys    string            // where its keys are; empty: it has no ID tokens
	vouches bool              // for the address of its files
	named   bool              // it says whether an address is verified
	says    string            // the file that has an address
	posts   bool              // it posts its answer
	bare    bool              // no nonce, no PKCE
	iss     string            // of its answers; empty: none is sent
	api     string            // the address that says who somebody is; empty: the ID token does
	own     bool              // its secret is made here
}

var acts = []act{
	{
		name: "google", make: preset(social.Google), token: "https://oauth2.googleapis.com/token", keys: "https://www.googleapis.com/oauth2/v3/certs",
		files: map[string]string{
			"https://accounts.google.com/.well-known/openid-configuration": "discovery", "https://openidconnect.googleapis.com/v1/userinfo": "userinfo",
		},
		vouches: true, named: true, says: "claims", iss: "https://accounts.google.com",
	}, {
		name: "microsoft", make: microsoft(social.MicrosoftCommon), token: "https://login.microsoftonline.com/common/oauth2/v2.0/token",
		keys: "https://login.microsoftonline.com/common/discovery/v2.0/keys",
		files: map[string]string{
			"https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration": "discovery", "https://graph.microsoft.com/oidc/userinfo": "userinfo",
		},
		says: "claims",
	}, {
		name: "apple", make: apple, token: "https://appleid.apple.com/auth/token", keys: "https://appleid.apple.com/auth/keys",
		files:   map[string]string{"https://appleid.apple.com/.well-known/openid-configuration": "discovery"},
		vouches: true, named: true, says: "claims", posts: true, own: true,
	}, {
		name: "github", make: provider(social.GitHub), token: "https://github.com/login/oauth/access_token",
		files:   map[string]string{"https://api.github.com/user": "user", "https://api.github.com/user/emails": "emails"},
		vouches: true, named: true, says: "emails", api: "https://api.github.com/user",
	}, {
		name: "gitlab", make: preset(social.GitLab), token: "https://gitlab.com/oauth/token", keys: "https://gitlab.com/oauth/discovery/keys",
		files:   map[string]string{"https://gitlab.com/.well-known/openid-configuration": "discovery", "https://gitlab.com/oauth/userinfo": "userinfo"},
		vouches: true, named: true, says: "claims",
	}, {
		name: "discord", make: provider(social.Discord), token: "https://discord.com/api/oauth2/token",
		files:   map[string]string{"https://discord.com/api/users/@me": "user"},
		vouches: true, named: true, says: "user", api: "https://discord.com/api/users/@me",
	}, {
		name: "facebook", make: provider(social.Facebook), token: "https://graph.facebook.com/oauth/access_token",
		files: map[string]string{"https://graph.facebook.com/me": "user"},
		says:  "user", api: "https://graph.facebook.com/me",
	}, {
		name: "linkedin", make: preset(social.LinkedIn), token: "https://www.linkedin.com/oauth/v2/accessToken", keys: "https://www.linkedin.com/oauth/openid/jwks",
		files: map[string]string{
			"https://www.linkedin.com/oauth/.well-known/openid-configuration": "discovery", "https://api.linkedin.com/v2/userinfo": "userinfo",
		},
		vouches: true, named: true, says: "claims", bare: true,
	},
}

func preset(make func(social.Config) (*social.Verifier, error)) func(*testing.T, social.Config) social.Named {
	return func(t *testing.T, c social.Config) social.Named { return must(t)(make(c)) }
}

func provider(make func(social.Config) (*social.Provider, error)) func(*testing.T, social.Config) social.Named {
	return func(t *testing.T, c social.Config) social.Named {
		p, err := make(c)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
}

func must(t *testing.T) func(*social.Verifier, error) *social.Verifier {
	return func(v *social.Verifier, err error) *social.Verifier {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// stage is a provider in the test's process, and a service that turned it on for its own users.
type stage struct {
	*testing.T
	act
	kit    *authtest.Kit
	issuer social.Named
	key    issuerKey

	mu    sync.Mutex
	edit  func(file string, v any) any       // of what a file has; nil: nothing
	raw   func(address string) (int, string) // instead of an answer; zero: none
	forge func(claims map[string]any) string // signs the ID token otherwise; nil: as usual
	codes map[string]url.Values              // the authorization requests that a code stands for
	asked map[string]int                     // by address
	sent  url.Values                         // to the token endpoint, the last time
	heads map[string]string                  // the header Authorization, by address
}

var (
	keyOnce   sync.Once
	sharedKey issuerKey
)

// stageKey is the key of every provider: RSA keys take long to make.
func stageKey(t *testing.T) issuerKey {
	keyOnce.Do(func() { sharedKey = newIssuerKey(t, "k1", "RS256") })
	return sharedKey
}

func newStage(t *testing.T, a act, edits ...func(*social.Config)) *stage {
	t.Helper()
	s := &stage{T: t, act: a, key: stageKey(t), codes: map[string]url.Values{}, asked: map[string]int{}, heads: map[string]string{}}
	s.kit = authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) {
		config := social.Config{
			HTTPClient: &http.Client{Transport: s}, Now: func() time.Time { return s.kit.Now() },
			ClientSecret: func(_ context.Context, id string) (string, error) { return "secret-of-" + id, nil },
		}
		for _, edit := range edits {
			edit(&config)
		}
		s.issuer = a.make(t, config)
		c.Social.Issuers = social.Issuers(s.issuer)
		c.Social.App = []tollkeeper.IssuerSettings{{Issuer: s.issuer.Issuer(), Enabled: true, ClientID: appClient}}
	}))
	return s
}

// file returns what the provider's file has.
func (s *stage) file(name string) any {
	raw, err := os.ReadFile(filepath.Join("testdata", s.name, name+".json"))
	if err != nil {
		s.Error(err)
		return nil
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		s.Error(err)
	}
	if s.edit != nil {
		v = s.edit(name, v)
	}
	return v
}

// RoundTrip answers as the provider does.
func (s *stage) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	address := r.URL.Scheme + "://" + r.URL.Host + r.URL.Path
	s.asked[address]++
	s.heads[address] = r.Header.Get("Authorization")
	status, v := http.StatusOK, any(nil)
	if s.raw != nil {
		if status, text := s.raw(address); status != 0 {
			return answerOf(r, status, []byte(text)), nil
		}
	}
	switch {
	case address == s.token:
		status, v = s.exchange(r)
	case address == s.keys && s.keys != "":
		k := s.key.jwk()
		if s.name == "microsoft" {
			k["issuer"] = "https://login.microsoftonline.com/{tenantid}/v2.0"
		}
		v = map[string]any{"keys": []any{k}}
		if s.edit != nil {
			v = s.edit("keys", v)
		}
	case s.files[address] != "":
		if s.api != "" && r.Header.Get("Authorization") != "Bearer made-up-access-token" {
			status = http.StatusUnauthorized
		}
		v = s.file(s.files[address])
	default:
		status = http.StatusNotFound
	}
	text, err := json.Marshal(v)
	return answerOf(r, status, text), err
}

func answerOf(r *http.Request, status int, body []byte) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}, "Location": {"https://evil.example/"}}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: h, Body: io.NopCloser(bytes.NewReader(body)), Request: r}
}

// exchange is the token endpoint. It takes each code once, of the client and the flow that it was given for.
func (s *stage) exchange(r *http.Request) (int, any) {
	body, _ := io.ReadAll(r.Body)
	form, err := url.ParseQuery(string(body))
	s.sent = form
	asked, known := s.codes[form.Get("code")]
	delete(s.codes, form.Get("code"))
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	secret := form.Get("client_secret")
	switch {
	case err != nil, r.Method != http.MethodPost, r.URL.RawQuery != "", s.bare && form.Has("code_verifier"):
		return http.StatusBadRequest, map[string]any{"error": "invalid_client"}
	case !s.own && secret != appSecret, s.own && strings.Count(secret, ".") != 2:
		return http.StatusUnauthorized, map[string]any{"error": "invalid_client"}
	case !known, asked.Get("client_id") != form.Get("client_id"), asked.Get("redirect_uri") != form.Get("redirect_uri"),
		!s.bare && asked.Get("code_challenge") != text64(sum[:]):
		status := http.StatusBadRequest
		if s.name == "github" {
			status = http.StatusOK
		}
		return status, s.file("spent")
	}
	v := s.file("token")
	if token, ok := v.(map[string]any); ok && s.keys != "" {
		token["id_token"] = s.idToken(asked)
	}
	return http.StatusOK, v
}

func (s *stage) idToken(asked url.Values) string {
	claims, _ := s.file("claims").(map[string]any)
	now := s.kit.Now().Unix()
	usual := map[string]any{"aud": asked.Get("client_id"), "iat": now, "exp": now + 300, "nonce": asked.Get("nonce")}
	if s.bare {
		delete(usual, "nonce")
	}
	for name, value := range usual {
		if _, set := claims[name]; !set {
			claims[name] = value
		}
	}
	if s.forge != nil {
		return s.forge(claims)
	}
	return sign(s.key, claims)
}

// set changes the provider while it serves.
func (s *stage) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

const stageCallback = authtest.BaseURL + "/auth/callback"

// begin sends a browser to the provider, and returns what it brings back.
func (s *stage) begin(edits ...func(*tollkeeper.IssuerStart)) tollkeeper.IssuerReturn {
	s.Helper()
	r := tollkeeper.IssuerStart{Issuer: s.issuer.Issuer(), RedirectURL: stageCallback}
	for _, edit := range edits {
		edit(&r)
	}
	begun, err := s.kit.Auth.BeginIssuer(s.Context(), r)
	if err != nil {
		s.Fatal(err)
	}
	if begun.FormPost != s.posts {
		s.Errorf("it posts: %t", begun.FormPost)
	}
	u, err := url.Parse(begun.URL)
	if err != nil {
		s.Fatal(err)
	}
	q := u.Query()
	code := "code-" + q.Get("state")[:8]
	s.set(func() { s.codes[code] = q })
	return tollkeeper.IssuerReturn{Ticket: begun.Ticket, RedirectURL: stageCallback, State: q.Get("state"), Code: tollkeeper.SecretText(code), Iss: s.iss}
}

func (s *stage) come(edits ...func(*tollkeeper.IssuerReturn)) (tollkeeper.IssuerResult, error) {
	s.Helper()
	r := s.begin()
	for _, edit := range edits {
		edit(&r)
	}
	return s.kit.Auth.SignInWithIssuer(s.Context(), r)
}

// telling has the file with the address say something else.
func (s *stage) telling(fields map[string]any) {
	s.set(func() {
		s.edit = func(file string, v any) any {
			if file == "userinfo" && s.says == "claims" {
				m := v.(map[string]any)
				change(m, map[string]any{"email": nil})
				if sub, ok := fields["sub"]; ok {
					m["sub"] = sub
				}
			}
			if file != s.says && (file != "user" || fields["id"] == nil) {
				return v
			}
			if list, ok := v.([]any); ok {
				change(list[0].(map[string]any), fields)
				return v
			}
			change(v.(map[string]any), fields)
			return v
		}
	})
}

// verifiedField is what the provider calls it.
func (s *stage) verifiedField() string {
	if s.says == "claims" {
		return "email_verified"
	}
	return "verified"
}
