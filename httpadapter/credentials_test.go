package httpadapter_test

import (
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// TestCredentialHeaders is R59 and R57 in all families.
func TestCredentialHeaders(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("pia")
	child := w.member(w.child("cem", parent), parent)
	user := w.user("uwe")
	long := strings.Repeat("a", 8<<10+1)
	for _, f := range []struct {
		route, token string
		missing      int // status without a credential
	}{
		{"GET /auth/organization-details", parent.token, 400},
		{"GET /parent/credit-analysis", parent.token, 401},
		{"GET /authentiq/v1/user/role", user.token, 400},
		{"GET /api/user/status", child.token, 401},
	} {
		malformed := f.missing
		if f.route == "GET /auth/organization-details" {
			malformed = 401 // a bad token alone
		}
		for _, c := range []struct {
			name   string
			h      headers
			status int
		}{
			{"none", nil, f.missing},
			{"right", headers{"Authorization: Bearer " + f.token}, 200},
			{"scheme in another case", headers{"Authorization: bEARER " + f.token}, 200},
			{"several spaces", headers{"Authorization: Bearer   " + f.token}, 200},
			{"spaces alone", headers{"Authorization: Bearer   "}, malformed},
			{"tab", headers{"Authorization: Bearer\t" + f.token}, malformed},
			{"trailing", headers{"Authorization: Bearer " + f.token + " x"}, malformed},
			{"no scheme", headers{"Authorization: " + f.token}, malformed},
			{"another scheme", headers{"Authorization: Basic " + f.token}, malformed},
			{"empty", headers{"Authorization: Bearer "}, malformed},
			{"too long", headers{"Authorization: Bearer " + long}, 401},
			{"dots", headers{"Authorization: Bearer " + strings.Repeat(".", 8000)}, 401},
			{"forged", headers{"Authorization: Bearer " + f.token[:len(f.token)-3] + "AAA"}, 401},
			{"two lines", headers{"Authorization: Bearer " + f.token, "Authorization: Bearer " + f.token}, 400},
			{"cookie", headers{"Cookie: token=" + f.token}, f.missing},
		} {
			if a := w.do(f.route, "", c.h...); a.status != c.status {
				t.Errorf("%s, %s: %d, want %d (%s)", f.route, c.name, a.status, c.status, a.body)
			}
		}
		if a := w.do(f.route+"?token="+f.token+"&access_token="+f.token, ""); a.status != f.missing {
			t.Errorf("%s: a token in the query: %d", f.route, a.status)
		}
	}
}

// TestTwoCredentialsAreRefused also where none is asked for.
func TestTwoCredentialsAreRefused(t *testing.T) {
	w := newWorld(t)
	for _, r := range rows() {
		if a := w.do(r.Method+" "+r.Target(), everything, bearerOf("a"), bearerOf("b")); a.status != 400 {
			t.Errorf("%s %s: %d %s", r.Method, r.Path, a.status, a.body)
		}
	}
}

// TestPlatformTokenHeader is docs/WIRE.md section 0: the header "token", alone or equal to the bearer token.
func TestPlatformTokenHeader(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("pia")
	child := w.member(w.child("cem", parent), parent)
	for _, c := range []struct {
		name   string
		h      headers
		status int
	}{
		{"token", headers{"token: " + child.token}, 200},
		{"both equal", headers{"Token: " + child.token, "Authorization: Bearer " + child.token}, 200},
		{"both, bearer differs", headers{"Token: " + child.token, "Authorization: Bearer x"}, 401},
		{"both, token differs", headers{"Token: x", "Authorization: Bearer " + child.token}, 401},
		{"both, another scheme", headers{"Token: " + child.token, "Authorization: Basic x"}, 401},
		{"two token lines", headers{"Token: " + child.token, "Token: " + child.token}, 400},
		{"two bearer lines", headers{"Token: " + child.token, "Authorization: Bearer " + child.token, "Authorization: Bearer " + child.token}, 400},
		{"empty token header", headers{"Token: ", "Authorization: Bearer " + child.token}, 200},
		{"too long", headers{"Token: " + strings.Repeat("a", 9000)}, 401},
	} {
		if a := w.do("GET /api/user/status", "", c.h...); a.status != c.status {
			t.Errorf("%s: %d, want %d (%s)", c.name, a.status, c.status, a.body)
		}
	}
	if a := w.do("GET /authentiq/v1/user/role", "", "Token: "+w.user("uwe").token); a.status != 400 {
		t.Errorf("the v1 family took the header token: %d", a.status)
	}
}

// TestTokensStayInTheirFamily, unless configured.
func TestTokensStayInTheirFamily(t *testing.T) {
	check := func(w *world, accepted map[string]string) {
		t.Helper()
		parent := w.parent("pia")
		child := w.child("cem", parent)
		tokens := map[string]string{"organization": child.token, "platform": w.member(child, parent).token, "v1": w.user("uwe").token}
		routes := map[string]string{
			"organization": "GET /auth/organization-details", "platform": "GET /api/user/status", "v1": "GET /authentiq/v1/validate/token",
		}
		for of, token := range tokens {
			for at, route := range routes {
				want := 401
				if of == at || accepted[at] == of {
					want = 200
				}
				if a := w.do(route, "", bearerOf(token)); a.status != want {
					t.Errorf("a token of %s at %s: %d, want %d", of, at, a.status, want)
				}
			}
		}
	}
	check(newWorld(t), nil)
	check(newWorld(t, func(_ *tollkeeper.Config, o *options, _ *store.Store) {
		o.Accept = map[tollkeeper.Audience][]tollkeeper.Audience{tollkeeper.AudiencePlatform: {tollkeeper.AudienceOrganization}}
	}), map[string]string{"platform": "organization"})
}

// TestV1TakesNoStranger: what Accept lets in must still live in the scope of the family.
func TestV1TakesNoStranger(t *testing.T) {
	w := newWorld(t, func(_ *tollkeeper.Config, o *options, _ *store.Store) {
		o.Accept = map[tollkeeper.Audience][]tollkeeper.Audience{tollkeeper.AudienceV1: {tollkeeper.AudienceOrganization}}
	})
	child := w.child("cem", w.parent("pia"))
	if a := w.do("GET /authentiq/v1/user/role", "", bearerOf(child.token)); a.status != 401 {
		t.Errorf("%d %s", a.status, a.body)
	}
}
