package ui_test

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// What is wrong with an address is said beside its field, of all of them at once, and nothing is saved.
func TestAddressesOfAnOrganizationAreChecked(t *testing.T) {
	kit, parent, b := tenancy(t)
	b.follow("Organization")
	b.submit("Save",
		"name", chosen, "url", "https://acme.example", "sign-in", "http://acme.example/in", "sign-up", "https://evil.example/up", "verify", "no address",
		"reset", "https://mail.acme.example/reset", "authorized", "x",
	)
	b.sees("/admin/organization", 422, "This must begin with https.", "This is not under the domain of the website.", "This is not a web address.", "These are not IDs.")
	for field, want := range map[string]string{"sign-in": "This must begin with https.", "sign-up": "This is not under the domain of the website.", "verify": "This is not a web address."} {
		if got := b.page.byID(field + "-error").text(); got != want {
			t.Errorf("%s says %q", field, got)
		}
	}
	if got := b.field("name").attr("value"); got != chosen {
		t.Errorf("what was typed is gone: %q", got)
	}
	if d, err := kit.Auth.Host().Organization(t.Context(), parent.ID); err != nil || d.Organization.Name != "" {
		t.Errorf("it was saved: %+v, %v", d.Organization, err)
	}
	other := kit.Parent()
	b.submit("Save", "sign-in", "https://acme.example/in", "sign-up", "", "verify", "", "authorized", other.ID.String(), "verified", "on", "restricted", unticked)
	b.sees("/admin/organization?about=saved", 200, "Saved.")
	d, err := kit.Auth.Host().Organization(t.Context(), parent.ID)
	o := d.Organization
	if err != nil || o.Name != chosen || o.AuthURLs.Reset != "https://mail.acme.example/reset" || !o.VerificationRequired || o.DomainRestriction || len(o.Authorized) != 1 {
		t.Errorf("%+v, %v", o, err)
	}
	if b.field("authorized").Text != other.ID.String() || b.field("restricted").has("checked") || !b.field("verified").has("checked") {
		t.Error("the form does not show what was saved")
	}
	b.submit("Save", "url", "")
	b.sees("/admin/organization", 422, "Set the website first.")
	b.wrong("sign-in", "Set the website first.")
}

// The check says what saving would, and changes nothing.
func TestAnOrganizationIsCheckedWithoutBeingSaved(t *testing.T) {
	kit, parent, b := tenancy(t)
	b.open("/admin/organization")
	values := b.page.all("form")[0].filled()
	values.Set("check", "on")
	values.Set("url", "https://acme.example/?x=1")
	b.send("POST", "/admin/organization", values.Encode())
	b.sees("/admin/organization", 200, "This must end with its path, without ? or #.")
	if d, err := kit.Auth.Host().Organization(t.Context(), parent.ID); err != nil || d.Organization.URL != "" {
		t.Errorf("%+v, %v", d.Organization, err)
	}
	if b.field("url").attr("value") != "https://acme.example/?x=1" {
		t.Error("what was typed is gone")
	}
}

// The verdict about each address is that of the core, whatever is typed.
func TestTheCheckIsThatOfTheCore(t *testing.T) {
	kit, parent, b := tenancy(t)
	b.open("/admin/organization")
	for _, site := range []string{"", "https://acme.example", "https://acme.example/shop", "http://localhost:8080", "http://acme.example", "https://a b", "https://u@acme.example", "https://acme.example#x", "ftp://acme.example", "https://[::1]/"} {
		for _, address := range []string{
			"", "https://acme.example/in", "https://www.acme.example/in?x=1#y", "https://ACME.example/in", "https://acme.example.evil.example/", "https://evilacme.example/",
			"http://acme.example/", "http://localhost/in", "javascript:alert(1)", "//acme.example/in", "https://acme.example\\@evil.example/", "https://" + strings.Repeat("a", 2100),
		} {
			_, err := kit.Auth.Host().UpdateOrganization(t.Context(), parent.ID, tollkeeper.OrganizationPatch{URL: &site, AuthURLs: tollkeeper.AuthURLsPatch{SignIn: &address}})
			values := b.page.all("form")[0].filled()
			values.Set("url", site)
			values.Set("sign-in", address)
			values.Set("check", "on")
			b.send("POST", "/admin/organization", values.Encode())
			if wrong := strings.Contains(b.page.byID("check").text(), "Wrong"); wrong != (err != nil) {
				t.Errorf("%q with %q: the page says wrong %t, the core %v", site, address, wrong, err)
			}
		}
	}
}

func TestIssuersOfAnOrganization(t *testing.T) {
	kit, parent, b := tenancy(t)
	b.open("/admin/organization")
	b.submit("Add", "issuer", "https://accounts.google.com", "client", "abc")
	b.sees("/admin/organization?about=saved", 200, "https://accounts.google.com")
	form := b.page.byID("issuers").all("form")[0]
	values := form.filled()
	values.Set("client", "<i>def")
	values.Del("enabled")
	b.send("POST", form.attr("action"), values.Encode())
	b.sees("/admin/organization?about=saved", 200)
	d, err := kit.Auth.Host().Organization(t.Context(), parent.ID)
	if s := d.Organization.Issuer("https://accounts.google.com"); err != nil || s.Enabled || s.ClientID != "<i>def" {
		t.Errorf("%+v, %v", s, err)
	}
	b.submit("Add", "issuer", "https://other.example", "client", "")
	b.sees("/admin/organization", 422, "This client ID is missing, too long, or somebody else’s.")
	if first, second := b.page.byID("issuers").all("form")[0], b.page.byID("issuers").all("form")[1]; strings.Contains(first.text(), "somebody else") || !strings.Contains(second.text(), "somebody else") {
		t.Error("the message stands in another form")
	}
}

// A new key is shown once, after a fresh proof, to who says that they can use it.
func TestAKeyIsRotated(t *testing.T) {
	kit, parent, b := tenancy(t)
	b.follow("Keys")
	b.sees("/admin/key", 200, parent.PublicKey)
	before, err := kit.Auth.Host().Organization(t.Context(), parent.ID)
	if err != nil || strings.Contains(b.body, string(before.TenantKey)) {
		t.Fatal("the secret is shown", err)
	}
	kit.Advance(6 * time.Minute)
	b.follow("Make a new secret key")
	b.sees("/admin/key?confirm=rotate", 200, "The old key stops working at once.")
	b.submit("Make a new key")
	b.sees("/admin/key", 422, "First confirm that you can put the new key into all programs.")
	b.submit("Make a new key", "sure", "on")
	b.sees("/admin/key", 200, "Is it you?", "Make a new secret key?")
	b.submit("Make a new key", "proof-password", parent.Password)
	b.sees("/admin/key", 200, "It is shown only now.")
	after, err := kit.Auth.Host().Organization(t.Context(), parent.ID)
	if err != nil || after.TenantKey == before.TenantKey || !strings.Contains(b.body, string(after.TenantKey)) || b.answer.Get("Cache-Control") != "no-store" {
		t.Errorf("the new key is not shown: %v", err)
	}
	b.open("/admin/key")
	b.sees("/sign-in?next=%2Fadmin%2Fkey", 200)
}

// spent is a tenant who has used credits for two months.
func spent(t *testing.T) (*authtest.Kit, authtest.Account, *browser) {
	t.Helper()
	kit, parent, b := tenancy(t, func(c *tollkeeper.Config) {
		c.Now = func() time.Time { return time.Now().Add(-40 * 24 * time.Hour) }
	})
	host := kit.Auth.Host()
	for day := range 40 {
		op := []tollkeeper.Operation{tollkeeper.OpSignIn, tollkeeper.OpSignUp, tollkeeper.OpVerify}[day%3]
		if _, err := host.Charge(t.Context(), parent.ID, op, fmt.Sprint("day ", day)); err != nil {
			t.Fatal(err)
		}
		kit.Advance(24 * time.Hour)
	}
	b.open("/sign-in")
	b.signIn(parent)
	return kit, parent, b
}

// The chart says nothing by colour alone, and nothing that the table beside it does not say.
func TestUseOfCreditsIsDrawnAndWritten(t *testing.T) {
	kit, parent, b := spent(t)
	if _, err := kit.Auth.Host().GrantPackage(t.Context(), parent.ID, tollkeeper.Purchase{Package: "STARTER", TransactionID: "=pay"}); err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"en", "ar"} {
		b.open("/admin/credits?days=90&lang=" + lang)
		if b.status != 200 {
			t.Fatal(b.body)
		}
		var drawn, written int
		patterns := map[string]bool{}
		for _, rect := range b.page.all("rect") {
			if !strings.HasPrefix(rect.attr("class"), "bar") {
				continue
			}
			drawn++
			patterns[rect.attr("fill")] = true
			if b.page.byID(strings.TrimSuffix(strings.TrimPrefix(rect.attr("fill"), "url(#"), ")")).XMLName.Local != "pattern" || rect.all("title")[0].text() == "" {
				t.Errorf("%+v", rect)
			}
			for name, most := range map[string]float64{"x": 720, "y": 240, "width": 720, "height": 240} {
				if n, err := strconv.ParseFloat(rect.attr(name), 64); err != nil || n < 0 || n > most {
					t.Errorf("%s is %q", name, rect.attr(name))
				}
			}
		}
		for _, row := range b.table() {
			written += len(row) - 1 - strings.Count(strings.Join(row[1:], " ")+" ", "0 ")
		}
		if drawn < 40 || drawn != written || len(patterns) != 3 {
			t.Errorf("%d bars in %d patterns, %d figures", drawn, len(patterns), written)
		}
	}
	b.open("/admin/credits?lang=en")
	b.sees("/admin/credits?lang=en", 200, "Lasts until", "STARTER", "=pay", "In the last 30 days.")
	b.open("/admin/packages.csv")
	if !strings.Contains(b.body, ",'=pay") {
		t.Errorf("%q", b.body)
	}
	b.open("/admin/usage.csv?days=90")
	if rows, err := csv.NewReader(strings.NewReader(b.body)).ReadAll(); err != nil || len(rows) < 41 || rows[1][3][0] != '-' && rows[2][3][0] != '-' {
		t.Errorf("%v: %q", err, rows)
	}
}

func TestAnAccountBookIsRead(t *testing.T) {
	kit, parent, b := spent(t)
	for n := range 20 {
		if _, err := kit.Auth.Host().Grant(t.Context(), parent.ID, 5, fmt.Sprint(n)); err != nil {
			t.Fatal(err)
		}
	}
	b.open("/admin/ledger")
	if got := len(b.table()); got != 50 {
		t.Errorf("%d rows", got)
	}
	b.follow("Next page")
	if rows := b.table(); len(rows) < 10 || rows[len(rows)-1][1] != "Given" {
		t.Errorf("%q", rows)
	}
	b.open("/admin/ledger")
	b.submit("Filter", "operation", "email-verification")
	rows := b.table()
	if len(rows) != 13 || slices.ContainsFunc(rows, func(r []string) bool { return r[1] != "Confirmed addresses" }) {
		t.Errorf("%q", rows)
	}
	b.follow("Download as CSV")
	if rows, err := csv.NewReader(strings.NewReader(b.body)).ReadAll(); err != nil || len(rows) != 14 || rows[1][1] != "email-verification" || rows[1][2][0] != '-' {
		t.Errorf("%v: %q", err, rows)
	}
	b.send("POST", "/admin/credits", "do=grant&credits=5&key=k")
	b.sees("/admin/credits", 403, "You may not do this.")
}

func TestWhereThereAreNoCredits(t *testing.T) {
	_, _, b := tenancy(t, func(c *tollkeeper.Config) { c.Credits = nil })
	if strings.Contains(b.body, "Credits") {
		t.Error("there is a tab")
	}
	for _, path := range []string{"/admin/credits", "/admin/ledger", "/admin/ledger.csv", "/admin/usage.csv"} {
		b.open(path)
		if b.status < 400 || !strings.Contains(b.body, "There are no credits here.") {
			t.Errorf("%s is %d: %s", path, b.status, b.body)
		}
	}
}
