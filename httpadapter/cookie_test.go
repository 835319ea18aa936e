package httpadapter_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/v1"
	"github.com/tollkeeper/tollkeeper/store"
)

func withCookie(_ *tollkeeper.Config, o *options, _ *store.Store) {
	o.Cookie = httpadapter.Cookie{On: true, TrustedOrigins: []string{"https://proxied.example"}}
}

func cookieOf(token string) string { return "Cookie: " + httpadapter.CookieName + "=" + token }

// beginnings are the requests that begin a session, with the path of the token in the answer.
func (w *world) beginnings() map[string]struct{ body, token string } {
	w.t.Helper()
	parent := w.parent("pia")
	child := w.child("cem", parent)
	w.organize(parent, `{"googleSsoConfig":{"enabled":true,"clientId":"web"}}`)
	enrolled := w.child("eva", parent)
	secret, _ := w.enrol(enrolled)
	in := w.must("POST /auth/signin", object("email", enrolled.email, "password", password, "parentPublicKey", parent.key), sameNetwork)
	if in.header["Set-Cookie"] != nil {
		w.t.Error("a challenge sets a cookie")
	}
	coded := w.child("otto", parent) // a code drops the password of an email that nobody had proved
	w.must("POST /api/user/signin-otp", object("email", coded.email, "PlatformId", parent.key))
	code := w.mailed(coded.email, tollkeeper.MailSignInCode, 1, sixDigits)
	refresh := w.must("POST /auth/signin", object("email", parent.email, "password", password)).field("data.refreshToken")
	return map[string]struct{ body, token string }{
		"POST /auth/signin":                {object("email", child.email, "password", password, "parentPublicKey", parent.key), "data.token"},
		"POST /auth/signup":                {object("username", "new", "email", "new@parent.example", "password", password), "data.token"},
		"POST /auth/google":                {object("idToken", "sub gus@child.example", "parentPublicKey", parent.key), "token"},
		"POST /auth/mfa/verify":            {object("challenge", in.field("data.challenge"), "code", w.code(secret)), "data.token"},
		"POST /auth/token/refresh":         {object("refreshToken", refresh), "data.token"},
		"POST /authentiq/v1/user/login":    {object("email", "admin@house.example", "password", password), "token"},
		"POST /authentiq/v1/user/register": {object("email", "new@house.example", "password", password), "token"},
		"POST /api/user/signin":            {object("email", child.email, "password", password, "PlatformId", parent.key), "token"},
		"POST /api/user/verify-otp":        {object("email", coded.email, "otp", code, "PlatformId", parent.key), "token"},
	}
}

// TestSessionCookie is R67: each answer that begins a session sets the cookie, to the letter; none does without the
// option or for a page of another origin.
func TestSessionCookie(t *testing.T) {
	for name, c := range map[string]struct {
		sets   []set
		header string
		body   string // members that the request has besides
		tail   string // of the cookie; empty: there is none
		served string // prefix of what is served; empty: everything
	}{
		"off":             {nil, "X: x", `,"rememberMe":true`, "", ""},
		"a program":       {[]set{withCookie}, "X: x", "", "; Path=/; HttpOnly; Secure; SameSite=Lax", ""},
		"an own page":     {[]set{withCookie}, "Sec-Fetch-Site: same-origin", "", "; Path=/; HttpOnly; Secure; SameSite=Lax", ""},
		"remembered":      {[]set{withCookie}, "X: x", `,"rememberMe":true`, "; Path=/; Max-Age=86400; HttpOnly; Secure; SameSite=Lax", ""},
		"not remembered":  {[]set{withCookie}, "X: x", `,"rememberMe":"true"`, "; Path=/; HttpOnly; Secure; SameSite=Lax", ""},
		"another's page":  {[]set{withCookie}, "Sec-Fetch-Site: cross-site", "", "", "nothing"},
		"a sibling":       {[]set{withCookie}, "Sec-Fetch-Site: same-site", "", "", "nothing"},
		"an older sender": {[]set{withCookie}, "Origin: http://localhost:1", "", "", "POST /auth/"},
	} {
		w := newWorld(t, append(c.sets, withRefresh, withGoogle)...)
		for route, begin := range w.beginnings() {
			h := headers{c.header}
			if strings.Contains(route, "mfa") {
				h = append(h, sameNetwork)
			}
			a := w.do(route, strings.TrimSuffix(begin.body, "}")+c.body+"}", h...)
			if anywhere := strings.Contains(route, "/auth/mfa") || strings.Contains(route, "/auth/token"); !anywhere && !strings.HasPrefix(route, c.served) {
				if a.status != 403 || a.header["Set-Cookie"] != nil {
					t.Errorf("%s, %s: %d, want 403", name, route, a.status)
				}
				continue
			}
			want := ""
			if c.tail != "" {
				want = httpadapter.CookieName + "=" + a.field(begin.token) + c.tail
			}
			if got := strings.Join(a.header["Set-Cookie"], " | "); got != want || a.field(begin.token) == "" {
				t.Errorf("%s, %s: %q, want %q", name, route, got, want)
			}
		}
	}
}

// TestCookieIsTakenAway with the session that it carries, and only then.
func TestCookieIsTakenAway(t *testing.T) {
	const gone = httpadapter.CookieName + "=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"
	w := newWorld(t, withCookie)
	parent := w.parent("pia")
	token := func() string {
		return w.must("POST /auth/signin", object("email", parent.email, "password", password)).field("data.token")
	}
	other := w.identity(token()).Session.String()
	own := token()
	member := w.member(w.child("cem", parent), parent).token
	user := w.user("uwe").token
	deleted := w.user("del").token
	chief, chiefs := w.chief(), "POST "+api+"/admin/users/"
	bob := w.appUser("bob").id.String()
	for _, c := range []struct {
		route, body, token string
		want               string
	}{
		{"DELETE /auth/sessions/" + other, "", own, ""},
		{"DELETE /auth/sessions/others", "", own, ""},
		{"DELETE /auth/sessions/" + w.identity(own).Session.String(), "", own, gone},
		{"POST /auth/signout", "", "", gone},
		{"DELETE /auth/sessions", "", "", gone},
		{"POST /auth/account/secret/rotate", "", "", gone},
		{"DELETE /authentiq/v1/user/delete", object("password", password), deleted, gone},
		{"DELETE /authentiq/v1/user/logout", "", user, gone},
		{"POST /api/user/signout", "", member, gone},
		{chiefs + bob + "/sign-out", "", chief, ""},
		{chiefs + w.identity(chief).Account.String() + "/sign-out", "", chief, gone},
	} {
		if c.token == "" {
			c.token = token() // what ran before may have ended all
		}
		a := w.do(c.route, c.body, cookieOf(c.token))
		if got := strings.Join(a.header["Set-Cookie"], " | "); a.status/100 != 2 || got != c.want {
			t.Errorf("%s: %d, %q, want %q", c.route, a.status, got, c.want)
		}
		if again := w.do(c.route, c.body, cookieOf(c.token)); c.want != "" && (again.status != 401 && again.status != 404 || again.header["Set-Cookie"] != nil) {
			t.Errorf("%s again: %d, %v", c.route, again.status, again.header["Set-Cookie"])
		}
	}
}

// TestCookieAsCredential is R66 and R59: when a cookie counts, table by table.
func TestCookieAsCredential(t *testing.T) {
	w, off := newWorld(t, withCookie), newWorld(t)
	parent := w.parent("pia")
	good := cookieOf(parent.token)
	const read, write = "GET /auth/user-profile", "POST /auth/account/username"
	for _, c := range []struct {
		name, route string
		h           headers
		status      int
	}{
		{"a program reads", read, headers{good}, 200},
		{"a program writes", write, headers{good}, 200},
		{"an own page writes", write, headers{good, "Sec-Fetch-Site: same-origin", "Origin: https://other.example"}, 200},
		{"the user", write, headers{good, "Sec-Fetch-Site: none"}, 200},
		{"a sibling reads", read, headers{good, "Sec-Fetch-Site: same-site"}, 200}, // and cannot see the answer: no credentials mode
		{"a sibling writes", write, headers{good, "Sec-Fetch-Site: same-site"}, 403},
		{"a stranger writes", write, headers{good, "Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}, 403},
		{"a stranger of an old browser", write, headers{good, "Origin: https://evil.example"}, 403},
		{"a page without origin", write, headers{good, "Origin: null"}, 403},
		{"an own page of an old browser", write, headers{good, "Origin: https://example.com"}, 200},
		{"a trusted page", write, headers{good, "Sec-Fetch-Site: cross-site", "Origin: https://proxied.example"}, 200},
		{"almost a trusted page", write, headers{good, "Sec-Fetch-Site: cross-site", "Origin: https://proxied.example.evil.example"}, 403},
		{"a bearer token from anywhere", write, headers{bearerOf(parent.token), "Sec-Fetch-Site: cross-site"}, 403},
		{"a bearer token of a page of this machine", write, headers{bearerOf(parent.token), "Sec-Fetch-Site: cross-site", "Origin: http://localhost:3000"}, 200},
		{"both, equal", write, headers{bearerOf(parent.token), good}, 200},
		{"both, different", read, headers{bearerOf(parent.token), cookieOf("x")}, 401},
		{"both, the bearer is bad", read, headers{bearerOf("x"), good}, 401},
		{"a header of another scheme", read, headers{"Authorization: Basic eDp5", good}, 401},
		{"two cookies", read, headers{good + "; " + httpadapter.CookieName + "=" + parent.token}, 400},
		{"an empty cookie", read, headers{cookieOf("")}, 401},
		{"a forged cookie", read, headers{cookieOf("x.y.z")}, 401},
		{"a long cookie", read, headers{cookieOf(strings.Repeat("a", 9000))}, 401},
		{"a cookie without the prefix", read, headers{"Cookie: session=" + parent.token}, 401},
		{"a token header that the family does not read", read, headers{good, "Token: x"}, 200},
		{"not JSON", write, headers{good, "Content-Type: text/plain"}, 400},
	} {
		body := ""
		if c.route == write {
			body = object("username", "pia")
		}
		if a := w.do(c.route, body, c.h...); a.status != c.status {
			t.Errorf("%s: %d, want %d (%s)", c.name, a.status, c.status, a.body)
		}
	}
	if a := off.do(read, "", cookieOf(off.parent("pia").token)); a.status != 401 {
		t.Errorf("off: %d", a.status)
	}
	member := w.member(w.child("cem", parent), parent).token
	for name, c := range map[string]struct {
		h      headers
		status int
	}{
		"cookie": {headers{cookieOf(member)}, 200}, "token header, equal": {headers{cookieOf(member), "Token: " + member}, 200},
		"token header, different": {headers{cookieOf(member), "Token: x"}, 401}, "another family's": {headers{good}, 401},
		"an empty token header": {headers{cookieOf(member), "Token: "}, 401},
	} {
		if a := w.do("GET /api/user/status", "", c.h...); a.status != c.status {
			t.Errorf("platform, %s: %d, want %d", name, a.status, c.status)
		}
	}
}

// TestBadCookieIsNoCredential where none is asked for: the browser sent it, and the page may mean nothing by it.
func TestBadCookieIsNoCredential(t *testing.T) {
	w := newWorld(t, withCookie)
	parent := w.parent("pia")
	w.organize(parent, `{"organizationName":"Pia's","emailVerificationRequired":true}`)
	resend := object("email", "somebody@parent.example")
	for _, c := range []struct {
		route, body string
		h           headers
		status      int
	}{
		{"POST /auth/request-new-confirmation", resend, headers{cookieOf("old")}, 200},
		{"POST /auth/request-new-confirmation", object("email", "other@parent.example"), headers{cookieOf(parent.token), "Sec-Fetch-Site: cross-site"}, 403},
		{"POST /auth/request-new-confirmation", object("email", "third@parent.example"), headers{cookieOf(parent.token), "Origin: http://localhost:3000"}, 200},
		{"POST /auth/request-new-confirmation", `{}`, headers{cookieOf(parent.token), "Origin: http://localhost:3000"}, 400},
		{"POST /auth/request-new-confirmation", `{}`, headers{cookieOf(parent.token)}, 200},
		{"GET /auth/organization-details", "", headers{cookieOf("old"), "X-Public-Key: " + parent.key}, 200},
		{"GET /auth/organization-details", "", headers{cookieOf("old")}, 400},
	} {
		if a := w.do(c.route, c.body, c.h...); a.status != c.status {
			t.Errorf("%s %v: %d, want %d (%s)", c.route, c.h, a.status, c.status, a.body)
		}
	}
}

// A cookie that nobody can look up is not known to be bad: whoever it speaks for is not taken for nobody.
func TestCookieThatCannotBeLookedUp(t *testing.T) {
	kept := &forgetful{}
	w := newWorld(t, withCookie, func(_ *tollkeeper.Config, _ *options, s *store.Store) { kept.Store, *s = *s, kept })
	parent := w.parent("pia")
	for away, status := range map[bool]int{true: 503, false: 200} {
		kept.away.Store(away)
		if a := w.do("POST /auth/request-new-confirmation", object("email", "somebody@parent.example"), cookieOf(parent.token)); a.status != status {
			t.Errorf("away %t: %d %s, want %d", away, a.status, a.body, status)
		}
	}
}

func TestCookieOptionsAreChecked(t *testing.T) {
	w := newWorld(t)
	for _, origin := range []string{"", "null", "http://proxied.example", "proxied.example", "https://proxied.example/", "https://a@b.example", "*"} {
		for _, on := range []bool{true, false} { // off, too: the pages count as the service's own
			o := httpadapter.Options{Cookie: httpadapter.Cookie{On: on, TrustedOrigins: []string{origin}}}
			if err := httpadapter.Mount(http.NewServeMux(), w.Auth, o, v1.API{}); err == nil || !strings.Contains(err.Error(), "Options.Cookie.TrustedOrigins") {
				t.Errorf("%q, on %t: %v", origin, on, err)
			}
		}
	}
}
