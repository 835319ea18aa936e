package social_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/social"
)

func realClock() *clock { return &clock{now: time.Now()} }

// begun is a sign-in whose browser stands at the issuer's door: the callback that it would be sent to, and its cookie.
type begun struct {
	callback *url.URL
	cookie   *http.Cookie
}

func (s *site) begin(t *testing.T) begun {
	t.Helper()
	b := s.browser(t)
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r, _ := get(t, b, s.startURL(""))
	to, err := r.Location()
	if err != nil {
		t.Fatal(err)
	}
	issued, err := b.Get(to.String())
	if err != nil {
		t.Fatal(err)
	}
	issued.Body.Close()
	back, err := issued.Location()
	if err != nil {
		t.Fatal(err)
	}
	return begun{back, r.Cookies()[0]}
}

// call comes to the callback with the cookies.
func (s *site) call(t *testing.T, to *url.URL, cookies ...*http.Cookie) (*http.Response, string) {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", to.String(), nil)
	for _, c := range cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	s.Config.Handler.ServeHTTP(w, r)
	return w.Result(), w.Body.String()
}

// cookieOf is the name of the cookie of the flow with that state.
func cookieOf(state string) string {
	sum := sha256.Sum256([]byte(state))
	return "tollkeeper-social-" + text64(sum[:9])
}

func TestCallbackRefuses(t *testing.T) {
	s := newSite(t)
	another := newSite(t)
	query := func(u *url.URL, name, value string) *url.URL {
		c := *u
		q := c.Query()
		q.Set(name, value)
		c.RawQuery = q.Encode()
		return &c
	}
	tests := map[string]func(begun) (*url.URL, []*http.Cookie){
		"no cookie":        func(b begun) (*url.URL, []*http.Cookie) { return b.callback, nil },
		"another's cookie": func(b begun) (*url.URL, []*http.Cookie) { return b.callback, []*http.Cookie{s.begin(t).cookie} },
		"two cookies": func(b begun) (*url.URL, []*http.Cookie) {
			return b.callback, []*http.Cookie{b.cookie, {Name: b.cookie.Name, Value: s.begin(t).cookie.Value}}
		},
		"of another service": func(b begun) (*url.URL, []*http.Cookie) {
			return b.callback, []*http.Cookie{{Name: b.cookie.Name, Value: another.begin(t).cookie.Value}}
		},
		"another state": func(b begun) (*url.URL, []*http.Cookie) {
			return query(b.callback, "state", "x"), []*http.Cookie{b.cookie}
		},
		"no state": func(b begun) (*url.URL, []*http.Cookie) {
			return query(b.callback, "state", ""), []*http.Cookie{b.cookie}
		},
		"another issuer": func(b begun) (*url.URL, []*http.Cookie) {
			return query(b.callback, "iss", "https://evil.example"), []*http.Cookie{b.cookie}
		},
		"no code": func(b begun) (*url.URL, []*http.Cookie) {
			return query(b.callback, "code", ""), []*http.Cookie{b.cookie}
		},
		"wrong code": func(b begun) (*url.URL, []*http.Cookie) {
			return query(b.callback, "code", "x"), []*http.Cookie{b.cookie}
		},
		"a no": func(b begun) (*url.URL, []*http.Cookie) {
			return query(b.callback, "error", "access_denied"), []*http.Cookie{b.cookie}
		},
		"another's code": func(b begun) (*url.URL, []*http.Cookie) {
			return query(b.callback, "code", s.begin(t).callback.Query().Get("code")), []*http.Cookie{b.cookie} // PKCE
		},
		"a changed cookie": func(b begun) (*url.URL, []*http.Cookie) {
			raw, err := base64.RawURLEncoding.DecodeString(b.cookie.Value)
			if err != nil {
				t.Fatal(err)
			}
			raw[20] ^= 1
			return b.callback, []*http.Cookie{{Name: b.cookie.Name, Value: base64.RawURLEncoding.EncodeToString(raw)}}
		},
		"a long cookie": func(b begun) (*url.URL, []*http.Cookie) {
			return b.callback, []*http.Cookie{{Name: b.cookie.Name, Value: strings.Repeat("A", 3000)}}
		},
		"no text at all": func(b begun) (*url.URL, []*http.Cookie) {
			return b.callback, []*http.Cookie{{Name: b.cookie.Name, Value: "!"}}
		},
	}
	for name, try := range tests {
		t.Run(name, func(t *testing.T) {
			to, cookies := try(s.begin(t))
			r, body := s.call(t, to, cookies...)
			a := parse(t, body)
			if r.StatusCode != 401 || a.Success || a.Token != "" || a.Error.Message == "" {
				t.Errorf("%d %s", r.StatusCode, body)
			}
			ours := slices.ContainsFunc(cookies, func(c *http.Cookie) bool { return c.Name == cookieOf(to.Query().Get("state")) })
			if gone := len(r.Cookies()) == 1 && r.Cookies()[0].MaxAge == -1; gone != ours {
				t.Errorf("of what came with it this stays or goes: %v", r.Cookies())
			}
			if strings.Contains(body, to.Query().Get("code")) && to.Query().Get("code") != "" && len(to.Query().Get("code")) > 8 {
				t.Error("the answer has the code")
			}
		})
	}
	t.Run("two states", func(t *testing.T) {
		b := s.begin(t)
		b.callback.RawQuery += "&state=x"
		if r, body := s.call(t, b.callback, b.cookie); r.StatusCode != 400 {
			t.Errorf("%d %s", r.StatusCode, body)
		}
	})
	t.Run("nothing is wrong", func(t *testing.T) {
		b := s.begin(t)
		r, body := s.call(t, b.callback, b.cookie)
		if r.StatusCode != 200 || !slices.Equal(keysOf(t, body), []string{"success", "token", "user"}) {
			t.Fatalf("%d %s", r.StatusCode, body)
		}
		if r, body := s.call(t, b.callback, b.cookie); r.StatusCode != 401 {
			t.Errorf("the same again gives %d %s", r.StatusCode, body)
		}
	})
}

// Sign-ins that one browser begins side by side all finish, in any order: each has a cookie of its own.
func TestTwoTabs(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	at, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	follow := func(from string) *url.URL {
		t.Helper()
		r, err := b.Get(from)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		to, err := r.Location()
		if err != nil {
			t.Fatal(err)
		}
		return to
	}
	var tabs []*url.URL
	for range 10 {
		s.clock.advance(time.Second)
		tabs = append(tabs, follow(s.startURL("")))
	}
	if n := len(b.Jar.Cookies(at)); n != 8 {
		t.Errorf("%d cookies", n)
	}
	for n, tab := range tabs {
		r, body := get(t, b, follow(tab.String()).String())
		if want := map[bool]int{true: 401, false: 200}[n < 2]; r.StatusCode != want {
			t.Errorf("tab %d: %d %s", n, r.StatusCode, body)
		}
	}
	if left := b.Jar.Cookies(at); len(left) != 0 {
		t.Errorf("the browser keeps %v", left)
	}
}

// A cookie counts under its own name only, and what is not ours makes room first.
func TestACookieIsOfOneFlow(t *testing.T) {
	s := newSite(t)
	a, b := s.begin(t), s.begin(t)
	if r, body := s.call(t, a.callback, &http.Cookie{Name: a.cookie.Name, Value: b.cookie.Value}); r.StatusCode != 401 {
		t.Errorf("under another name: %d %s", r.StatusCode, body)
	}
	if r, _ := s.call(t, b.callback, a.cookie); len(r.Cookies()) != 0 {
		t.Errorf("another flow's cookie is taken away: %v", r.Cookies())
	}
	cookies := []*http.Cookie{a.cookie, {Name: "other", Value: "x"}}
	for n := range 8 {
		cookies = append(cookies, &http.Cookie{Name: fmt.Sprint("tollkeeper-social-", n), Value: "junk"})
	}
	to, err := url.Parse(s.startURL(""))
	if err != nil {
		t.Fatal(err)
	}
	r, _ := s.call(t, to, cookies...)
	gone := 0
	for _, c := range r.Cookies() {
		if c.MaxAge < 0 {
			gone++
		}
		if c.Name == a.cookie.Name || c.Name == "other" {
			t.Errorf("%v", c)
		}
	}
	if gone != 2 {
		t.Errorf("%d make room", gone)
	}
}

func TestTicketsExpire(t *testing.T) {
	s := newSite(t)
	early, late := s.begin(t), s.begin(t)
	s.clock.advance(10*time.Minute - time.Second)
	s.issuer.set(func() {
		s.issuer.claims = map[string]any{"iat": s.clock.Now().Unix(), "exp": s.clock.Now().Unix() + 60}
	})
	if r, body := s.call(t, early.callback, early.cookie); r.StatusCode != 200 {
		t.Errorf("%d %s", r.StatusCode, body)
	}
	s.clock.advance(time.Second)
	if r, body := s.call(t, late.callback, late.cookie); r.StatusCode != 401 {
		t.Errorf("%d %s", r.StatusCode, body)
	}
}

// TestTokensThatAreNoGood come from the issuer's own endpoint, and are refused all the same.
func TestTokensThatAreNoGood(t *testing.T) {
	for name, claims := range map[string]map[string]any{
		"another nonce": {"nonce": "x"}, "another audience": {"aud": "x"}, "another issuer": {"iss": "https://evil.example"},
		"email not verified": {"email_verified": false}, "no email": {"email": nil}, "expired": {"exp": time.Now().Unix() - 3600},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.issuer.claims = claims
			r, body := get(t, s.browser(t), s.startURL(""))
			if a := parse(t, body); r.StatusCode != 401 || a.Error.Code != "INVALID_CREDENTIALS" || a.Token != "" {
				t.Errorf("%d %s", r.StatusCode, body)
			}
		})
	}
}

// What the token leaves out, the issuer is asked for, once: afterwards the person is known by the subject.
func TestUserInfo(t *testing.T) {
	whole := map[string]any{"sub": "1077", "email": "ada@home.example", "email_verified": true, "name": "Ada", "picture": []int{1}}
	tests := map[string]struct {
		says   map[string]any
		edit   map[string]any // of discovery
		status int
	}{
		"it says all": {whole, nil, 200}, "of another": {with(whole, "sub", "1078"), nil, 401}, "of nobody": {with(whole, "sub", nil), nil, 401},
		"no email": {with(whole, "email", nil), nil, 401}, "not verified": {with(whole, "email_verified", false), nil, 401},
		"nothing said of it":    {with(whole, "email_verified", nil), nil, 200}, // an account of an address that nobody has proven
		"a subject in capitals": {with(with(whole, "sub", nil), "SUB", "1077"), nil, 401},
		"there is none":         {whole, map[string]any{"userinfo_endpoint": nil}, 401},
		"over http":             {whole, map[string]any{"userinfo_endpoint": "http://issuer.example/userinfo"}, 503},
		"somewhere else":        {whole, map[string]any{"userinfo_endpoint": "https://127.0.0.1:1/"}, 503},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.issuer.claims = map[string]any{"email": nil, "email_verified": nil, "name": nil}
			s.issuer.says, s.issuer.edit = tt.says, func(d map[string]any) { change(d, tt.edit) }
			for round := range 2 {
				r, body := get(t, s.browser(t), s.startURL(""))
				a := parse(t, body)
				if r.StatusCode != tt.status || (a.User.Email == "ada@home.example") != (tt.status == 200) || strings.Contains(body, s.issuer.URL) {
					t.Fatalf("round %d: %d %s", round, r.StatusCode, body)
				}
				if tt.status != 200 {
					return
				}
			}
			if n := s.issuer.count("/userinfo"); n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

// with returns a copy with one member changed, or taken away by nil.
func with(m map[string]any, name string, value any) map[string]any {
	return change(maps.Clone(m), map[string]any{name: value})
}

func TestTroubleOnTheWayBack(t *testing.T) {
	tests := map[string]struct {
		trouble func(*testing.T, *site)
		status  int
	}{
		"issuer down":  {func(_ *testing.T, s *site) { s.issuer.set(func() { s.issuer.down = true }) }, 503},
		"wrong secret": {func(_ *testing.T, s *site) { s.issuer.set(func() { s.issuer.secret = "changed" }) }, 503},
		"turned off": {func(t *testing.T, s *site) {
			s.organize(t, tollkeeper.OrganizationPatch{Issuers: []tollkeeper.IssuerSettings{{Issuer: tollkeeper.IssuerGoogle, ClientID: client}}})
		}, 404},
		"another client": {func(t *testing.T, s *site) {
			s.organize(t, tollkeeper.OrganizationPatch{Issuers: []tollkeeper.IssuerSettings{{Issuer: tollkeeper.IssuerGoogle, Enabled: true, ClientID: "new"}}})
		}, 401},
		"no credits left": {func(t *testing.T, s *site) { s.spend(t) }, 403},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			b := s.begin(t)
			tt.trouble(t, s)
			r, body := s.call(t, b.callback, b.cookie)
			if a := parse(t, body); r.StatusCode != tt.status || a.Success || a.Error.Message == "" || strings.Contains(body, s.issuer.URL) {
				t.Errorf("%d %s", r.StatusCode, body)
			}
		})
	}
}

// Where sign-up is closed, a first sign-in makes no account.
func TestClosedSignUp(t *testing.T) {
	s := newSiteWith(t, func(c *tollkeeper.Config) { c.Accounts.SignUp.Children = tollkeeper.SignUpClosed })
	b := s.begin(t)
	r, body := s.call(t, b.callback, b.cookie)
	if a := parse(t, body); r.StatusCode != 403 || a.Error.Code != "SIGNUP_CLOSED" {
		t.Errorf("%d %s", r.StatusCode, body)
	}
}

// spend uses up what the parent has.
func (s *site) spend(t *testing.T) {
	t.Helper()
	for _, op := range []tollkeeper.Operation{tollkeeper.OpSignUp, tollkeeper.OpSignIn} {
		var err error
		for i := 0; err == nil; i++ {
			_, err = s.kit.Auth.Host().Charge(t.Context(), s.parent.ID, op, fmt.Sprint("spend ", op, i))
		}
		if !errors.Is(err, tollkeeper.ErrInsufficientCredits) {
			t.Fatal(err)
		}
	}
}

func TestAPersonWhoSaysNo(t *testing.T) {
	s := newSite(t)
	s.issuer.refuses = "access_denied"
	r, body := get(t, s.browser(t), s.startURL(""))
	if a := parse(t, body); r.StatusCode != 401 || a.Error.Code != "SIGN_IN_NOT_COMPLETED" {
		t.Errorf("%d %s", r.StatusCode, body)
	}
}

func ExampleHandlers() {
	var auth *tollkeeper.Authenticator // of the host, whose Config.Social.Issuers has verifier
	verifier, err := social.New(social.Config{})
	if err != nil {
		return
	}
	handlers, err := social.NewHandlers(social.HandlersConfig{
		Auth: auth, Verifier: verifier, Key: tollkeeper.NewMasterKey(),
		RedirectURL: "https://app.example/auth/google/callback",
	})
	if err != nil {
		return
	}
	handlers.Register(http.DefaultServeMux)
}
