package ui_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui"
)

// A mailed link names the account, and signs in when its button is pressed, and once: following it does nothing.
func TestSignInByLink(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b, scanner := kit.User(), browse(t, mux), browse(t, mux)
	b.open("/sign-in?next=%2Forders")
	b.follow("Mail me a link to sign in")
	b.submit("", "email", a.Email)
	b.sees("/mail-link?next=%2Forders", 200, "If the address may sign in here")
	known := strings.ReplaceAll(b.body, a.Email, "")
	link := kit.LastLink(a.Email, tollkeeper.MailSignInLink)
	_, token, _ := strings.Cut(link, "?token=")
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodGet} {
		scanner.send(method, link, "")
	}
	if scanner.status != 200 || len(kit.Events(tollkeeper.EventLinkUsed)) != 0 {
		t.Errorf("followed: %d", scanner.status)
	}
	b.open(link)
	b.sees("/sign-in-link?token="+token, 200, "Press the button", "Sign in as "+a.Email)
	if n := strings.Count(b.body, token); n != 1 || b.page.all("form")[0].attr("action") != "/sign-in-link" || b.field("token").attr("type") != "hidden" {
		t.Errorf("the token stands there %d times:\n%s", n, b.body)
	}
	if b.answer.Get("Referrer-Policy") != "no-referrer" || strings.Contains(b.body, "<script") {
		t.Errorf("%v", b.answer)
	}
	b.submit("Sign in as "+a.Email, "remember", "on")
	b.sees("/", 200, "Hello, "+a.Email)
	scanner.open(link)
	scanner.sees("/sign-in-link?token="+token, 422, "This link has already been used.")
	scanner.follow("Ask for another mail")
	scanner.sees("/mail-link", 200)

	b = browse(t, mux) // known was shown to nobody, too
	b.open("/mail-link?next=%2Forders")
	b.submit("", "email", "nonsense")
	b.wrong("email", "This is not an email address.")
	b.submit("", "email", "nobody@mail.example")
	if got := strings.ReplaceAll(b.body, "nobody@mail.example", ""); got != known {
		t.Errorf("an unknown address is told apart:\n%s", b.body)
	}
}

// Whoever asked in another browser types the code of the same mail there, and the link is none any more.
func TestSignInByTheCodeOfALink(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	b.open("/mail-link?next=%2Forders")
	b.submit("", "email", a.Email)
	b.submit("Sign in", "code", "000000")
	b.sees("/mail-link?next=%2Forders", 401)
	b.wrong("code", "This code is wrong, or has already been used.")
	if strings.Contains(b.at.RequestURI(), "@") || b.field("email").attr("value") != a.Email {
		t.Errorf("at %s:\n%s", b.at, b.body)
	}
	b.submit("Sign in", "code", kit.LastCode(a.Email, tollkeeper.MailSignInLink))
	b.sees("/orders", 200)
	other := browse(t, mux)
	other.open(kit.LastLink(a.Email, tollkeeper.MailSignInLink))
	if !strings.Contains(other.body, "This link has already been used.") {
		t.Error(other.body)
	}
}

// Whom nobody knows signs up by the same page, by link or code, where sign-up is open; elsewhere nothing is mailed.
func TestSignUpWithoutAPassword(t *testing.T) {
	kit, mux := service(t, ui.Options{}, verified)
	b := browse(t, mux)
	b.open("/sign-up")
	b.follow("Sign up without a password")
	b.sees("/mail-link", 200, "If you have no account yet, the link creates it.")
	b.submit("", "email", "Ada@mail.example")
	b.open(kit.LastLink("Ada@mail.example"))
	if !strings.Contains(b.page.text(), "create an account for Ada@mail.example") {
		t.Error(b.page.text())
	}
	b.submit("Create the account")
	b.sees("/", 200, "Hello, Ada@mail.example")
	c := browse(t, mux)
	c.open("/mail-link")
	c.submit("", "email", "ben@mail.example")
	c.submit("Sign in", "code", kit.LastCode("ben@mail.example"))
	c.sees("/", 200, "Hello, ben@mail.example")

	kit, mux = service(t, ui.Options{}, func(c *tollkeeper.Config) { c.Accounts.SignUp.App = tollkeeper.SignUpClosed })
	b = browse(t, mux)
	b.open("/mail-link")
	if strings.Contains(b.body, "creates it") {
		t.Error(b.body)
	}
	b.submit("", "email", "ada@mail.example")
	b.sees("/mail-link", 200, "If the address may sign in here")
	b.submit("Sign in", "code", "000000")
	b.sees("/mail-link", 401)
	if mails := kit.Mails("ada@mail.example"); len(mails) != 0 {
		t.Errorf("%d mails", len(mails))
	}
}

// A second factor is asked for after the button, and a link that is over says so.
func TestLinksThatDoNotSignIn(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	factor := kit.EnrolFactor(a)
	kit.Advance(time.Minute)
	b.open("/mail-link")
	b.submit("", "email", a.Email)
	link := kit.LastLink(a.Email, tollkeeper.MailSignInLink)
	b.open(link)
	b.submit("", "remember", "on")
	b.sees("/second-factor", 200, "One more step")
	b.submit("", "code", kit.FactorCode(factor))
	b.sees("/", 200, "Hello, "+a.Email)
	b.open("/mail-link")
	b.submit("", "email", a.Email)
	late := kit.LastLink(a.Email, tollkeeper.MailSignInLink)
	b.open(late)
	kit.Advance(tollkeeper.SignInLinkTTL)
	b.submit("")
	b.sees("/sign-in-link", 422, "This link has expired.", "Ask for another mail")
	for address, status := range map[string]int{"/sign-in-link": 200, "/sign-in-link?token=nonsense": 422} {
		b.open(address)
		b.sees(address, status, "This link is not valid", "Ask for another mail")
		if len(b.page.all("form")) != 0 {
			t.Errorf("%s has a form", address)
		}
	}
}
