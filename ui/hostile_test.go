package ui_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// The core takes a role in any letter case: a form that nobody was shown must not make an admin without a proof, with a
// password that somebody at the screen knows.
func TestAnAdminInCapitalsIsOne(t *testing.T) {
	kit, admin, b := ruled(t)
	kit.Advance(6 * time.Minute)
	b.send("POST", "/admin/new-user", "email=eve@mail.example&role=ADMIN&verified=on&password="+another)
	b.sees("/admin/new-user", 403)
	b.wrong("password", "An admin chooses their own password: leave this empty.")
	b.send("POST", "/admin/new-user", "email=eve@mail.example&role=+Admin+&verified=on")
	b.sees("/admin/new-user", 200, "Make eve@mail.example an admin?")
	if _, err := kit.Auth.Host().FindByEmail(t.Context(), tollkeeper.Scope{}, "eve@mail.example"); !errors.Is(err, tollkeeper.ErrNotFound) {
		t.Fatalf("she is made: %v", err)
	}
	b.submit("Create the account", "proof-password", admin.Password)
	b.sees(b.at.RequestURI(), 200, "eve@mail.example", "Admin")
}

// A tenant's role says nothing, and no form of an operator gives it one.
func TestATenantHasNoRoleToChange(t *testing.T) {
	kit, b := operated(t)
	parent := kit.Parent()
	at := "/operator/tenants/users/" + parent.ID.String()
	b.send("POST", at, "do=role&role=admin")
	b.sees(at, 404, "There is no such thing here.")
	b.send("POST", "/operator/tenants/new-user", "email=eve@mail.example&role=admin")
	eve, err := kit.Auth.Host().FindByEmail(t.Context(), tollkeeper.Tenants, "eve@mail.example")
	if err != nil || eve.Account.Role == tollkeeper.RoleAdmin {
		t.Errorf("%q, %v", eve.Account.Role, err)
	}
	if s, err := kit.Auth.Host().Account(t.Context(), parent.ID); err != nil || s.Account.Role == tollkeeper.RoleAdmin {
		t.Errorf("%q, %v", s.Account.Role, err)
	}
}
