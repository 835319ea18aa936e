package ui_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/ui"
)

const security = "/account/security"

// ask has the passkey form of the page answered by the authenticator.
func (b *browser) answers(phone *authtest.Passkey, pairs ...string) {
	b.t.Helper()
	form := b.page.byID("passkey")
	if len(form.all("button")) != 1 || !form.has("hidden") {
		b.t.Fatalf("no button for a passkey, or one without a script at %s:\n%s", b.at, b.body)
	}
	b.submit(form.all("button")[0].text(), append(pairs, "response", string(phone.Respond([]byte(form.attr("data-options")))))...)
}

// passwordless is somebody who signed up by a mailed link, a while ago.
func passwordless(t *testing.T, kit *authtest.Kit, h http.Handler) *browser {
	t.Helper()
	b := browse(t, h)
	b.open("/mail-link")
	b.submit("Send a link", "email", "ada@mail.example")
	b.open(kit.LastLink("ada@mail.example", tollkeeper.MailSignInLink))
	b.submit("Create the account")
	b.sees("/", 200, "Hello, ada@mail.example")
	kit.Advance(time.Hour)
	return b
}

func TestChangeOfPassword(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b, other := kit.User(), browse(t, mux), browse(t, mux)
	b.comesTo(security, a)
	other.comesTo("/account", a)
	b.submit("Change the password", "current", "wrong", "password", another)
	b.sees(security, 401)
	b.wrong("current", "This is not the password of the account.")
	b.submit("Change the password", "current", a.Password, "password", "short")
	b.sees(security, 422)
	b.wrong("password", "Use at least 8 characters.")
	b.submit("Change the password", "current", a.Password)
	b.wrong("password", "Please fill this in.")
	b.submit("Change the password", "current", a.Password, "password", another)
	b.sees(security+"?about=password", 200, "You have a new password, and are signed out on every other device.")
	other.open("/account")
	if other.at.Path != "/sign-in" {
		t.Errorf("the other device is at %s", other.at)
	}
}

// Who has none proves by a mailed code who they are, and then types it: it is carried nowhere.
func TestAFirstPassword(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	b := passwordless(t, kit, mux)
	b.open(security)
	b.sees(security, 200, "You have no password.")
	b.submit("Set a password")
	b.sees(security, 200, "Is it you?", "We mail a code to ada@mail.example.")
	b.submit("Mail me a code")
	b.sees(security, 200, "A mail with a code is on its way to ada@mail.example.")
	b.submit("Confirm", "proof-mailed", "000000")
	b.sees(security, 401)
	b.wrong("proof-mailed", "This code is wrong, or has already been used.")
	b.submit("Confirm", "proof-mailed", kit.LastCode("ada@mail.example", tollkeeper.MailSignInCode))
	b.sees(security+"?about=proved", 200, "Thank you. You can go on now.")
	kit.Advance(10 * time.Minute) // they have a coffee
	b.submit("Set a password", "password", another)
	b.sees(security, 200, "Is it you?")
	if strings.Contains(b.body, another) {
		t.Error("the password is carried on")
	}
	b.submit("Mail me a code")
	b.submit("Confirm", "proof-mailed", kit.LastCode("ada@mail.example", tollkeeper.MailSignInCode))
	b.sees(security, 422)
	b.wrong("password", "Please fill this in.")
	b.submit("Set a password", "password", another)
	b.sees(security+"?about=password", 200)
	b.open("/sign-out")
	b.submit("Sign out")
	b.open("/sign-in")
	b.submit("", "login", "ada@mail.example", "password", another)
	b.sees("/", 200)
}

func TestAPasskeyOfTheAccount(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b, phone := kit.User(), browse(t, mux), kit.Passkey()
	phone.Synced = true
	b.comesTo(security, a)
	b.sees(security, 200, "You have no passkey.", "You have no authenticator app.")
	if strings.Contains(b.body, "Recovery codes") {
		t.Error("there are recovery codes of nothing")
	}
	kit.Advance(time.Hour)
	b.submit("Add a passkey", "label", strings.Repeat("ä", 40))
	b.sees(security, 422)
	b.wrong("label", "Choose a shorter name, in one line.")
	b.submit("Add a passkey", "label", markup)
	b.sees(security, 200, "Is it you?")
	b.submit("Confirm", "proof-password", a.Password)
	b.sees(security, 200, "Create a passkey", "This browser cannot create passkeys here.")
	b.answers(phone)
	b.sees(security, 200, "Save these codes", "The passkey is added.")
	codes := b.codes()
	if len(codes) != 10 {
		t.Errorf("shown are %q", codes)
	}
	b.follow("I have saved them")
	b.sees(security, 200, markup, "Codes left: 10")

	b.follow(markup)
	b.sees(b.at.Path, 200, "Passkey", "copied to your other devices")
	b.submit("Rename", "label", "")
	b.wrong("label", "Please fill this in.")
	b.submit("Rename", "label", strings.Repeat("ä", 40))
	b.sees(b.at.Path, 422)
	b.wrong("label", "Choose a shorter name, in one line.")
	b.submit("Rename", "label", "Laptop & <co>")
	b.sees(security+"?about=renamed", 200, "Renamed.", "Laptop & <co>")

	kit.Advance(time.Hour)
	b.submit("Add a passkey", "label", "Second")
	b.answers(phone) // of the question who they are
	b.sees(security, 200, "Create a passkey")
	second := kit.Passkey()
	b.answers(second)
	b.sees(security+"?about=added", 200, "Second")

	b.follow("Laptop & <co>")
	one := b.at.Path
	b.submit("Remove")
	b.sees(one, 200, "Is it you?", "This removes “Laptop & <co>”.", "Code of the second factor")
	if strings.Contains(b.body, "proof-password") {
		t.Error("a fresh session is asked for its password")
	}
	b.submit("Remove", "proof-code", "nothing")
	b.sees(one, 401)
	b.wrong("proof-code", "This code is wrong, or has already been used.")
	b.submit("Remove", "proof-code", codes[0])
	b.sees(security+"?about=removed", 200, "Removed.", "Codes left: 9")
	b.open(one)
	b.sees(security, 200)
	b.send(http.MethodPost, one, "do=rename&label=x")
	b.sees(security, 200)

	kit.Advance(time.Hour)
	b.follow("Second")
	b.submit("Remove")
	b.answers(second) // both factors in one
	b.sees(security+"?about=removed", 200, "You have no passkey.")
}

func TestAPasskeyThatIsNotAdded(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a := kit.SignUp("ada@mail.example", password, func(r *tollkeeper.SignUpRequest) { r.Scope = tollkeeper.Scope{} })
	b := browse(t, mux)
	b.comesTo(security, a)
	b.submit("Add a passkey")
	b.alerts(403, "Confirm your address first: a mail with a link is on its way.")
	b.open(kit.LastLink(a.Email, tollkeeper.MailVerify))
	b.submit("Confirm")

	phone := kit.Passkey()
	phone.Origin = "https://evil.example"
	b.open(security)
	b.submit("Add a passkey")
	b.answers(phone)
	b.alerts(401, "That did not work. Try again, or use another way.")
	b.submit("Add a passkey")
	kit.Advance(20 * time.Minute)
	b.answers(kit.Passkey())
	b.alerts(403, "That took too long. Start again.")

	_, mux = service(t, ui.Options{}, func(c *tollkeeper.Config) { c.Passkeys = tollkeeper.Passkeys{} })
	b = browse(t, mux)
	b.open("/sign-up?next=%2Faccount%2Fsecurity")
	b.submit("Create the account", "email", "eve@mail.example", "password", another)
	if b.sees(security, 200); strings.Contains(b.body, "asskey") {
		t.Error("passkeys are offered where there are none")
	}
	b.send(http.MethodPost, security, "do=add-passkey")
	if b.status < 400 || b.alert() == "" {
		t.Errorf("%d %q", b.status, b.alert())
	}
}

func TestAnAppOfTheAccount(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	b.comesTo(security, a)
	b.follow("Add an authenticator app")
	b.sees("/set-up-factor?next=%2Faccount%2Fsecurity", 200)
	b.submit("Start", "label", strings.Repeat("ä", 40))
	b.wrong("label", "Choose a shorter name, in one line.")
	b.submit("Start", "label", markup)
	key := b.key()
	b.submit("Turn it on", "code", kit.TOTP(key))
	b.follow("I have saved them")
	b.sees(security, 200, markup, "Codes left: 10")

	// Other recovery codes take the second factor alone.
	kit.Advance(time.Hour)
	b.submit("Make new codes")
	b.sees(security, 200, "Is it you?", "The old ones stop working.")
	b.submit("Make new codes", "proof-code", "123")
	b.sees(security, 401)
	b.wrong("proof-code", "This code is wrong, or has already been used.")
	b.submit("Make new codes", "proof-code", kit.TOTP(key))
	b.sees(security, 200, "Save these codes", "The old ones no longer work.")
	codes := b.codes()
	if len(codes) != 10 || b.answer.Get("Cache-Control") != "no-store" {
		t.Errorf("%q, %v", codes, b.answer)
	}

	// A mailed code and the factor beside it: a wrong factor uses the mailed code up, and the page says so.
	kit.Advance(time.Hour)
	b.open(security)
	b.follow(markup)
	one := b.at.Path
	b.submit("Remove")
	b.sees(one, 200, "Password", "Code of the second factor")
	b.submit("Mail me a code instead")
	b.submit("Remove", "proof-mailed", kit.LastCode(a.Email, tollkeeper.MailSignInCode), "proof-code", "000000")
	b.sees(one, 401)
	b.wrong("proof-code", "This code is wrong, or has already been used. The mailed one is used up, too: ask for another.")
	b.submit("Use the password instead")
	b.sees(one, 200, "Password")
	b.submit("Mail me a code instead")
	b.submit("Mail me another code")
	b.submit("Remove", "proof-mailed", kit.LastCode(a.Email, tollkeeper.MailSignInCode), "proof-code", codes[0])
	b.sees(security+"?about=removed", 200, "You have no authenticator app.")
	b.send(http.MethodPost, security, "do=codes&prove=factor&proof-code=123456")
	b.alerts(422, "This is no longer there.")
}

func TestTheLastWayIn(t *testing.T) {
	kit, mux := serviceOf(t, ui.Options{}, authtest.WithIssuer())
	kit.Issuer().As("i-1", "ada@mail.example", false)
	b := browse(t, mux)
	b.open("/sign-in")
	b.open(b.leave(kit, "Continue with Test").String())
	b.open(security)
	b.sees(security, 200, "Sign-in with other providers", "Test", "ada@mail.example")
	b.submit("Remove Test")
	if b.alert() != "This is the last way into your account. Set a password or confirm your address first." {
		t.Fatalf("%d %q: %s", b.status, b.alert(), b.page.text())
	}
	b.submit("Set a password", "password", another)
	b.submit("Remove Test")
	b.sees(security+"?about=unlinked", 200, "You can no longer sign in with that provider.")
	b.send(http.MethodPost, security, "do=unlink&issuer=x&subject=y")
	b.alerts(404, "This is no longer there.")
}

// An issuer is linked by the way to it and back, after a proof of this moment.
func TestAnIssuerOfTheAccount(t *testing.T) {
	kit, mux := serviceOf(t, ui.Options{}, authtest.WithIssuer())
	a, b := kit.User(), browse(t, mux)
	kit.Issuer().As("i-1", markup+"@mail.example", false)
	b.comesTo(security, a)
	kit.Advance(time.Hour)
	b.submit("Link Test")
	b.sees(security, 200, "Is it you?")
	b.open(b.leave(kit, "Confirm", "proof-password", a.Password).String())
	b.sees(security+"?about=linked", 200, "The provider is linked.", markup+"@mail.example")
	if strings.Contains(b.body, "Link Test") {
		t.Error("it can be linked twice")
	}
	b.open(security + "?error=invalid_challenge")
	if b.alert() != "The sign-in was not completed. Try again." {
		t.Errorf("%q", b.alert())
	}
	b.submit("Remove Test")
	b.sees(security+"?about=unlinked", 200, "Link Test")
}
