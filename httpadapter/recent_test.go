package httpadapter_test

import (
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
)

// TestRequireRecent is step-up for a host's own routes.
func TestRequireRecent(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("pia")
	auth := httpadapter.RequireAuth(w.Auth, httpadapter.Accept(tollkeeper.AudienceOrganization))
	recent := httpadapter.RequireRecent(w.Auth, 5*time.Minute)
	w.guarded("/danger", auth, recent)
	w.guarded("/unguarded", recent)
	check := func(name, path string, status int, body string, h ...string) {
		t.Helper()
		if a := w.do("GET "+path, "", h...); a.status != status || a.body != body && a.field("code") != body {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	me := bearerOf(parent.token)
	const stale = "not_recent"
	check("just signed up", "/danger", 200, parent.email, me)
	w.Advance(5 * time.Minute)
	check("at the end", "/danger", 200, parent.email, me)
	w.Advance(time.Second)
	check("too late", "/danger", 403, stale, me)
	if a := w.do("POST /auth/reauthenticate", object("password", "wrong"), me); a.status != 401 {
		t.Errorf("a wrong password: %d", a.status)
	}
	check("after a wrong password", "/danger", 403, stale, me)
	w.must("POST /auth/reauthenticate", object("password", password), me)
	check("proved again", "/danger", 200, parent.email, me)
	check("nobody", "/danger", 401, "http_no_credential")
	check("without RequireAuth", "/unguarded", 401, "http_no_credential", me)

	secret, _ := w.enrol(parent)
	w.Advance(10 * time.Minute)
	if a := w.do("POST /auth/reauthenticate", object("password", password), me); a.status != 401 {
		t.Errorf("the password alone, with a second factor: %d %s", a.status, a.body)
	}
	check("half a proof", "/danger", 403, stale, me)
	w.must("POST /auth/reauthenticate", object("password", password, "code", w.code(secret)), me)
	check("both proofs", "/danger", 200, parent.email, me)
}

// A route that asks for a recent proof takes one of five minutes, as docs/ROUTES.md says.
func TestRecentParent(t *testing.T) {
	w := newWorld(t)
	for age, status := range map[time.Duration]int{
		0: 200, 4 * time.Minute: 200, 5 * time.Minute: 200, 5*time.Minute + time.Second: 403, time.Hour: 403,
	} {
		parent := w.parent("pia" + age.String())
		w.Advance(age)
		if a := w.do("POST /auth/account/secret/rotate", "", bearerOf(parent.token)); a.status != status {
			t.Errorf("after %s: %d %s, want %d", age, a.status, a.body, status)
		}
	}
}

// TestMiddlewareTakesTheCookie by the same rules, unless it is told otherwise.
func TestMiddlewareTakesTheCookie(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("pia")
	families := httpadapter.Accept(tollkeeper.AudienceOrganization)
	w.guarded("/on", httpadapter.RequireAuth(w.Auth, families, httpadapter.AcceptCookie(httpadapter.Cookie{On: true})))
	w.guarded("/zero", httpadapter.RequireAuth(w.Auth, families, httpadapter.AcceptCookie(httpadapter.Cookie{})))
	w.guarded("/bad", httpadapter.RequireAuth(w.Auth, families, httpadapter.AcceptCookie(httpadapter.Cookie{On: true, TrustedOrigins: []string{"x"}})))
	w.guarded("/default", httpadapter.RequireAuth(w.Auth, families))
	w.guarded("/bearer", httpadapter.RequireAuth(w.Auth, families, httpadapter.BearerOnly()))
	good := cookieOf(parent.token)
	for _, c := range []struct {
		route  string
		h      headers
		status int
	}{
		{"GET /on", headers{good}, 200}, {"POST /on", headers{good}, 200},
		{"GET /on", headers{good, "Sec-Fetch-Site: cross-site"}, 200}, {"POST /on", headers{good, "Sec-Fetch-Site: cross-site"}, 403},
		{"POST /on", headers{bearerOf(parent.token), "Sec-Fetch-Site: cross-site"}, 200}, {"GET /on", headers{bearerOf("x"), good}, 401},
		{"GET /on", headers{cookieOf("x")}, 401}, {"GET /on", nil, 401},
		{"GET /zero", headers{good}, 200}, {"GET /default", headers{good}, 200}, {"POST /default", headers{good, "Sec-Fetch-Site: cross-site"}, 403},
		{"GET /bad", headers{good}, 401}, {"GET /bearer", headers{good}, 401},
	} {
		if a := w.do(c.route, "", c.h...); a.status != c.status {
			t.Errorf("%s %v: %d, want %d (%s)", c.route, c.h, a.status, c.status, a.body)
		}
	}
}
