package ui_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/ui"
)

// ruled is a service whose app has an admin, who is signed in in the browser.
func ruled(t *testing.T) (*authtest.Kit, authtest.Account, *browser) {
	t.Helper()
	kit, mux := service(t, ui.Options{})
	admin, b := kit.FirstAdmin(), browse(t, mux)
	b.open("/admin/users")
	b.sees("/sign-in?next=%2Fadmin%2Fusers", 200, "Sign in")
	b.signIn(admin)
	b.sees("/admin/users", 200, "Users")
	return kit, admin, b
}

// tenancy is a service with the pages of tenants, one of whom is signed in in the browser.
func tenancy(t *testing.T, edits ...func(*tollkeeper.Config)) (*authtest.Kit, authtest.Account, *browser) {
	t.Helper()
	var options []authtest.Option
	for _, edit := range edits {
		options = append(options, authtest.WithConfig(edit))
	}
	kit, mux := authtest.New(t, options...), http.NewServeMux()
	if err := ui.Mount(mux, kit.Auth, ui.Options{Scope: tollkeeper.Tenants, Home: "/admin"}); err != nil {
		t.Fatal(err)
	}
	parent, b := kit.Parent(), browse(t, mux)
	b.open("/sign-in")
	b.signIn(parent)
	b.sees("/admin", 200, "Users", "Organization")
	return kit, parent, b
}

// operated is a service with the pages of operators, and one of them in the browser: whom the header names.
func operated(t *testing.T, edits ...func(*tollkeeper.Config)) (*authtest.Kit, *browser) {
	t.Helper()
	var options []authtest.Option
	for _, edit := range edits {
		options = append(options, authtest.WithConfig(edit))
	}
	kit, mux := authtest.New(t, options...), http.NewServeMux()
	err := ui.MountConsole(mux, kit.Auth, ui.Console{Guard: func(r *http.Request) (string, error) {
		switch name := r.Header.Get("X-Operator"); name {
		case "stranger":
			return "", errors.New("no <ticket>")
		case "hasty":
			return "", tollkeeper.ErrRateLimited
		case "unknown":
			return "", tollkeeper.ErrInvalidToken
		default:
			return name, nil
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	b := browse(t, mux)
	b.header.Set("X-Operator", "alice")
	return kit, b
}

// rulersPages are all pages of who is signed in; {id} is an account.
var rulersPages = []string{
	"/admin", "/admin/users", "/admin/users.csv", "/admin/users/{id}", "/admin/new-user", "/admin/log", "/admin/log.csv", "/admin/organization", "/admin/key",
	"/admin/credits", "/admin/ledger", "/admin/ledger.csv", "/admin/usage.csv", "/admin/months.csv", "/admin/packages.csv",
}

// operatorsPages are all pages of operators; {scope} is one, and {id} an account.
var operatorsPages = []string{
	"/operator", "/operator/log", "/operator/log.csv", "/operator/mail", "/operator/mail.csv", "/operator/health", "/operator/{scope}/users",
	"/operator/{scope}/users.csv", "/operator/{scope}/users/{id}", "/operator/{scope}/new-user", "/operator/{scope}/log", "/operator/{scope}/log.csv",
	"/operator/{scope}/organization", "/operator/{scope}/key", "/operator/{scope}/credits", "/operator/{scope}/ledger", "/operator/{scope}/ledger.csv",
	"/operator/{scope}/usage.csv", "/operator/{scope}/months.csv", "/operator/{scope}/packages.csv",
}

func TestTheConsoleIsForWhoRulesAccounts(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	user, admin := kit.User(), kit.FirstAdmin()
	newcomer := kit.AdminIn(tollkeeper.Scope{}, func(s *tollkeeper.AccountSpec) { s.Temporary = true })
	stranger, member, ruler, limited := browse(t, mux), browse(t, mux), browse(t, mux), holding(t, mux, string(kit.SignIn(newcomer).Token))
	for b, a := range map[*browser]authtest.Account{member: user, ruler: admin} {
		b.open("/sign-in")
		b.signIn(a)
	}
	for _, path := range rulersPages {
		path = strings.ReplaceAll(path, "{id}", user.ID.String())
		for b, leads := range map[*browser]string{stranger: "/sign-in?next=%2Fadmin", limited: "/limited?next=%2Fadmin"} {
			if b.open(path); !strings.HasPrefix(b.at.RequestURI(), leads) || strings.Contains(b.body, user.Email) {
				t.Errorf("%s leads to %s", path, b.at)
			}
			b.send("POST", path, "do=disable")
			if b.status != 405 && !strings.HasPrefix(b.at.RequestURI(), leads[:9]) {
				t.Errorf("a form to %s leads to %s", path, b.at)
			}
		}
		member.open(path)
		member.sees(path, 403, "You may not do this.")
		if strings.Contains(member.body, admin.Email) || strings.Contains(member.body, "Log") {
			t.Errorf("%s tells a user of others:\n%s", path, member.body)
		}
		if member.send("POST", path, "do=disable"); member.status != 405 {
			member.sees(path, 403, "You may not do this.")
		}
	}
	ruler.open("/admin")
	ruler.sees("/admin", 200, user.Email, admin.Email)
	if s, err := kit.Auth.Host().Account(t.Context(), user.ID); err != nil || s.Account.Status != tollkeeper.StatusActive {
		t.Errorf("a form of nobody's did something: %v", err)
	}
}

// An admin of one scope finds nothing of another one, whatever the address names, and neither does a parent.
func TestNobodyReachesAnotherScope(t *testing.T) {
	kit, admin, b := ruled(t)
	parent, other := kit.Parent(), kit.Parent()
	foreign := []authtest.Account{parent, kit.Child(parent), kit.Admin(parent)}
	for _, a := range foreign {
		kit.EnrolFactor(a)
		session := kit.SignedIn(kit.User()).Session
		walkForeign(b, a.ID, session)
	}
	for _, path := range []string{"/admin/organization", "/admin/key", "/admin/credits", "/admin/ledger"} {
		b.open(path)
		b.sees(path, 404, "There is no such thing here.")
	}
	for path, form := range map[string]string{
		"/admin/organization": "do=save&name=x", "/admin/key": "do=rotate&sure=on", "/admin/credits": "do=grant&credits=5&key=k",
	} {
		if b.send("POST", path, form); b.status != 404 && b.status != 403 {
			t.Errorf("%s is %d", path, b.status)
		}
	}
	kit2, owner, c := tenancy(t)
	rival := kit2.Parent()
	for _, a := range []authtest.Account{owner, rival, kit2.Child(rival), kit2.User()} {
		walkForeign(c, a.ID, uuid.New())
	}
	if got := len(kit.Events(tollkeeper.EventStatusChanged, tollkeeper.EventRoleChanged, tollkeeper.EventSessionsEnded, tollkeeper.EventAccountDeleted)); got > 0 {
		t.Errorf("%d changes by %s, of %s", got, admin.Email, other.Email)
	}
}

// walkForeign asks for everything about an account that is none of the browser's owner.
func walkForeign(b *browser, id, session uuid.UUID) {
	b.t.Helper()
	at := "/admin/users/" + id.String()
	for _, query := range []string{"", "?confirm=delete", "?confirm=role", "?confirm=factors", "?confirm=factor&name=" + id.String()} {
		b.open(at + query)
		b.sees(at+query, 404, "There is no such thing here.")
	}
	for _, form := range []string{
		"do=role&role=admin", "do=disable", "do=enable", "do=unlock", "do=sessions", "do=factors", "do=factor&name=" + id.String(), "do=identity&name=x",
		"do=delete&typed=x", "do=end-session&session=" + session.String(),
	} {
		b.send("POST", at, form)
		b.sees(at, 404, "There is no such thing here.")
	}
	for _, path := range []string{"/admin/log?account=", "/admin/log.csv?account="} {
		b.open(path + id.String())
		b.sees(path+id.String(), 404, "There is no such thing here.")
	}
}

func TestAddressesThatNameNoScope(t *testing.T) {
	kit, b := operated(t)
	user, parent := kit.User(), kit.Parent()
	child := kit.Child(parent)
	house, _ := tollkeeper.Scope{}.ID()
	for _, scope := range []string{"x", child.ID.String(), house.String(), uuid.NewString(), uuid.Nil.String(), strings.ToUpper(parent.ID.String())} {
		for _, path := range operatorsPages[6:] {
			path = strings.NewReplacer("{scope}", scope, "{id}", child.ID.String()).Replace(path)
			b.open(path)
			b.sees(path, 404, "There is no such thing here.")
		}
	}
	for _, path := range []string{
		"/operator/app/users/" + child.ID.String(), "/operator/tenants/users/" + user.ID.String(), "/operator/tenants/users/" + house.String(),
		"/operator/" + parent.ID.String() + "/users/" + user.ID.String(), "/operator/app/log?account=" + child.ID.String(),
		"/operator/app/organization", "/operator/tenants/key", "/operator/tenants/credits", "/operator/app/ledger.csv",
	} {
		b.open(path)
		b.sees(path, 404, "There is no such thing here.")
		if strings.Contains(path, "/users/") {
			b.send("POST", path, "do=disable")
			b.sees(path, 404, "There is no such thing here.")
		}
	}
	if got := kit.Events(tollkeeper.EventStatusChanged); len(got) > 0 {
		t.Errorf("%+v", got)
	}
}

func TestTheGuardNamesWhoIsLetIn(t *testing.T) {
	kit, b := operated(t)
	parent := kit.Parent()
	pages := strings.NewReplacer("{scope}", parent.ID.String(), "{id}", parent.ID.String())
	for name, status := range map[string]int{"stranger": 403, "": 403, "hasty": 429, "unknown": 401, strings.Repeat("x", 65): 403, "a\x7fb": 403} {
		b.header.Set("X-Operator", name)
		for _, path := range operatorsPages {
			path = pages.Replace(path)
			b.open(path)
			b.sees(path, status)
			if strings.Contains(b.body, "ticket") || strings.Contains(b.body, parent.Email) || b.status == 403 && !strings.Contains(b.body, "operators only") {
				t.Errorf("%q at %s sees:\n%s", name, path, b.body)
			}
		}
	}
	b.header.Set("X-Operator", "alice")
	b.header.Set("Sec-Fetch-Site", "cross-site")
	for _, path := range []string{"/operator/mail", "/operator/app/users/" + parent.ID.String(), "/operator/" + parent.ID.String() + "/key", "/operator/" + parent.ID.String() + "/organization"} {
		b.send("POST", path, "do=rotate&sure=on")
		b.sees(path, 403, "came from a page of another site")
	}
	if got := kit.Events(tollkeeper.EventTenantKeyRotated); len(got) > 0 {
		t.Error("a form of another site rotated a key")
	}
}

func TestConsolesThatCannotBe(t *testing.T) {
	kit := authtest.New(t)
	guard := func(*http.Request) (string, error) { return "alice", nil }
	for name, o := range map[string]ui.Console{
		"no guard": {}, "a slash": {Guard: guard, Prefix: "/ops/"}, "another site": {Guard: guard, Home: "https://evil.example"}, "a colour": {Guard: guard, Look: ui.Look{Accent: "#eeeeee"}},
	} {
		if err := ui.MountConsole(http.NewServeMux(), kit.Auth, o); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	mux := http.NewServeMux()
	if err := ui.MountConsole(mux, kit.Auth, ui.Console{Guard: guard, Prefix: "/ops"}); err != nil {
		t.Fatal(err)
	}
	if err := ui.Mount(mux, kit.Auth, ui.Options{NoConsole: true}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/ops/health": "GET /ops/health", "/admin": "", "/operator": ""} {
		if _, pattern := mux.Handler(httptest.NewRequest("GET", path, nil)); pattern != want {
			t.Errorf("%s is %q", path, pattern)
		}
	}
}
