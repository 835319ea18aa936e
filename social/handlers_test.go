package social_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/pquerna/otp/totp"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/social"
)

// site is a host with the handlers, an issuer, and a parent who has turned the sign-in on.
type site struct {
	*httptest.Server
	issuer *issuer
	kit    *authtest.Kit
	parent authtest.Account
	clock  *clock

	// last is the address that the browser was sent to where the test stops following: of a page that does not exist.
	last *url.URL
}

const page = "https://shop.example/welcome"

func newSite(t *testing.T, edits ...func(*social.HandlersConfig)) *site {
	t.Helper()
	return newSiteWith(t, func(*tollkeeper.Config) {}, edits...)
}

func newSiteWith(t *testing.T, config func(*tollkeeper.Config), edits ...func(*social.HandlersConfig)) *site {
	t.Helper()
	s := &site{issuer: newIssuer(t), clock: realClock()}
	v := verifier(t, s.issuer, s.clock)
	s.kit = authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) {
		c.Social.Issuers = map[string]tollkeeper.IDTokenVerifier{tollkeeper.IssuerGoogle: v}
	}), authtest.WithConfig(config))
	s.parent = s.kit.Parent()
	s.organize(t, tollkeeper.OrganizationPatch{
		URL: new("https://shop.example"), AuthURLs: tollkeeper.AuthURLsPatch{Successful: new(page)},
		Issuers: []tollkeeper.IssuerSettings{{Issuer: tollkeeper.IssuerGoogle, Enabled: true, ClientID: client}},
	})
	mux := http.NewServeMux()
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	c := social.HandlersConfig{Auth: s.kit.Auth, Verifier: v, Key: tollkeeper.NewMasterKey(), RedirectURL: s.URL + "/auth/google/callback", Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}
	for _, edit := range edits {
		edit(&c)
	}
	h, err := social.NewHandlers(c)
	if err != nil {
		t.Fatal(err)
	}
	h.Register(mux)
	return s
}

func (s *site) organize(t *testing.T, p tollkeeper.OrganizationPatch) {
	t.Helper()
	if _, err := s.kit.Auth.UpdateOrganization(t.Context(), s.kit.Identity(string(s.kit.SignIn(s.parent).Token)), p); err != nil {
		t.Fatal(err)
	}
}

// browser follows redirects and keeps cookies, but does not leave for pages that are not there.
func (s *site) browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if s.last = r.URL; r.URL.Host == "shop.example" {
			return http.ErrUseLastResponse
		}
		return nil
	}}
}

func (s *site) startURL(more string) string {
	return s.URL + "/auth/google/start?parentPublicKey=" + s.parent.PublicKey + more
}

type answer struct {
	Success bool
	Token   string
	User    struct{ UserID, Email, Username, AccountType, ParentAccount, PublicKey string }
	Data    struct {
		MfaRequired bool
		Challenge   string
		ExpiresIn   int
	}
	Error struct{ Code, Message string }
}

func get(t *testing.T, c *http.Client, url string) (*http.Response, string) {
	t.Helper()
	r, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if r.Header.Get("Cache-Control") != "no-store" || r.Header.Get("Referrer-Policy") != "no-referrer" || r.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers of %s: %v", url, r.Header)
	}
	return r, string(body)
}

func parse(t *testing.T, body string) (a answer) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return a
}

func TestTheWholeFlow(t *testing.T) {
	tests := map[string]struct {
		secret, methods string
	}{"public client": {}, "secret in the header": {secret: "s:1/é"}, "secret in the body": {secret: "s:1/é", methods: "client_secret_post"}}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, func(c *social.HandlersConfig) {
				c.ClientSecret = func(_ context.Context, id string) (string, error) {
					return map[string]string{client: tt.secret}[id], nil
				}
			})
			s.issuer.secret = tt.secret
			s.issuer.edit = func(d map[string]any) {
				if tt.methods != "" {
					d["token_endpoint_auth_methods_supported"] = []string{tt.methods}
				}
			}
			b := s.browser(t)
			r, body := get(t, b, s.startURL(""))
			a := parse(t, body)
			if r.StatusCode != 200 || r.Header.Get("Content-Type") != "application/json" || !a.Success {
				t.Fatalf("%d: %s", r.StatusCode, body)
			}
			id := s.kit.Identity(a.Token)
			if id.Parent != s.parent.ID || id.Email != "ada@home.example" || !id.Verified || id.Audience != tollkeeper.AudienceOrganization {
				t.Errorf("the token speaks for %+v", id)
			}
			if u := a.User; u.UserID != id.Account.String() || u.Email != id.Email || u.AccountType != "child" || u.ParentAccount != s.parent.PublicKey || u.PublicKey != id.PublicKey {
				t.Errorf("user %+v", u)
			}
			if strings.Contains(s.last.String(), a.Token) {
				t.Error("the token is in a URL")
			}
			at, _ := url.Parse(s.URL)
			if left := b.Jar.Cookies(at); len(left) != 0 {
				t.Errorf("the browser keeps %v", left)
			}
			if _, again := get(t, b, s.startURL("")); s.kit.Identity(parse(t, again).Token).Account != id.Account {
				t.Error("the second time it is somebody else")
			}
		})
	}
}

func TestWhatTheIssuerIsAsked(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	seen := map[string]bool{}
	for range 2 {
		r, _ := get(t, b, s.startURL(""))
		to, err := r.Location()
		if err != nil || r.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to.String(), s.issuer.URL+"/authorize?") {
			t.Fatalf("%d %v, %v", r.StatusCode, to, err)
		}
		q := to.Query()
		if q.Get("response_type") != "code" || q.Get("client_id") != client || q.Get("redirect_uri") != s.URL+"/auth/google/callback" || q.Get("scope") != "openid email profile" || q.Get("code_challenge_method") != "S256" {
			t.Errorf("it asks %v", q)
		}
		for _, name := range []string{"state", "nonce", "code_challenge"} {
			if v := q.Get(name); len(v) != 43 || seen[v] {
				t.Errorf("%s is %q", name, v)
			}
			seen[q.Get(name)] = true
		}
		c := r.Cookies()[0]
		if len(r.Cookies()) != 1 || c.Name != cookieOf(q.Get("state")) || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 600 || seen[c.Value] {
			t.Errorf("cookie %v", c)
		}
		for v := range seen {
			if strings.Contains(c.Value, v) {
				t.Error("the cookie shows what it keeps")
			}
		}
		seen[c.Value] = true
	}
}

func TestCookieOfAnEncryptedSite(t *testing.T) {
	s := newSite(t)
	h, err := social.NewHandlers(social.HandlersConfig{Auth: s.kit.Auth, Verifier: verifier(t, s.issuer, s.clock), Key: tollkeeper.NewMasterKey(), RedirectURL: "https://app.example/auth/google/callback"})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.Start.ServeHTTP(w, httptest.NewRequest("GET", s.startURL(""), nil))
	if c := w.Result().Cookies()[0]; !strings.HasPrefix(c.Name, "__Host-tollkeeper-social-") || !c.Secure || c.Path != "/" || c.Domain != "" || !c.HttpOnly {
		t.Errorf("cookie %v", c)
	}
}

func TestDeliveries(t *testing.T) {
	t.Run("fragment", func(t *testing.T) {
		s := newSite(t, func(c *social.HandlersConfig) { c.Deliver, c.Returns = social.Fragment, []string{"/shop/cart"} })
		for more, want := range map[string]string{"": page, "&return=/shop/cart": "https://shop.example/shop/cart"} {
			get(t, s.browser(t), s.startURL(more))
			values, err := url.ParseQuery(s.last.Fragment)
			if err != nil || values.Get("expiresIn") != "86400" || s.last.RawQuery != "" {
				t.Fatalf("it ends at %s, %v", s.last, err)
			}
			s.kit.Identity(values.Get("token"))
			if s.last.Fragment = ""; s.last.String() != want {
				t.Errorf("it ends at %s", s.last)
			}
		}
	})
	t.Run("form post", func(t *testing.T) {
		s := newSite(t, func(c *social.HandlersConfig) { c.Deliver = social.FormPost })
		r, body := get(t, s.browser(t), s.startURL(""))
		policy := r.Header.Get("Content-Security-Policy")
		if r.StatusCode != 200 || r.Header.Get("Content-Type") != "text/html; charset=utf-8" || !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "form-action https://shop.example;") || strings.Contains(policy, "unsafe") {
			t.Errorf("%d %v", r.StatusCode, r.Header)
		}
		_, token, _ := strings.Cut(body, `name="token" value="`)
		token, _, _ = strings.Cut(token, `"`)
		s.kit.Identity(token)
		if !strings.Contains(body, `<form method="post" action="`+page+`">`) {
			t.Errorf("the form is %s", body)
		}
	})
}

// TestSecondFactor stops where every other way of signing in stops: at a challenge.
func TestSecondFactor(t *testing.T) {
	for _, how := range []social.Delivery{social.JSON, social.Fragment, social.FormPost} {
		s := newSite(t, func(c *social.HandlersConfig) { c.Deliver = how })
		child := s.kit.Child(s.parent)
		s.issuer.claims = map[string]any{"email": child.Email}
		id := s.kit.Identity(string(s.kit.SignIn(child).Token))
		seed, err := s.kit.Auth.EnrolFactor(t.Context(), id, tollkeeper.FactorEnrolment{Password: tollkeeper.Password(child.Password)})
		if err != nil {
			t.Fatal(err)
		}
		code, err := totp.GenerateCode(string(seed.Seed), s.kit.Now())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.kit.Auth.ConfirmFactor(t.Context(), id, tollkeeper.SecretText(code), tollkeeper.Client{}); err != nil {
			t.Fatal(err)
		}
		_, body := get(t, s.browser(t), s.startURL(""))
		switch how {
		case social.JSON:
			if a := parse(t, body); !a.Success || a.Token != "" || !a.Data.MfaRequired || a.Data.Challenge == "" || a.Data.ExpiresIn != 300 {
				t.Errorf("%s", body)
			}
		case social.Fragment:
			if v, err := url.ParseQuery(s.last.Fragment); err != nil || v.Has("token") || v.Get("challenge") == "" {
				t.Errorf("%s, %v", s.last, err)
			}
		case social.FormPost:
			if strings.Contains(body, `name="token"`) || !strings.Contains(body, `name="challenge"`) {
				t.Errorf("%s", body)
			}
		}
	}
}

func TestStartRefuses(t *testing.T) {
	s := newSite(t, func(c *social.HandlersConfig) { c.Returns = []string{"/cart"} })
	other := s.kit.Parent() // has no organization
	child := s.kit.Child(s.parent)
	key := "parentPublicKey=" + s.parent.PublicKey
	tests := map[string]struct {
		query  string
		status int
		code   string
	}{
		"no key":            {"", 400, "MISSING_PARENT_PUBLIC_KEY"},
		"malformed key":     {"parentPublicKey=APK_x", 400, "INVALID_PARENT_PUBLIC_KEY"},
		"unknown key":       {"parentPublicKey=APK_" + strings.Repeat("A", 26), 400, "INVALID_PARENT_PUBLIC_KEY"},
		"a child's key":     {"parentPublicKey=" + child.PublicKey, 403, "FORBIDDEN"},
		"turned off":        {"parentPublicKey=" + other.PublicKey, 404, "NOT_FOUND"},
		"two keys":          {key + "&" + key, 400, "INVALID_REQUEST"},
		"half a query":      {key + "&x=%zz", 400, "INVALID_REQUEST"},
		"unlisted return":   {key + "&return=/elsewhere", 400, "INVALID_REQUEST"},
		"return elsewhere":  {key + "&return=https://evil.example/cart", 400, "INVALID_REQUEST"},
		"return by slashes": {key + "&return=//evil.example/cart", 400, "INVALID_REQUEST"},
		"return and more":   {key + "&return=/cart/../x", 400, "INVALID_REQUEST"},
		"two returns":       {key + "&return=/cart&return=/cart", 400, "INVALID_REQUEST"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r, body := get(t, s.browser(t), s.URL+"/auth/google/start?"+tt.query)
			if a := parse(t, body); r.StatusCode != tt.status || a.Success || a.Error.Code != tt.code || a.Error.Message == "" || len(r.Cookies()) > 0 {
				t.Errorf("%d %s", r.StatusCode, body)
			}
		})
	}
	t.Run("HEAD", func(t *testing.T) {
		r, err := http.Head(s.startURL(""))
		if err != nil || r.StatusCode != 405 || len(r.Cookies()) > 0 {
			t.Errorf("%v, %v", r, err)
		}
		r.Body.Close()
	})
	t.Run("turned off again", func(t *testing.T) {
		s := newSite(t)
		s.organize(t, tollkeeper.OrganizationPatch{Issuers: []tollkeeper.IssuerSettings{{Issuer: tollkeeper.IssuerGoogle, ClientID: client}}})
		if r, body := get(t, s.browser(t), s.startURL("")); r.StatusCode != 404 || s.last != nil {
			t.Errorf("%d %s", r.StatusCode, body)
		}
	})
	t.Run("issuer down", func(t *testing.T) {
		s := newSite(t)
		s.issuer.down = true
		r, body := get(t, s.browser(t), s.startURL(""))
		if r.StatusCode != 503 || parse(t, body).Error.Code != "SERVICE_UNAVAILABLE" || r.Header.Get("Retry-After") == "" {
			t.Errorf("%d %s", r.StatusCode, body)
		}
	})
	t.Run("no page to end at", func(t *testing.T) {
		s := newSite(t, func(c *social.HandlersConfig) { c.Deliver = social.Fragment })
		s.organize(t, tollkeeper.OrganizationPatch{AuthURLs: tollkeeper.AuthURLsPatch{Successful: new("")}})
		if r, body := get(t, s.browser(t), s.startURL("")); r.StatusCode != 400 {
			t.Errorf("%d %s", r.StatusCode, body)
		}
	})
}

func TestNewHandlersRefuses(t *testing.T) {
	s := newSite(t)
	good := social.HandlersConfig{Auth: s.kit.Auth, Verifier: verifier(t, s.issuer, s.clock), Key: tollkeeper.NewMasterKey(), RedirectURL: "https://app.example/auth/google/callback"}
	tests := map[string]func(*social.HandlersConfig){
		"no auth": func(c *social.HandlersConfig) { c.Auth = nil }, "no verifier": func(c *social.HandlersConfig) { c.Verifier = nil },
		"no key": func(c *social.HandlersConfig) { c.Key = nil }, "short key": func(c *social.HandlersConfig) { c.Key = c.Key[:31] },
		"key of zeros": func(c *social.HandlersConfig) { c.Key = make(tollkeeper.MasterKey, 32) },
		"no redirect":  func(c *social.HandlersConfig) { c.RedirectURL = "" }, "redirect over http": func(c *social.HandlersConfig) { c.RedirectURL = "http://app.example/x" },
		"redirect to a root": func(c *social.HandlersConfig) { c.RedirectURL = "https://app.example/" }, "redirect with a query": func(c *social.HandlersConfig) { c.RedirectURL += "?x=1" },
		"delivery": func(c *social.HandlersConfig) { c.Deliver = 3 },
	}
	for _, path := range []string{"", "cart", "//evil.example", "/\\evil.example", "https://evil.example", "/a?b", "/a#b", "/a b", "/a\nb", "/%2e%2e", "/ü"} {
		tests["return "+path] = func(c *social.HandlersConfig) { c.Returns = []string{path} }
	}
	for name, edit := range tests {
		c := good
		edit(&c)
		if h, err := social.NewHandlers(c); err == nil || h != nil {
			t.Errorf("%q is taken", name)
		}
	}
	if _, err := social.NewHandlers(good); err != nil {
		t.Error(err)
	}
}

// keysOf lists what an answer has, for tests that compare shapes.
func keysOf(t *testing.T, body string) []string {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(m))
}
