package httpadapter_test

import (
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/platform"
	"github.com/tollkeeper/tollkeeper/httpadapter/v1"
	"github.com/tollkeeper/tollkeeper/store"
)

// with puts a field into a body, as raw JSON.
func with(body, field, value string) string {
	return strings.TrimSuffix(body, "}") + `,"` + field + `":` + value + `}`
}

// named are the routes whose body may name a parent, with the field that does, and the answer to a wrong key.
var named = []struct {
	route, field, body string
	status             int
	code               string // in the answer, or its message
}{
	{"POST /auth/signin", "parentPublicKey", object("email", "uwe@house.example", "password", password), 401, "INVALID_PARENT_PUBLIC_KEY"},
	{"POST /auth/signup", "parentPublicKey", object("email", "new@house.example", "password", password, "username", "new"), 404, "PARENT_NOT_FOUND"},
	{"POST /auth/request-new-confirmation", "parentPublicKey", object("email", "uwe@house.example"), 400, "INVALID_PARENT_PUBLIC_KEY"},
	{"POST /auth/reset-password", "parentPublicKey", object("email", "uwe@house.example"), 400, "INVALID_PARENT_PUBLIC_KEY"},
	{"POST /auth/google", "parentPublicKey", object("idToken", "x"), 401, "INVALID_PARENT_PUBLIC_KEY"},
	{"POST /api/user/signin", "PlatformId", object("email", "uwe@house.example", "password", password), 401, "Invalid credentials"},
	{"POST /api/user/signin-otp", "PlatformId", object("email", "uwe@house.example"), 401, "Invalid credentials"},
	{"POST /api/user/verify-otp", "PlatformId", object("email", "uwe@house.example", "otp", "123456"), 401, "Invalid credentials"},
	{"POST /api/user/forgot-password", "PlatformId", object("email", "uwe@house.example"), 401, "Invalid credentials"},
}

// alike compares answers but for what each request has of its own.
func alike(a, b answer) bool {
	return a.status == b.status && a.body == b.body && reflect.DeepEqual(a.header, b.header)
}

// TestNoRequestNamesTheAppsOwnUsers: the key and the number of their parent get byte for byte what nobody's get, also
// where the password and the code would be right, and no mail goes.
func TestNoRequestNamesTheAppsOwnUsers(t *testing.T) {
	w := newWorld(t, withGoogle)
	user := w.user("uwe")
	number := strconv.FormatInt(w.house.Number, 10)
	if number != "1" {
		t.Fatalf("the first account has the number %s", number)
	}
	const nobody = `"APK_AAAAAAAAAAAAAAAAAAAAAAAAAA"`
	for _, c := range named {
		unknown := w.do(c.route, with(c.body, c.field, nobody))
		if unknown.status != c.status || !strings.Contains(unknown.body, c.code) {
			t.Errorf("%s: %d %s, want %d %s", c.route, unknown.status, unknown.body, c.status, c.code)
		}
		tries := map[string]string{strconv.Quote(w.house.PublicKey): nobody}
		if c.field == "PlatformId" {
			tries[number], tries[strconv.Quote(number)] = "999999", `"999999"`
		}
		for try, like := range tries {
			w.Advance(time.Hour) // mail to one address has rates
			want := w.do(c.route, with(c.body, c.field, like))
			if got := w.do(c.route, with(c.body, c.field, try)); !alike(got, want) || want.status != c.status {
				t.Errorf("%s with %s: %d %s, want %d %s", c.route, try, got.status, got.body, want.status, want.body)
			}
		}
	}
	w.Advance(time.Hour)
	if err := w.Auth.RequestReset(t.Context(), tollkeeper.MailRequest{Email: user.email, Audience: tollkeeper.AudienceOrganization}); err != nil {
		t.Fatal(err)
	}
	reset := object("token", w.mailed(user.email, tollkeeper.MailReset, 1, linkToken), "password", another)
	want := w.do("POST /auth/update-password", with(reset, "parentPublicKey", nobody))
	if got := w.do("POST /auth/update-password", with(reset, "parentPublicKey", strconv.Quote(w.house.PublicKey))); !alike(got, want) || got.status != 400 {
		t.Errorf("a reset: %d %s, want %d %s", got.status, got.body, want.status, want.body)
	}
	if a := w.do("GET /auth/organization-details", "", "X-Public-Key: "+w.house.PublicKey); a.status != 404 {
		t.Errorf("details: %d %s", a.status, a.body)
	}
	if mails := w.Mails(user.email); len(mails) != 1 {
		t.Errorf("%d mails went, besides that of the host's own reset", len(mails)-1)
	}
	page, err := w.Auth.Host().Accounts(t.Context(), tollkeeper.Scope{}, tollkeeper.AccountQuery{})
	if err != nil || page.Total != 2 {
		t.Errorf("%d users, %v", page.Total, err)
	}
}

// TestV1ReadsNoKey: its users live where the host says, whatever else a body says.
func TestV1ReadsNoKey(t *testing.T) {
	w := newWorld(t)
	w.user("uwe")
	tenant := w.parent("pia")
	own, err := httpadapter.Handler(w.Auth, v1.API{Scope: tollkeeper.Under(tenant.id)}, httpadapter.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w.mux.Handle("/authentiq/v1/user/login", own) // more specific, so it wins
	login := object("email", "uwe@house.example", "password", password)
	want := w.do("POST /authentiq/v1/user/login", login)
	for _, field := range []string{"parentPublicKey", "PlatformId"} {
		for _, value := range []string{strconv.Quote(w.house.PublicKey), "1", `"1"`, "null"} {
			if got := w.do("POST /authentiq/v1/user/login", with(login, field, value)); !alike(got, want) || got.status != 401 {
				t.Errorf("%s %s: %d %s", field, value, got.status, got.body)
			}
		}
	}
}

// TestEmptyKeysAreWrong: an empty or null key is a wrong one, never an absent one (docs/WIRE.md section 0), so that a
// page that lost its key makes nobody a tenant, and asks for nothing at the default platform.
func TestEmptyKeysAreWrong(t *testing.T) {
	w := newWorld(t, withGoogle, withPlatform(tollkeeper.Scope{}))
	w.user("uwe")
	w.parent("pia")
	for _, c := range named {
		for _, value := range []string{`""`, "null"} {
			a := w.do(c.route, with(c.body, c.field, value))
			if a.status != c.status || !strings.Contains(a.body, c.code) {
				t.Errorf("%s with %s: %d %s, want %d %s", c.route, value, a.status, a.body, c.status, c.code)
			}
		}
	}
	tenants, err := w.Auth.Host().Accounts(t.Context(), tollkeeper.Tenants, tollkeeper.AccountQuery{})
	if err != nil || len(tenants.Accounts) != 1 {
		t.Errorf("the tenants are %v, %v", tenants.Accounts, err)
	}
	reset := object("token", strings.Repeat("A", 43), "password", another)
	for value, want := range map[string]string{`""`: "INVALID_PARENT_PUBLIC_KEY_FORMAT", "null": "INVALID_PARENT_PUBLIC_KEY_FORMAT", strconv.Quote(w.house.PublicKey): "INVALID_TOKEN"} {
		if a := w.do("POST /auth/update-password", with(reset, "parentPublicKey", value)); a.status != 400 || a.field("error.code") != want {
			t.Errorf("update-password with %s: %d %s", value, a.status, a.body)
		}
	}
	if a := w.do("GET /auth/organization-details", "", "X-Public-Key: "); a.status != 400 || a.field("error.message") != "public key is required" {
		t.Errorf("an empty header: %d %s", a.status, a.body)
	}
	if a := w.do("POST /auth/signin", with(object("email", "pia@parent.example", "password", password), "parentPublicKey", "7")); a.status != 400 {
		t.Errorf("a number for a key: %d %s", a.status, a.body)
	}
}

// TestAbsentKeys: without a field the organization family looks among the parents, the platform family at its default.
func TestAbsentKeys(t *testing.T) {
	w := newWorld(t, withPlatform(tollkeeper.Scope{}))
	user := w.user("uwe")
	w.parent("pia")
	w.must("POST /auth/signin", object("email", "pia@parent.example", "password", password))
	w.must("POST /api/user/signin", object("email", user.email, "password", password))
	w.must("POST /api/user/signin-otp", object("email", user.email))
	w.must("POST /api/user/verify-otp", object("email", user.email, "otp", w.mailed(user.email, tollkeeper.MailSignInCode, 1, sixDigits)))
	w.must("POST /api/user/forgot-password", object("email", user.email))
	w.mailed(user.email, tollkeeper.MailReset, 1, linkToken)
	below := newWorld(t)
	tenant := below.parent("pia")
	child := below.child("cem", tenant)
	own, err := httpadapter.Handler(below.Auth, platform.API{Default: new(tollkeeper.UnderNumber(tenant.number))}, httpadapter.Options{})
	if err != nil {
		t.Fatal(err)
	}
	below.mux.Handle("/api/user/signin", own)
	below.must("POST /api/user/signin", object("email", child.email, "password", password))
}

// TestClosedSignUp is the scope's, whichever family asks.
func TestClosedSignUp(t *testing.T) {
	closed := func(c *tollkeeper.Config, _ *options, _ *store.Store) {
		for _, mode := range []*tollkeeper.SignUpMode{&c.Accounts.SignUp.App, &c.Accounts.SignUp.Tenants, &c.Accounts.SignUp.Children} {
			*mode = tollkeeper.SignUpClosed
		}
	}
	w := newWorld(t, withGoogle, closed)
	owner, err := w.Auth.Host().CreateAccount(t.Context(), tollkeeper.AccountSpec{Scope: tollkeeper.Tenants, Email: "o@parent.example"})
	if err != nil {
		t.Fatal(err)
	}
	up := object("email", "a@b.example", "password", password, "username", "a")
	for route, body := range map[string]string{
		"POST /auth/signup":                up,
		"POST /auth/signup ":               with(up, "parentPublicKey", strconv.Quote(owner.PublicKey)),
		"POST /authentiq/v1/user/register": up,
	} {
		a := w.do(strings.TrimSpace(route), body)
		if a.status != 403 || a.field("error.code") != "SIGNUP_CLOSED" && a.field("message") != "Registration is closed!" {
			t.Errorf("%s: %d %s", route, a.status, a.body)
		}
	}
	for scope, want := range map[tollkeeper.Scope]int{{}: 1, tollkeeper.Tenants: 1, tollkeeper.Under(owner.ID): 0} {
		page, err := w.Auth.Host().Accounts(t.Context(), scope, tollkeeper.AccountQuery{})
		if err != nil || len(page.Accounts) != want {
			t.Errorf("%v has %d accounts, %v", scope, len(page.Accounts), err)
		}
	}
}
