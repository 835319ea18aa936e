package httpadapter_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestDomainRestriction is docs/WIRE.md 1.2 and R65: exact origins of the organization that the key names.
func TestDomainRestriction(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("pia")
	child := w.child("cem", parent)
	fresh := w.parent("flo")
	free := w.parent("fay")
	w.organize(parent, `{"organizationName":"Pia's","organizationUrl":"https://pia.example"}`)
	w.organize(free, `{"organizationName":"Fay's","organizationUrl":"https://fay.example","domainRestrictionEnabled":false}`)
	for _, c := range []struct {
		key, origin string
		served      bool
		readable    bool
	}{
		{parent.key, "", true, false},
		{parent.key, "https://pia.example", true, true},
		{parent.key, "https://app.pia.example", true, true},
		{parent.key, "https://PIA.example", true, true},
		{parent.key, "https://evil.example", false, false},
		{parent.key, "https://pia.example.evil.example", false, false},
		{parent.key, "https://evilpia.example", false, false},
		{parent.key, "https://pia.example@evil.example", false, false},
		{parent.key, "https://evil.example/pia.example", false, false},
		{parent.key, "null", false, false},
		{parent.key, "*", false, false},
		{parent.key, "https://auth.example", false, false},
		{parent.key, "https://pia.example, https://evil.example", false, false},
		{fresh.key, "https://auth.example", true, true},
		{fresh.key, "http://localhost:3000", true, true},
		{fresh.key, "http://127.0.0.1:8080", true, true},
		{fresh.key, "https://pia.example", false, false},
		{free.key, "https://anyone.example", true, true},
		{free.key, "http://anyone.example", true, false},
		{free.key, "null", false, false},
	} {
		var h headers
		if c.origin != "" {
			h = headers{"Origin: " + c.origin}
		}
		a := w.do("GET /auth/organization-details", "", append(h, "X-Public-Key: "+c.key)...)
		checkOrigin(t, "details "+c.origin, a, 200, c.origin, c.served, c.readable)
		a = w.do("POST /auth/reset-password", object("email", "x"+strconv.Itoa(w.peers)+"@child.example", "parentPublicKey", c.key), h...)
		checkOrigin(t, "reset "+c.origin, a, 200, c.origin, c.served, c.readable)
	}
	a := w.do("POST /auth/signin", object("email", child.email, "password", "wrong", "parentPublicKey", parent.key), "Origin: https://pia.example")
	checkOrigin(t, "a wrong password", a, 401, "https://pia.example", true, true)
	a = w.do("POST /auth/signin", object("email", child.email, "parentPublicKey", parent.key), "Origin: https://pia.example")
	checkOrigin(t, "a missing field", a, 400, "https://pia.example", true, true)
	a = w.do("POST /auth/signin", object("email", child.email, "parentPublicKey", parent.key), "Origin: https://evil.example")
	checkOrigin(t, "a missing field", a, 400, "https://evil.example", false, false)
	a = w.do("GET /auth/organization-details", "", "X-Public-Key: "+parent.key, "Origin: https://pia.example", "Origin: https://evil.example")
	checkOrigin(t, "two origins", a, 200, "", false, false)
}

func checkOrigin(t *testing.T, name string, a answer, status int, origin string, served, readable bool) {
	t.Helper()
	if !served {
		status = 403
		if a.field("error.code") != "ORGANIZATION_NOT_AUTHORIZED" {
			t.Errorf("%s: %s", name, a.body)
		}
	}
	if a.status != status {
		t.Errorf("%s: %d, want %d (%s)", name, a.status, status, a.body)
	}
	want := ""
	if readable {
		want = origin
	}
	if got := a.header.Get("Access-Control-Allow-Origin"); got != want {
		t.Errorf("%s: allowed origin %q, want %q", name, got, want)
	}
	if a.header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("%s: credentials are allowed", name)
	}
	if vary := a.header["Vary"]; !slices.Equal(vary, []string{"Origin"}) {
		t.Errorf("%s: Vary %q", name, vary)
	}
}

// TestOriginWithoutKey: only the caller's own pages and the service's may read, and nobody else may send what changes
// something.
func TestOriginWithoutKey(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("pia")
	w.organize(parent, `{"organizationName":"Pia's","organizationUrl":"https://pia.example"}`)
	for origin, readable := range map[string]bool{"https://pia.example": true, "https://evil.example": false, "null": false} {
		a := w.do("GET /parent/credit-analysis", "", bearerOf(parent.token), "Origin: "+origin)
		checkOrigin(t, "with a token, "+origin, a, 200, origin, true, readable)
	}
	for origin, readable := range map[string]bool{"https://auth.example": true, "https://pia.example": false} {
		a := w.do("POST /auth/signin", object("email", parent.email, "password", password), "Origin: "+origin)
		if !readable {
			checkForeign(t, "a parent, "+origin, a)
		} else {
			checkOrigin(t, "a parent, "+origin, a, 200, origin, true, true)
		}
		a = w.do("GET /parent/credit-analysis", "", bearerOf("bad"), "Origin: "+origin)
		checkOrigin(t, "a bad token, "+origin, a, 401, origin, true, readable)
		a = w.do("POST /auth/signin", "{", "Origin: "+origin)
		if !readable {
			checkForeign(t, "a bad body, "+origin, a)
		} else {
			checkOrigin(t, "a bad body, "+origin, a, 400, origin, true, true)
		}
	}
}

// checkForeign holds a refusal of a page that names no parent.
func checkForeign(t *testing.T, name string, a answer) {
	t.Helper()
	if a.status != 403 || a.field("error.code") != "CROSS_ORIGIN_REQUEST" || a.header.Get("Access-Control-Allow-Origin") != "" || a.header.Get("Vary") != "Origin" {
		t.Errorf("%s: %d %s %v", name, a.status, a.body, a.header)
	}
}

// TestPreflight is cheap and tells methods and headers to plain origins only.
func TestPreflight(t *testing.T) {
	w := newWorld(t)
	ask := func(path string, h ...string) answer { return w.do("OPTIONS "+path, "", h...) }
	for _, origin := range []string{"https://app.example", "https://app.example:8443", "http://localhost:3000", "http://[::1]:3000"} {
		a := ask("/auth/confirm-email", "Origin: "+origin, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: "+strings.Repeat("x,", 4000))
		if a.status != 204 || a.header.Get("Access-Control-Allow-Origin") != origin || a.header.Get("Access-Control-Allow-Methods") != "GET, HEAD, POST" || a.body != "" {
			t.Errorf("%s: %d %v", origin, a.status, a.header)
		}
		if a.header.Get("Access-Control-Allow-Credentials") != "" || !strings.Contains(a.header.Get("Vary"), "Origin") || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", origin, a.header)
		}
	}
	for name, h := range map[string]headers{
		"no origin":          {"Access-Control-Request-Method: POST"},
		"null":               {"Origin: null", "Access-Control-Request-Method: POST"},
		"star":               {"Origin: *", "Access-Control-Request-Method: POST"},
		"plain http":         {"Origin: http://app.example", "Access-Control-Request-Method: POST"},
		"a pattern":          {"Origin: https://*.example", "Access-Control-Request-Method: POST"},
		"a path":             {"Origin: https://app.example/x", "Access-Control-Request-Method: POST"},
		"a user":             {"Origin: https://a@app.example", "Access-Control-Request-Method: POST"},
		"two":                {"Origin: https://a.example, https://b.example", "Access-Control-Request-Method: POST"},
		"two lines":          {"Origin: https://a.example", "Origin: https://b.example", "Access-Control-Request-Method: POST"},
		"long":               {"Origin: https://" + strings.Repeat("a", 400), "Access-Control-Request-Method: POST"},
		"no method":          {"Origin: https://app.example"},
		"another method":     {"Origin: https://app.example", "Access-Control-Request-Method: DELETE"},
		"a scheme of an app": {"Origin: chrome-extension://abc", "Access-Control-Request-Method: POST"},
	} {
		a := ask("/auth/signin", h...)
		if a.status != 405 || a.header.Get("Access-Control-Allow-Origin") != "" || a.header.Get("Allow") != "POST" {
			t.Errorf("%s: %d %v", name, a.status, a.header)
		}
	}
	for path, status := range map[string]int{"/auth/nothing": 404, "/authentiq/v1/user/login": 405, "/api/user/signin": 405} {
		a := ask(path, "Origin: https://app.example", "Access-Control-Request-Method: POST")
		if a.status != status || a.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %d %v", path, a.status, a.header)
		}
	}
}

// TestReadableAnswers: what is asked with a mailed secret, a challenge or a refresh token may be read by every page,
// but for a page that the restriction of a named parent shuts out; no other answer may.
func TestReadableAnswers(t *testing.T) {
	w := newWorld(t, withRefresh)
	parent := w.parent("pia")
	w.organize(parent, `{"organizationName":"Pia's","organizationUrl":"https://pia.example"}`)
	for route, body := range map[string]string{
		"GET /auth/confirm-email?token=AAAAAAAAAAAA": "", "POST /auth/confirm-email": object("token", "AAAAAAAAAAAA"),
		"POST /auth/update-password":       object("token", "x", "password", password),
		"POST /auth/account/email/confirm": object("token", "x"),
		"POST /auth/confirm-email/not-me":  object("token", "x"),
		"POST /auth/mfa/verify":            object("challenge", "x", "code", "000000"),
		"POST /auth/token/refresh":         object("refreshToken", "x"),

		"POST /auth/passkeys/challenge/begin": object("challenge", "x"),
	} {
		a := w.do(route, body, "Origin: https://pia.example")
		if got := a.header.Get("Access-Control-Allow-Origin"); got != "*" || a.header.Get("Access-Control-Allow-Credentials") != "" || a.header.Get("Vary") != "Origin" {
			t.Errorf("%s: %d %v", route, a.status, a.header)
		}
		if a := w.do(route, body); a.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s without an origin: %v", route, a.header)
		}
	}
	reset := object("token", "x", "password", password, "parentPublicKey", parent.key)
	a := w.do("POST /auth/update-password", reset, "Origin: https://evil.example")
	checkOrigin(t, "a named parent, a stranger", a, 400, "https://evil.example", false, false)
	a = w.do("POST /auth/update-password", reset, "Origin: https://pia.example")
	checkOrigin(t, "a named parent, its page", a, 400, "https://pia.example", true, true)
	a = w.do("POST /auth/reset-password", object("email", "x@parent.example"), "Origin: https://pia.example")
	checkForeign(t, "any other route", a)
}
