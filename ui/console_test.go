package ui_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/ui"
)

// ruled is a service whose app has an admin, who is signed in in the browser.
func ruled(t *testing.T) (*authtest.Kit, authtest.Account, *browser) {
	t.Helper()
	kit, mux := service(t, ui.Options{})
	admin := kit.FirstAdmin()
	b := browse(t, mux)
	b.open("/admin")
	b.sees("/sign-in?next=%2Fadmin", 200, "Sign in")
	b.signIn(admin)
	b.sees("/admin", 200, "Users")
	return kit, admin, b
}

// tenancy is a service with the pages of tenants, one of whom is signed in in the browser.
func tenancy(t *testing.T) (*authtest.Kit, authtest.Account, *browser) {
	t.Helper()
	kit, mux := authtest.New(t), http.NewServeMux()
	if err := ui.Mount(mux, kit.Auth, ui.Options{Scope: tollkeeper.Tenants, Home: "/admin"}); err != nil {
		t.Fatal(err)
	}
	parent, b := kit.Parent(), browse(t, mux)
	b.open("/sign-in")
	b.signIn(parent)
	b.sees("/admin", 200, "Users", "Organization", "Credits")
	return kit, parent, b
}

// operated is a service with the pages of operators, and one of them in the browser.
func operated(t *testing.T) (*authtest.Kit, *browser) {
	t.Helper()
	kit, mux := authtest.New(t), http.NewServeMux()
	err := ui.MountConsole(mux, kit.Auth, ui.Console{Guard: func(r *http.Request) (string, error) {
		if name := r.Header.Get("X-Operator"); name != "nobody" {
			return name, nil
		}
		return "", errors.New("no ticket")
	}})
	if err != nil {
		t.Fatal(err)
	}
	b := browse(t, mux)
	b.header.Set("X-Operator", "alice")
	return kit, b
}

func TestOperatorsSeeAllScopes(t *testing.T) {
	kit, b := operated(t)
	user, parent := kit.User(), kit.Parent()
	child := kit.Child(parent)
	b.open("/operator")
	b.sees("/operator/app/users", 200, user.Email, "alice")
	b.follow("Tenants")
	b.sees("/operator/tenants/users", 200, parent.Email)
	b.follow("Open users")
	b.sees("/operator/"+parent.ID.String()+"/users", 200, child.Email, parent.Email)
	b.follow(child.Email)
	b.sees("/operator/"+parent.ID.String()+"/users/"+child.ID.String(), 200, "Sessions", child.Email)
	for _, tab := range []string{"Organization", "Keys", "Credits", "Users", "Log"} {
		b.follow(tab)
		if b.status != 200 {
			t.Errorf("%s: %d\n%s", b.at, b.status, b.body)
		}
	}
	for _, path := range []string{"/operator/log", "/operator/mail", "/operator/health", "/operator/" + parent.ID.String() + "/ledger"} {
		b.open(path)
		b.sees(path, 200)
	}
	if strings.Contains(b.body, "Sign in") {
		t.Error("operators sign in elsewhere")
	}
}
