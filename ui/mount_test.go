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

// An organization has pages at its own host, with its own looks, on the same mux: mails of its people lead there, and
// the way back from an issuer, too.
func TestPagesAtAHostOfTheirOwn(t *testing.T) {
	kit, mux := serviceOf(t, ui.Options{}, authtest.WithIssuer())
	parent := kit.Parent()
	home, update := "https://shop.example", "https://shop.example/reset-password"
	yes, google := true, []tollkeeper.IssuerSettings{{Issuer: authtest.IssuerURL, Enabled: true, ClientID: "shop-client"}}
	if _, err := kit.Auth.Host().UpdateOrganization(t.Context(), parent.ID, tollkeeper.OrganizationPatch{
		URL: &home, Issuers: google, VerificationRequired: &yes, AuthURLs: tollkeeper.AuthURLsPatch{Update: &update},
	}); err != nil {
		t.Fatal(err)
	}
	o := ui.Options{Scope: tollkeeper.Under(parent.ID), Origin: home, Home: "/sign-out", Look: ui.Look{Name: "The Shop", Accent: "#7a1f5c"}}
	if err := ui.Mount(mux, kit.Auth, o); err != nil {
		t.Fatal(err)
	}
	if err := ui.Mount(mux, kit.Auth, o); err == nil || !strings.Contains(err.Error(), "shop.example/") {
		t.Errorf("mounted twice: %v", err)
	}
	child, b := kit.Child(parent), browse(t, mux)
	b.open(home + "/forgot")
	b.sees("/forgot", 200, "The Shop")
	b.send(http.MethodPost, home+"/forgot", "email="+child.Email)
	link := kit.LastLink(child.Email, tollkeeper.MailReset)
	if !strings.HasPrefix(link, home+"/reset-password?") {
		t.Errorf("the mail leads to %s", link)
	}
	b.open(link)
	b.sees(strings.TrimPrefix(link, home), 200, "The Shop", "Choose a new password")
	for path, kind := range map[string]tollkeeper.MailKind{"/mail-link": tollkeeper.MailSignInLink, "/sign-up": tollkeeper.MailVerify} {
		email := child.Email
		if path == "/sign-up" {
			email = "new@mail.example"
		}
		b.send(http.MethodPost, home+path, "password="+another+"&email="+email)
		link := kit.LastLink(email, kind)
		if !strings.HasPrefix(link, home+"/") {
			t.Errorf("%s: the mail leads to %s", path, link)
		}
		b.open(link)
		b.sees(strings.TrimPrefix(link, home), 200, "The Shop")
	}
	for _, header := range []http.Header{{"Sec-Fetch-Site": {"same-origin"}}, {"Origin": {home}}} {
		b.header = header
		b.header.Set("Accept", "text/html")
		b.send(http.MethodPost, home+"/sign-in", "login="+child.Email+"&password="+child.Password)
		b.sees("/sign-out", 200, "Sign out?")
	}
	b.send(http.MethodPost, home+"/sign-in", "way=test")
	if to := b.page.all("main")[0].all("a")[0].attr("href"); !strings.Contains(to, "redirect_uri=https%3A%2F%2Fshop.example%2Fprovider%2Ftest&") {
		t.Errorf("the issuer sends back %s", to)
	}
	b.header.Del("Origin")
	b.open(authtest.BaseURL + "/sign-in")
	b.sees("/sign-in", 200, "app.example")
	b.send(http.MethodPost, authtest.BaseURL+"/sign-in", "login="+child.Email+"&password="+child.Password)
	b.sees("/sign-in", 401)
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
