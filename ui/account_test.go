package ui_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
	"github.com/tollkeeper/tollkeeper/ui"
)

// accountPages are the pages of the own account.
var accountPages = []string{"/account", "/account/security", "/account/sessions", "/account/activity", "/account/data"}

// markup is markup that people may write wherever they write.
const markup = `<b>"x'&</b>`

// comesTo is somebody's browser at a page of their account.
func (b *browser) comesTo(path string, a authtest.Account) {
	b.t.Helper()
	b.open(path)
	b.signIn(a)
	b.sees(path, 200)
}

// status of the last answer is that, and the page has that alert.
func (b *browser) alerts(status int, message string) {
	b.t.Helper()
	if got := b.alert(); b.status != status || got != message {
		b.t.Errorf("%s: %d %q, want %d %q:\n%s", b.at, b.status, got, status, message, b.page.text())
	}
}

// Nobody sees anything, a limited session is led to what it waits for, and whoever has come back is where they wanted.
func TestAccountPagesAreForTheirOwner(t *testing.T) {
	kit, mux := service(t, ui.Options{}, verified)
	a := kit.SignUp("ada@mail.example", password, func(r *tollkeeper.SignUpRequest) {
		r.Scope, r.Audience = tollkeeper.Scope{}, tollkeeper.AudienceApp
	})
	owner := kit.User()
	for _, path := range append(accountPages, "/account/data/export", "/account/security/factors/x") {
		b := browse(t, mux)
		b.open(path)
		if b.at.Path != "/sign-in" || b.at.Query().Get("next") != path {
			t.Errorf("nobody at %s is led to %s", path, b.at)
		}
		b = holding(t, mux, a.Token)
		b.open(path)
		if b.at.Path != "/limited" || b.at.Query().Get("next") != path {
			t.Errorf("a limited session at %s is led to %s", path, b.at)
		}
		if strings.HasSuffix(path, "activity") || strings.HasSuffix(path, "export") {
			continue
		}
		b.send(http.MethodPost, path, "do=delete&address=ada@mail.example&prove=password&proof-password="+password)
		if b.at.Path != "/limited" {
			t.Errorf("a form of a limited session at %s is led to %s", path, b.at)
		}
		b = browse(t, mux)
		b.open("/sign-in")
		b.signIn(owner)
		b.header.Set("Origin", "https://evil.example")
		b.header.Set("Sec-Fetch-Site", "cross-site")
		b.send(http.MethodPost, path, "do=end-others&name=Eve")
		if b.status != 403 {
			t.Errorf("a form of another origin at %s: %d", path, b.status)
		}
	}
	if s, err := kit.Auth.Host().Account(t.Context(), owner.ID); err != nil || s.Account.Name != "" {
		t.Errorf("%+v, %v", s.Account.Name, err)
	}
}

// What was typed while the session ended stands there again, and nothing was done by it.
func TestAProfileFormOfASessionThatEnded(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	b.comesTo("/account", a)
	if err := kit.Auth.Host().EndSessions(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	b.submit("Save", "name", "Ada", "username", "ada")
	b.sees("/sign-in?about=ended&next=%2Faccount", 200)
	b.signIn(a)
	b.sees("/account", 200)
	if b.field("name").attr("value") != "Ada" || b.field("username").attr("value") != "ada" {
		t.Errorf("what was typed is gone: %s", b.body)
	}
	if s, err := kit.Auth.Host().Account(t.Context(), a.ID); err != nil || s.Account.Name != "" {
		t.Errorf("it was done: %q, %v", s.Account.Name, err)
	}
	b.submit("Save")
	b.sees("/account?about=saved", 200, "Your changes are saved.")
}

func TestTheProfile(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	other := kit.User()
	name := "taken"
	if err := kit.Auth.UpdateProfile(t.Context(), kit.SignedIn(other), tollkeeper.ProfilePatch{Username: &name}); err != nil {
		t.Fatal(err)
	}
	b.comesTo("/account", a)
	b.sees("/account", 200, a.Email, "Confirmed", "Member since")
	if strings.Contains(b.body, "Send the link again") {
		t.Error("a proven address is asked for a proof")
	}
	b.submit("Save", "name", markup, "username", "ada")
	b.sees("/account?about=saved", 200, "Your changes are saved.")
	if got := b.field("name").attr("value"); got != markup {
		t.Errorf("the name is %q", got)
	}
	for value, message := range map[string]string{"no name": "Use up to 30 letters, digits and underscores.", "taken": "Somebody has this username already."} {
		b.open("/account")
		b.submit("Save", "username", value)
		b.sees("/account", 422)
		b.wrong("username", message)
		if got := b.field("username").attr("value"); got != value {
			t.Errorf("what was typed is gone: %q", got)
		}
	}
	b.submit("Save", "name", strings.Repeat("ä", 100), "username", "ada")
	b.wrong("name", "Choose a shorter name, in one line.")
	b.submit("Save", "name", "", "username", "")
	b.sees("/account?about=saved", 200)
	if got := b.field("name").attr("value") + b.field("username").attr("value"); got != "" {
		t.Errorf("left is %q", got)
	}
}

// The language that somebody chooses for their account is that of the pages, too.
func TestTheLanguageOfTheAccount(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	locale := func() string {
		s, err := kit.Auth.Host().Account(t.Context(), a.ID)
		if err != nil {
			t.Fatal(err)
		}
		return s.Account.Locale
	}
	b.comesTo("/account", a)
	b.submit("Save", "language", "de")
	b.sees("/account?about=saved&lang=de", 200, "Ihre Änderungen sind gespeichert.")
	b.open("/account/security")
	if b.page.attr("lang") != "de" || locale() != "de" {
		t.Errorf("the page is in %s, the account in %s", b.page.attr("lang"), locale())
	}
	swiss := "de-CH"
	if err := kit.Auth.UpdateProfile(t.Context(), kit.SignedIn(a), tollkeeper.ProfilePatch{Locale: &swiss}); err != nil {
		t.Fatal(err)
	}
	b.open("/account")
	b.submit("Speichern", "name", "Ada")
	if locale() != "de-CH" {
		t.Errorf("what nobody chose has changed: %s", locale())
	}
	other := "pt"
	if err := kit.Auth.UpdateProfile(t.Context(), kit.SignedIn(a), tollkeeper.ProfilePatch{Locale: &other}); err != nil {
		t.Fatal(err)
	}
	b.open("/account")
	b.submit("Speichern", "name", "Eve")
	if locale() != "pt" {
		t.Errorf("a language that the pages do not have is lost: %s", locale())
	}
	b.submit("Speichern", "language", "")
	if locale() != "" {
		t.Errorf("it stays: %s", locale())
	}
	b.submit("Speichern", "language", "!!")
	if b.status != 422 || locale() != "" {
		t.Errorf("%d, %s", b.status, locale())
	}
}

func TestAnAddressThatWaits(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a := kit.SignUp("ada@mail.example", password, func(r *tollkeeper.SignUpRequest) { r.Scope = tollkeeper.Scope{} })
	b := browse(t, mux)
	b.comesTo("/account", a)
	b.sees("/account", 200, "Not confirmed")
	kit.Advance(2 * time.Minute)
	b.submit("Send the link again")
	b.sees("/account?about=mailed", 200, "A mail with a link is on its way.")
	b.submit("Send the link again")
	b.alerts(429, "Too many requests. Try again in 1 minute.")
	b.open(kit.LastLink(a.Email, tollkeeper.MailVerify))
	b.submit("Confirm")
	b.open("/account")
	b.sees("/account", 200, "Confirmed")
	b.send("POST", "/account", "do=verify")
	b.alerts(422, "This address is already confirmed. Nothing was changed.")
}

// An address changes by the link that goes to the new one. A session that was proved long ago is asked first, and what
// was typed is not lost by it.
func TestChangeOfAddress(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	b.comesTo("/account", a)
	b.submit("Change the address", "email", "nothing")
	b.sees("/account", 422)
	b.wrong("email", "This is not an email address.")
	kit.Advance(10 * time.Minute)
	b.submit("Change the address", "email", "new@mail.example")
	b.sees("/account", 200, "Is it you?", "This changes your address to new@mail.example.")
	b.submit("Change the address", "proof-password", "wrong")
	b.sees("/account", 401, "Is it you?")
	b.wrong("proof-password", "This is not the password of the account.")
	b.submit("Change the address", "proof-password", a.Password)
	b.sees("/account?about=moving", 200, "We have sent a link to the new address.", a.Email)
	b.open(kit.LastLink("new@mail.example", tollkeeper.MailChangeEmail))
	b.submit("Use the new address")
	b.open("/account")
	b.sees("/account", 200, "new@mail.example")
	b.submit("Change the address", "email", "@")
	b.wrong("email", "This is not an email address.")
}

// A session may end between the look at it and what it asks for: where the service remembers sessions for a while,
// another process has ended it.
func TestASessionThatEndsAtThisMoment(t *testing.T) {
	db := memory.New()
	kit, mux := serviceOf(t, ui.Options{}, authtest.WithStore(db), authtest.WithConfig(func(c *tollkeeper.Config) { c.Tokens.Staleness = time.Minute }))
	a, b := kit.User(), browse(t, mux)
	b.comesTo("/account/security", a)
	if err := db.RevokeSession(t.Context(), store.Revocation{Account: a.ID, Session: kit.Identity(b.token()).Session}, kit.Now()); err != nil {
		t.Fatal(err)
	}
	b.submit("Add a passkey", "label", "Phone")
	b.sees("/sign-in?about=ended&next=%2Faccount%2Fsecurity", 200)
}

// token is that of the session.
func (b *browser) token() string {
	b.t.Helper()
	for _, c := range b.client.Jar.Cookies(b.at) {
		if c.Name == httpadapter.CookieName {
			return c.Value
		}
	}
	b.t.Fatal("there is no session")
	return ""
}

// Each page of the account says something else in each language that there is.
func TestAccountPagesInEveryLanguage(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	factor := kit.EnrolFactor(a)
	kit.Advance(time.Minute)
	b.open("/sign-in")
	b.signIn(a)
	b.submit("", "code", kit.FactorCode(factor))
	languages, err := filepath.Glob("internal/page/texts/*")
	if err != nil || len(languages) < 2 {
		t.Fatal(languages, err)
	}
	for _, path := range accountPages {
		said := map[string]string{}
		for _, name := range languages {
			lang := filepath.Base(name)
			b.open(path + "?lang=" + lang)
			text := b.page.all("main")[0].text()
			if other := said[text]; b.status != 200 || b.page.attr("lang") != lang || other != "" {
				t.Errorf("%s in %s: %d, as in %s: %s", path, lang, b.status, other, text)
			}
			said[text] = lang
		}
	}
}
