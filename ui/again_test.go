package ui_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/ui"
)

// formPage is a service with a page that has forms for who is signed in, and a browser that has filled in the second of
// them when its session is over.
func formPage(t *testing.T, note string) (*browser, func()) {
	t.Helper()
	kit, mux := service(t, ui.Options{})
	if err := ui.MountFormPage(mux, kit.Auth); err != nil {
		t.Fatal(err)
	}
	a, b := kit.User(), browse(t, mux)
	factor := kit.EnrolFactor(a)
	kit.Advance(time.Minute)
	b.open("/form?next=%2Forders")
	b.signIn(a)
	b.submit("", "code", kit.FactorCode(factor))
	b.sees("/form?next=%2Forders", 200)
	if err := kit.Auth.Host().EndSessions(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	kit.Advance(time.Minute)
	b.submit("B", "name", ` <b>"Ada"</b>`, "note", note, "password", password, "agree", "on")
	b.sees("/sign-in?about=ended&next=%2Fform%3Fnext%3D%252Forders", 200, "You have been signed out.")
	if strings.Contains(b.at.String(), "Ada") {
		t.Error("what was typed stands in the address")
	}
	return b, func() {
		b.signIn(a)
		b.submit("", "code", kit.FactorCode(factor))
	}
}

// What was typed into a form stands there again once the person has signed in, whatever that takes. Nothing is done by
// it, and passwords are not kept.
func TestASessionThatEndsLosesNothingTyped(t *testing.T) {
	b, signIn := formPage(t, "x")
	for _, c := range b.client.Jar.Cookies(b.at) {
		if c.Name == "__Host-typed" && strings.Contains(c.Value, password) {
			t.Error("the password is kept")
		}
	}
	b.follow("Forgot your password?")
	b.open("/sign-in?next=%2Fform")
	signIn()
	b.sees("/form", 200)
	values := map[string]string{}
	for _, in := range b.page.all("input") {
		values[in.attr("id")] = in.attr("value")
	}
	if values["name-1"] != `<b>"Ada"</b>` || values["note-1"] != "x" || values["password-1"] != "" || !b.page.byID("agree-1").has("checked") {
		t.Errorf("the form has %q", values)
	}
	if values["name"] != "" || b.page.byID("agree").has("checked") {
		t.Errorf("the other form has %q", values)
	}
	if set := b.answer.Get("Set-Cookie"); set != "__Host-typed=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax" {
		t.Errorf("it is kept on: %q", set)
	}
	b.open("/form")
	if got := b.page.byID("name-1").attr("value"); got != "" {
		t.Errorf("and again: %q", got)
	}
}

func TestMuchThatWasTypedIsNotKept(t *testing.T) {
	b, signIn := formPage(t, strings.Repeat("x", 3000))
	for _, c := range b.client.Jar.Cookies(b.at) {
		if c.Name == "__Host-typed" {
			t.Errorf("%d bytes", len(c.Value))
		}
	}
	signIn()
	b.sees("/form?next=%2Forders", 200)
}

// A cookie that is no text of ours, or of another page, fills in nothing.
func TestWhatWasNotTyped(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	if err := ui.MountFormPage(mux, kit.Auth); err != nil {
		t.Fatal(err)
	}
	b := browse(t, mux)
	b.open("/form")
	b.signIn(kit.User())
	for _, value := range []string{"x", "e30", "eyJwIjoiL290aGVyIiwiZCI6ImEiLCJ2Ijp7Im5hbWUiOiJ4In19" /* of /other */, "bnVsbA"} {
		b.client.Jar.SetCookies(b.at, []*http.Cookie{{Name: "__Host-typed", Value: value, Path: "/", Secure: true}})
		b.open("/form")
		b.sees("/form", 200)
		if got := b.page.byID("name").attr("value"); got != "" {
			t.Errorf("%s: %q", value, got)
		}
	}
}

// A page of another origin has nothing kept.
func TestAnotherOriginKeepsNothing(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	if err := ui.MountFormPage(mux, kit.Auth); err != nil {
		t.Fatal(err)
	}
	b := browse(t, mux)
	b.header.Set("Sec-Fetch-Site", "cross-site")
	b.send("POST", "/form", "do=b&name=evil")
	if b.status != 403 || len(b.answer.Values("Set-Cookie")) > 0 {
		t.Errorf("%d %v", b.status, b.answer)
	}
}
