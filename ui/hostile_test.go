package ui_test

import (
	"encoding/csv"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/ui"
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

// A page says its own address many times. One that is long is refused before anything is made of it.
func TestLongAddressesAreRefused(t *testing.T) {
	_, mux := service(t, ui.Options{})
	_, operator := operated(t)
	for _, tt := range []struct {
		h             http.Handler
		method, at    string
		status, bytes int
	}{
		{mux, "GET", "/sign-in?q=" + strings.Repeat("a", 15<<10), 200, 120 << 10},
		{mux, "GET", "/sign-in?q=" + strings.Repeat("%20", 300_000), 414, 100},
		{mux, "HEAD", "/sign-in?" + strings.Repeat("a=&", 300_000), 414, 100},
		{mux, "POST", "/sign-in?" + strings.Repeat("a=&", 300_000), 414, 100},
		{mux, "GET", "/admin/users/" + strings.Repeat("a", 500_000), 414, 100},
		{operator.client.Transport.(watched).next.(handlerTransport), "GET", "/operator/" + strings.Repeat("a", 500_000) + "/users", 414, 100},
	} {
		w := httptest.NewRecorder()
		tt.h.ServeHTTP(w, httptest.NewRequest(tt.method, tt.at, nil))
		if w.Code != tt.status || w.Body.Len() > tt.bytes || len(w.Header().Get("Location")) > 100 {
			t.Errorf("%s %.20s…: %d with %d bytes", tt.method, tt.at, w.Code, w.Body.Len())
		}
		if w.Header().Get("Content-Security-Policy") == "" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s %.20s…: %v", tt.method, tt.at, w.Header())
		}
	}
}

// Spreadsheets of many countries part cells at semicolons: what follows one is no formula, either.
func TestNoCellBeginsAFormula(t *testing.T) {
	kit, _, b := ruled(t)
	for name, want := range map[string]string{
		"Eve;=1+cmd|'/c calc'!A0;": "Eve;'=1+cmd|'/c calc'!A0;", `Eve; "+1`: `Eve; "'+1`, ";@x;-y": ";'@x;'-y", "＝1": "'＝1", "-x": "'-x",
		"Eve; x = 1; -": "Eve; x = 1; '-", "a-b=c": "a-b=c", "-1": "-1",
	} {
		a := kit.AccountIn(tollkeeper.Scope{}, func(s *tollkeeper.AccountSpec) { s.Name = name })
		b.open("/admin/users.csv?q=" + a.Email)
		rows, err := csv.NewReader(strings.NewReader(b.body)).ReadAll()
		if err != nil || len(rows) != 2 || rows[1][4] != want {
			t.Errorf("%q: %q, want %q (%v)", name, rows, want, err)
		}
	}
}

// What one person typed when their session had ended is shown to nobody else who signs in at the same browser.
func TestWhatWasTypedIsItsOwners(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	ada, eve, b := kit.User(), kit.User(), browse(t, mux)
	b.open("/account")
	b.signIn(ada)
	if err := kit.Auth.Host().EndSessions(t.Context(), ada.ID); err != nil {
		t.Fatal(err)
	}
	b.submit("Change the address", "email", "new-ada@mail.example")
	b.sees("/sign-in?about=ended&next=%2Faccount", 200)
	b.signIn(eve)
	b.sees("/account", 200)
	if strings.Contains(b.body, "new-ada") {
		t.Error("somebody else sees what was typed")
	}
	b.open("/sign-out")
	b.submit("")
	b.open("/account")
	b.signIn(ada)
	if strings.Contains(b.body, "new-ada") {
		t.Error("it is kept on")
	}
}

// Where the links of mails lead and who signs users in is changed by no passer-by at a tenant's screen.
func TestAnOrganizationIsChangedOnAFreshProof(t *testing.T) {
	kit, parent, b := tenancy(t)
	issuer := "issuer=https%3A%2F%2Faccounts.google.com&client=evil.apps.example&enabled=on"
	kit.Advance(6 * time.Minute)
	for _, form := range []string{"do=save&name=Shop&url=https%3A%2F%2Fevil.example&factor=on", "do=issuer-&" + issuer} {
		b.send("POST", "/admin/organization", form)
		b.sees("/admin/organization", 200, "Is it you?")
	}
	d, err := kit.Auth.Host().Organization(t.Context(), parent.ID)
	if o := d.Organization; err != nil || o.Name != "" || o.URL != "" || len(o.Issuers) > 0 {
		t.Fatalf("%+v, %v", o, err)
	}
	b.submit("Save", "proof-password", parent.Password)
	b.sees("/admin/organization?about=saved", 200, "https://accounts.google.com")
	kit.Advance(6 * time.Minute)
	b.send("POST", "/admin/organization", "do=save&name=Shop&url=https%3A%2F%2Fshop.example&factor=on&authorized="+parent.ID.String()+"%0D%0A"+uuid.NewString())
	b.submit("Save", "proof-password", parent.Password)
	d, err = kit.Auth.Host().Organization(t.Context(), parent.ID)
	if o := d.Organization; err != nil || o.Name != "Shop" || o.URL != "https://shop.example" || !o.FactorRequired || o.VerificationRequired || len(o.Authorized) != 2 {
		t.Errorf("%+v, %v", o, err)
	}
}

// The mail that an account page sends leads to the origin of the page, as that of every other page does.
func TestAnAccountPageMailsToItsOrigin(t *testing.T) {
	kit, mux := authtest.New(t), http.NewServeMux()
	parent, home := kit.Parent(), "https://shop.example"
	if _, err := kit.Auth.Host().UpdateOrganization(t.Context(), parent.ID, tollkeeper.OrganizationPatch{URL: &home}); err != nil {
		t.Fatal(err)
	}
	if err := ui.Mount(mux, kit.Auth, ui.Options{Scope: tollkeeper.Under(parent.ID), Origin: home, Home: "/account"}); err != nil {
		t.Fatal(err)
	}
	child := kit.AccountIn(tollkeeper.Under(parent.ID), func(s *tollkeeper.AccountSpec) { s.Proven = false })
	b := browse(t, mux)
	b.open(home + "/sign-in")
	b.send("POST", home+"/sign-in", "login="+child.Email+"&password="+child.Password)
	b.send("POST", home+"/account", "do=verify")
	b.sees("/account?about=mailed", 200)
	if link := kit.LastLink(child.Email, tollkeeper.MailVerify); !strings.HasPrefix(link, home+"/") {
		t.Errorf("the mail leads to %s", link)
	}
	b.open(home + "/account")
	b.send("POST", home+"/account", "do=email&email=new@mail.example")
	b.sees("/account?about=moving", 200)
	if link := kit.LastLink("new@mail.example", tollkeeper.MailChangeEmail); !strings.HasPrefix(link, home+"/") {
		t.Errorf("the mail to the new address leads to %s", link)
	}
}
