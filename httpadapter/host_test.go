package httpadapter_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
)

func TestWriteError(t *testing.T) {
	secret := errors.New("pq: password of 10.0.0.7")
	for _, c := range []struct {
		name   string
		err    error
		status int
		code   string
		wait   string
	}{
		{"the core's", tollkeeper.ErrForbidden, 403, `"forbidden"`, ""},
		{"wrapped", fmt.Errorf("shop: %w", tollkeeper.ErrNotFound), 404, `"not_found"`, ""},
		{"joined", errors.Join(secret, tollkeeper.ErrConflict), 409, `"conflict"`, ""},
		{"with a cause", tollkeeper.ErrUnavailable.WithCause(secret), 503, `"unavailable"`, "1"},
		{"with a wait", tollkeeper.ErrRateLimited.WithRetryAfter(1500 * time.Millisecond), 429, `"rate_limited"`, "2"},
		{"with a field", tollkeeper.ErrInvalidInput.WithField("color"), 400, `"field":"color"`, ""},
		{"foreign", secret, 500, `"internal"`, ""},
		{"of the context", context.Canceled, 500, `"internal"`, ""},
		{"of an unknown code", &tollkeeper.Error{Code: "of_a_host", Message: "10.0.0.7"}, 500, `"internal"`, ""},
		{"none", nil, 500, `"internal"`, ""},
		{"none of the core's", (*tollkeeper.Error)(nil), 500, `"internal"`, ""},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			w := httptest.NewRecorder()
			httpadapter.WriteError(w, httptest.NewRequest(method, "/", nil), c.err)
			body := w.Body.String()
			if w.Code != c.status || w.Header().Get("Retry-After") != c.wait || w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: %d %v", c.name, w.Code, w.Header())
			}
			if (method == "HEAD") != (body == "") || body != "" && !strings.Contains(body, c.code) || containsAny(body, "pq", "10.0.0.7") {
				t.Errorf("%s %s: %s", method, c.name, body)
			}
		}
	}
}

func TestClientOf(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "10.9.0.1:4711"
	r.Header = http.Header{"User-Agent": {"toaster"}, "X-Forwarded-For": {"198.51.100.1, 203.0.113.9", "10.9.0.2"}, "X-Real-Ip": {"192.0.2.1"}}
	proxies := netip.MustParsePrefix("10.9.0.0/16")
	for _, c := range []struct {
		peer    string
		proxies []netip.Prefix
		want    string
	}{
		{"10.9.0.1:4711", nil, "10.9.0.1"},
		{"10.9.0.1:4711", []netip.Prefix{proxies}, "203.0.113.9"},
		{"192.0.2.7:1", []netip.Prefix{proxies}, "192.0.2.7"},
		{"[::ffff:192.0.2.7]:1", nil, "192.0.2.7"},
		{"@", []netip.Prefix{proxies}, "invalid IP"},
	} {
		r.RemoteAddr = c.peer
		if got := httpadapter.ClientOf(r, c.proxies...); got.Addr.String() != c.want || got.Agent != "toaster" {
			t.Errorf("%s behind %v: %v", c.peer, c.proxies, got)
		}
	}
}

func TestSetSession(t *testing.T) {
	session := tollkeeper.SignInResult{Token: "a.b.c", ExpiresIn: 90 * time.Minute}
	const flags = "__Host-session=a.b.c; Path=/; HttpOnly; Secure; SameSite=Lax"
	for _, c := range []struct {
		name     string
		result   tollkeeper.SignInResult
		remember bool
		h        http.Header
		want     string
	}{
		{"a program", session, false, nil, flags},
		{"an own page", session, false, http.Header{"Sec-Fetch-Site": {"same-origin"}, "Origin": {"https://app.example"}}, flags},
		{"an own page of an old browser", session, false, http.Header{"Origin": {"https://app.example"}}, flags},
		{"remembered", session, true, nil, strings.Replace(flags, "/;", "/; Max-Age=5400;", 1)},
		{"a foreign page", session, false, http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}}, ""},
		{"a sibling", session, true, http.Header{"Sec-Fetch-Site": {"same-site"}}, ""},
		{"a foreign page of an old browser", session, false, http.Header{"Origin": {"https://evil.example"}}, ""},
		{"two origins", session, false, http.Header{"Origin": {"https://app.example", "https://evil.example"}}, ""},
		{"two sites", session, false, http.Header{"Sec-Fetch-Site": {"same-origin", "cross-site"}}, ""},
		{"a sandboxed page", session, false, http.Header{"Origin": {"null"}}, ""},
		{"a challenge", tollkeeper.SignInResult{Challenge: "c", ExpiresIn: time.Minute}, true, nil, ""},
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest("POST", "https://app.example/sign-in", nil)
		for name, v := range c.h {
			r.Header[name] = v
		}
		set := httpadapter.SetSession(w, r, c.result, c.remember)
		if got := w.Header().Get("Set-Cookie"); got != c.want || set != (c.want != "") {
			t.Errorf("%s: %t, %q, want %q", c.name, set, got, c.want)
		}
	}
	w := httptest.NewRecorder()
	httpadapter.ClearSession(w)
	if got, want := w.Header().Get("Set-Cookie"), "__Host-session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestOptionalAuth(t *testing.T) {
	var kept *broken
	w := newWorld(t, breakable(&kept))
	v1 := httpadapter.Accept(tollkeeper.AudienceV1)
	w.guarded("/open", httpadapter.OptionalAuth(w.Auth, v1))
	w.guarded("/bearer", httpadapter.OptionalAuth(w.Auth, v1, httpadapter.BearerOnly()))
	w.guarded("/tenants", httpadapter.OptionalAuth(w.Auth, httpadapter.Accept(tollkeeper.AudienceOrganization)))
	limited := w.parent("lil")
	w.organize(limited, `{"organizationName":"x","emailVerificationRequired":true}`)
	user := w.user("uwe")
	const nobody = 204
	cases := []struct {
		name, route string
		h           headers
		status      int
	}{
		{"nobody", "GET /open", nil, nobody},
		{"a user", "GET /open", headers{bearerOf(user.token)}, 200},
		{"a user by cookie", "GET /open", headers{cookieOf(user.token)}, 200},
		{"a dead cookie", "GET /open", headers{cookieOf("old")}, nobody},
		{"an empty cookie", "GET /open", headers{cookieOf("")}, nobody},
		{"two cookies", "GET /open", headers{cookieOf(user.token) + "; " + httpadapter.CookieName + "=x"}, nobody},
		{"a cookie of a foreign page", "POST /open", headers{cookieOf(user.token), "Sec-Fetch-Site: cross-site"}, nobody},
		{"a cookie of another family", "GET /open", headers{cookieOf(limited.token)}, nobody},
		{"a bad token", "GET /open", headers{bearerOf("x")}, 401},
		{"another scheme", "GET /open", headers{"Authorization: Basic eDp5"}, 401},
		{"an empty header", "GET /open", headers{"Authorization: "}, 401},
		{"two headers", "GET /open", headers{bearerOf(user.token), bearerOf(user.token)}, 400},
		{"a token and another cookie", "GET /open", headers{bearerOf(user.token), cookieOf("x")}, 401},
		{"a token of another family", "GET /open", headers{bearerOf(limited.token)}, 401},
		{"a limited token", "GET /tenants", headers{bearerOf(limited.token)}, 403},
		{"a limited cookie", "GET /tenants", headers{cookieOf(limited.token)}, nobody},
		{"a cookie where none counts", "GET /bearer", headers{cookieOf(user.token)}, nobody},
		{"a token where no cookie counts", "GET /bearer", headers{bearerOf(user.token), cookieOf("x")}, 200},
	}
	for _, c := range cases {
		if a := w.do(c.route, "", c.h...); a.status != c.status || a.status == 200 && a.body != user.email {
			t.Errorf("%s: %d %s, want %d", c.name, a.status, a.body, c.status)
		}
	}
	kept.err.Store(&errDriver)
	for h, want := range map[string]int{"X: y": nobody, cookieOf(user.token): 503, bearerOf(user.token): 503} {
		if a := w.do("GET /open", "", h); a.status != want {
			t.Errorf("%s while the store is away: %d", h, a.status)
		}
	}
}

func TestOnFailure(t *testing.T) {
	w := newWorld(t)
	told := func(rw http.ResponseWriter, _ *http.Request, err error) {
		http.Error(rw, "own: "+err.Error(), http.StatusTeapot)
	}
	own := httpadapter.OnFailure(told)
	limit, err := httpadapter.Limit(w.Auth, "x", []tollkeeper.Limit{tollkeeper.Rate(1, time.Hour)}, own)
	if err != nil {
		t.Fatal(err)
	}
	v1 := httpadapter.Accept(tollkeeper.AudienceV1)
	signedIn := httpadapter.RequireAuth(w.Auth, v1)
	w.guarded("/signed", httpadapter.RequireAuth(w.Auth, v1, own))
	w.guarded("/optional", httpadapter.OptionalAuth(w.Auth, v1, own))
	w.guarded("/role", signedIn, httpadapter.RequireRole(tollkeeper.RoleAdmin, own))
	w.guarded("/recent", signedIn, httpadapter.RequireRecent(w.Auth, 0, own))
	w.guarded("/limit", limit)
	w.guarded("/nil", httpadapter.RequireAuth(w.Auth, v1, httpadapter.OnFailure(nil)))
	user := bearerOf(w.user("uwe").token)
	w.Advance(time.Second)
	w.do("GET /limit", "", "Peer: 192.0.2.1:1")
	for route, h := range map[string]string{
		"GET /signed": "X: y", "GET /optional": bearerOf("x"), "GET /role": user, "GET /recent": user, "GET /limit": "Peer: 192.0.2.1:1",
	} {
		if a := w.do(route, "", h); a.status != 418 || !strings.HasPrefix(a.body, "own: ") {
			t.Errorf("%s: %d %s", route, a.status, a.body)
		}
	}
	w.guarded("/zero", httpadapter.RequireAuth(w.Auth, v1, httpadapter.FailureOption{}))
	w.guarded("/zero-role", httpadapter.RequireRole(tollkeeper.RoleAdmin, httpadapter.FailureOption{}))
	for _, path := range []string{"/nil", "/zero", "/zero-role"} {
		if a := w.do("GET "+path, ""); a.status != 401 || a.field("code") != "http_no_credential" {
			t.Errorf("no function, %s: %d %s", path, a.status, a.body)
		}
	}
}
