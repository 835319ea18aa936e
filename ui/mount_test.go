package ui_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/ui"
)

func TestATakenPatternIsAnError(t *testing.T) {
	kit := authtest.New(t)
	for _, taken := range []string{"/sign-in", "GET /sign-in", "POST /sign-out", "/reset-password"} {
		mux := http.NewServeMux()
		mux.Handle(taken, http.NotFoundHandler())
		if err := ui.Mount(mux, kit.Auth, ui.Options{}); err == nil || !strings.Contains(err.Error(), strings.TrimPrefix(taken, "GET ")) {
			t.Errorf("%s: %v", taken, err)
		}
		if _, pattern := mux.Handler(httptest.NewRequest("GET", "/sign-up", nil)); pattern != "" {
			t.Errorf("%s: some pages are served", taken)
		}
	}
	mux := http.NewServeMux()
	if err := ui.Mount(mux, kit.Auth, ui.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := ui.Mount(mux, kit.Auth, ui.Options{}); err == nil {
		t.Error("mounted twice")
	}
	if err := ui.Mount(mux, kit.Auth, ui.Options{Prefix: "/again"}); err == nil {
		t.Error("two pages for one mail")
	}
}

// A page of the host's for everything else is in nobody's way.
func TestAPatternForTheRestIsNotTaken(t *testing.T) {
	kit := authtest.New(t)
	mux := http.NewServeMux()
	mux.Handle("/", http.NotFoundHandler())
	mux.Handle("GET /auth/", http.NotFoundHandler())
	if err := ui.Mount(mux, kit.Auth, ui.Options{}); err != nil {
		t.Error(err)
	}
}

func TestOptionsThatCannotBe(t *testing.T) {
	kit := authtest.New(t)
	for name, o := range map[string]ui.Options{
		"a key":        {Scope: tollkeeper.UnderKey("APK_X")},
		"another site": {Home: "https://evil.example/"},
		"no path":      {Home: "orders"},
		"a wildcard":   {Prefix: "/{x}"},
		"a slash":      {Prefix: "/"},
		"no slash":     {Prefix: "me"},
		"an origin":    {Cookie: httpadapter.Cookie{TrustedOrigins: []string{"evil"}}},
	} {
		if err := ui.Mount(http.NewServeMux(), kit.Auth, o); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// The people of one scope are nobody in another.
func TestPagesOfAnotherScope(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	parent := kit.Parent()
	child := kit.Child(parent)
	below := http.NewServeMux()
	if err := ui.Mount(below, kit.Auth, ui.Options{Scope: tollkeeper.Under(parent.ID), Home: "/sign-out"}); err != nil {
		t.Fatal(err)
	}
	b := browse(t, below)
	b.open("/sign-in")
	b.signIn(child)
	b.sees("/sign-out", 200, "Sign out?")
	b.client.Transport = handlerTransport{mux}
	b.open("/sign-out")
	b.sees("/sign-out", 200, "You are signed out")
	b.open("/sign-in")
	b.signIn(child)
	b.sees("/sign-in", 401)
}
