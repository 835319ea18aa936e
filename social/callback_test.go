package social_test

import (
	"encoding/base64"
	"errors"
	"fmt"
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
			return b.callback, []*http.Cookie{b.cookie, s.begin(t).cookie}
		},
		"of another service": func(b begun) (*url.URL, []*http.Cookie) { return b.callback, []*http.Cookie{another.begin(t).cookie} },
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
			if len(cookies) > 0 && (len(r.Cookies()) != 1 || r.Cookies()[0].MaxAge != -1) {
				t.Errorf("the cookie stays: %v", r.Cookies())
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
		"email not verified": {"email_verified": false}, "no email": {"email": ""}, "expired": {"exp": time.Now().Unix() - 3600},
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
