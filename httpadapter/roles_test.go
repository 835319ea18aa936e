package httpadapter_test

import (
	"testing"

	"github.com/tollkeeper/tollkeeper"
)

// TestWhoMayDoWhat is R74: every kind of caller on every route that asks who they are.
func TestWhoMayDoWhat(t *testing.T) {
	w := newWorld(t)
	parent, stranger := w.parent("pia"), w.parent("sam")
	w.prove(parent) // before it makes an admin
	child := w.child("cem", parent)
	// An admin of one tenant is nobody's admin elsewhere.
	chief := w.child("ceo", parent)
	if _, err := w.Auth.SetRole(t.Context(), w.identity(parent.token), tollkeeper.RoleChange{Email: chief.email, Role: "admin"}); err != nil {
		t.Fatal(err)
	}
	chief.token = w.must("POST /auth/signin", object("email", chief.email, "password", password, "parentPublicKey", parent.key)).field("data.token")
	admin, user, guest := w.admin(), w.user("uwe"), w.user("gil")
	w.must("PUT /authentiq/v1/user/role", object("email", guest.email, "role", "guest"), bearerOf(admin.token))
	member := w.member(child, parent)
	for _, p := range []person{stranger, child, chief} {
		w.prove(p)
	}

	callers := map[string]string{
		"nobody": "", "forged": "x.y.z", "parent": parent.token, "stranger": stranger.token, "child": child.token, "chief": chief.token,
		"admin": admin.token, "user": user.token, "guest": guest.token, "member": member.token,
	}
	const role = `{"email":"uwe@house.example","role":"user"}`
	for _, c := range []struct {
		route, body string
		allowed     []string
	}{
		{"GET /auth/organization-details", "", []string{"parent", "stranger", "child", "chief"}},
		{"POST /auth/update-organization", `{"organizationName":"x"}`, []string{"parent", "stranger"}},
		{"GET /parent/credit-analysis", "", []string{"parent", "stranger"}},
		{"GET /parent/billing-history", "", []string{"parent", "stranger"}},
		{"GET /auth/child-accounts", "", []string{"parent", "stranger"}},
		{"GET /auth/user-profile", "", []string{"parent", "stranger", "child", "chief"}},
		{"GET /auth/account/export", "", []string{"parent", "stranger", "child", "chief"}},
		{"GET /auth/sessions", "", []string{"parent", "stranger", "child", "chief"}},
		{"GET /auth/mfa/factors", "", []string{"parent", "stranger", "child", "chief"}},
		{"GET /auth/identities", "", []string{"parent", "stranger", "child", "chief"}},
		{"GET /auth/events", "", []string{"parent", "stranger", "child", "chief"}},
		{"POST /auth/reauthenticate", `{"password":"` + password + `"}`, []string{"parent", "stranger", "child", "chief"}},
		{"POST /auth/mfa/enrol", "", []string{"parent", "stranger", "child", "chief"}},
		{"GET /authentiq/v1/validate/token", "", []string{"admin", "user", "guest"}},
		{"GET /authentiq/v1/user/role", "", []string{"admin", "user", "guest"}},
		{"GET /authentiq/v1/user/list", "", []string{"admin"}},
		{"PUT /authentiq/v1/user/role", role, []string{"admin"}},
		{"GET /api/user/status", "", []string{"member"}},
		{"DELETE /auth/sessions/others", "", []string{"parent", "stranger", "child", "chief"}},
	} {
		for name, token := range callers {
			var h headers
			if token != "" {
				h = headers{bearerOf(token)}
			}
			a, want := w.do(c.route, c.body, h...), false
			for _, who := range c.allowed {
				want = want || who == name
			}
			if got := a.status == 200; got != want || !want && a.status != 400 && a.status != 401 && a.status != 403 {
				t.Errorf("%s by %s: %d %s", c.route, name, a.status, a.body)
			}
		}
	}
}

// TestTargetsOfRoleChanges: an admin of the app reaches its own users, and nobody outside.
func TestTargetsOfRoleChanges(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("pia")
	child := w.child("cem", parent)
	admin, user := w.admin(), w.user("uwe")
	for email, want := range map[string]int{user.email: 200, child.email: 404, parent.email: 404, "no@house.example": 404, "": 400, "x": 404} {
		if a := w.do("PUT /authentiq/v1/user/role", object("email", email, "role", "Guest"), bearerOf(admin.token)); a.status != want {
			t.Errorf("%s: %d %s", email, a.status, a.body)
		}
	}
	if a := w.must("GET /authentiq/v1/user/list", "", bearerOf(admin.token)); len(a.body) == 0 || containsAny(a.body, parent.email, child.email) {
		t.Errorf("the list shows strangers: %s", a.body)
	}
}

// TestDemotionCountsAtOnce is R54.
func TestDemotionCountsAtOnce(t *testing.T) {
	w := newWorld(t)
	admin, second := w.admin(), w.user("uwe")
	w.must("PUT /authentiq/v1/user/role", object("email", second.email, "role", "admin"), bearerOf(admin.token))
	second.token = w.must("POST /authentiq/v1/user/login", object("email", second.email, "password", password)).field("token")
	w.must("GET /authentiq/v1/user/list", "", bearerOf(second.token))
	w.must("PUT /authentiq/v1/user/role", object("email", second.email, "role", "user"), bearerOf(admin.token))
	if a := w.do("GET /authentiq/v1/user/list", "", bearerOf(second.token)); a.status != 401 && a.status != 403 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestNobodyReachesAnothersSession: an id that is not the caller's is not there.
func TestNobodyReachesAnothersSession(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("pia")
	child, sibling := w.child("cem", parent), w.child("sue", parent)
	victim := "DELETE /auth/sessions/" + w.identity(child.token).Session.String()
	for name, p := range map[string]person{"sibling": sibling, "parent": parent, "stranger": w.parent("sam")} {
		if a := w.do(victim, "", bearerOf(p.token)); a.status != 404 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	w.must("GET /auth/user-profile", "", bearerOf(child.token))
}

// TestChildrenSeeNothingOfTheirParents.
func TestChildrenSeeNothingOfTheirParents(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("pia")
	child, sibling := w.child("cem", parent), w.child("sue", parent)
	w.organize(parent, `{"organizationName":"Pia & Co","organizationUrl":"https://pia.example"}`)
	for _, route := range []string{"GET /auth/user-profile", "GET /auth/account/export", "GET /auth/sessions", "GET /auth/events", "GET /auth/identities"} {
		a := w.must(route, "", bearerOf(child.token))
		if containsAny(a.body, parent.email, sibling.email, "credit", "pia.example", "packages", "jwtSecret", "Count", "argon2") {
			t.Errorf("%s: %s", route, a.body)
		}
	}
}

// TestRotationEndsTheParentsSessions, that of the caller with them, and the next sign-in shows another.
func TestRotationEndsTheParentsSessions(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("pia")
	in := object("email", parent.email, "password", password)
	old := w.must("POST /auth/signin", in)
	w.must("POST /auth/account/secret/rotate", "", bearerOf(old.field("data.token")))
	for name, token := range map[string]string{"caller": old.field("data.token"), "another": parent.token} {
		if a := w.do("GET /auth/user-profile", "", bearerOf(token)); a.status != 401 {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	fresh := w.must("POST /auth/signin", in).field("data.jwtSecret")
	if fresh == "" || fresh == old.field("data.jwtSecret") {
		t.Error("the secret is the old one")
	}
}
