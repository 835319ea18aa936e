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

// proven is an account whose owner has proven the mailbox.
func proven(t *testing.T, kit *authtest.Kit) authtest.Account {
	t.Helper()
	x, err := kit.Auth.Host().CreateAccount(t.Context(), tollkeeper.AccountSpec{Email: "ada@mail.example", Password: password, Proven: true})
	if err != nil {
		t.Fatal(err)
	}
	return authtest.Account{ID: x.ID, Email: x.Email, Password: password}
}

// key is what the page shows to be typed into the app.
func (b *browser) key() string {
	b.t.Helper()
	for _, p := range b.page.all("p") {
		if p.attr("class") == "key" {
			return p.text()
		}
	}
	b.t.Fatalf("no key at %s:\n%s", b.at, b.body)
	return ""
}

// codes are the recovery codes that the page shows.
func (b *browser) codes() (codes []string) {
	for _, c := range b.page.all("code") {
		codes = append(codes, c.text())
	}
	return codes
}

// Whoever must have a second factor sets one up, goes on, and is asked for it the next time; a recovery code serves, too.
func TestWhoNeedsASecondFactorSetsItUp(t *testing.T) {
	kit, mux := service(t, ui.Options{}, func(c *tollkeeper.Config) { c.Factors.Required = true })
	a, b := proven(t, kit), browse(t, mux)
	b.open("/orders")
	b.signIn(a)
	b.sees("/set-up-factor?next=%2Forders", 200, "This account needs a second factor", "Start")
	b.submit("Start")
	b.sees("/set-up-factor?next=%2Forders", 200, "Scan this with the app")
	picture := b.page.all("img")
	if len(picture) != 1 || !strings.HasPrefix(picture[0].attr("src"), "data:image/png;base64,") || picture[0].attr("alt") == "" {
		t.Errorf("the picture is %+v", picture)
	}
	if !strings.Contains(b.body, `href="otpauth://totp/`) {
		t.Errorf("no link for the app: %s", b.body)
	}
	key := b.key()
	b.submit("Turn it on", "code", "abcdef")
	b.sees("/set-up-factor?next=%2Forders", 401)
	b.wrong("code", "This code is wrong, or has already been used.")
	if strings.Contains(b.body, key) {
		t.Error("the key is shown twice")
	}
	b.submit("Turn it on", "code", kit.TOTP(key))
	b.sees("/set-up-factor?next=%2Forders", 200, "Save these codes", "The second factor is on.")
	codes := b.codes()
	if len(codes) != 10 || b.answer.Get("Cache-Control") != "no-store" {
		t.Errorf("%d codes, %v", len(codes), b.answer)
	}
	b.follow("I have saved them")
	b.sees("/orders", 200, "Hello, ada@mail.example")

	for i, code := range []string{"", codes[0]} {
		b := browse(t, mux)
		kit.Advance(time.Minute)
		b.open("/orders")
		b.signIn(a)
		b.sees("/second-factor?next=%2Forders", 200)
		if code == "" {
			code = kit.TOTP(key)
		} else {
			b.follow("Use a recovery code")
		}
		b.submit("", "code", code)
		if b.sees("/orders", 200, "Hello, ada@mail.example"); i == 1 {
			kit.Advance(time.Hour)
		}
	}
}

// Where nobody must have one, whoever wants it comes by themselves; a second app brings no further recovery codes.
func TestAFactorBesideAnother(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := proven(t, kit), browse(t, mux)
	b.open("/set-up-factor")
	b.sees("/sign-in?next=%2Fset-up-factor", 200)
	b.signIn(a)
	b.sees("/set-up-factor", 200, "Start")
	kit.Advance(10 * time.Minute)
	b.submit("Start")
	b.sees("/set-up-factor", 200, "Is it you?")
	b.submit("Start", "proof-password", "wrong")
	b.sees("/set-up-factor", 401)
	b.wrong("proof-password", "This is not the password of the account.")
	b.submit("Start", "proof-password", password)
	b.submit("Turn it on", "code", kit.TOTP(b.key()))
	if len(b.codes()) != 10 {
		t.Errorf("shown are %q", b.codes())
	}
	kit.Advance(time.Minute)
	b.open("/set-up-factor")
	b.submit("Start")
	b.sees("/set-up-factor", 200, "Scan this")
	b.submit("Turn it on", "code", kit.TOTP(b.key()))
	b.sees("/", 200, "Hello")
}

func TestAFactorThatComesTooLateIsBegunAgain(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := proven(t, kit), browse(t, mux)
	b.open("/set-up-factor")
	b.signIn(a)
	b.submit("Start")
	key := b.key()
	kit.Advance(11 * time.Minute)
	b.submit("Turn it on", "code", kit.TOTP(key))
	b.sees("/set-up-factor", 422, "Start")
	if got := b.alert(); got != "That took too long. Start again." {
		t.Errorf("it says %q", got)
	}
	b.submit("Start")
	b.submit("Start", "proof-password", password)
	b.sees("/set-up-factor", 200, "Scan this")
}

func TestAFactorNeedsAProvenMailbox(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a := kit.SignUp("ada@mail.example", password, func(r *tollkeeper.SignUpRequest) { r.Scope = tollkeeper.Scope{} })
	b := browse(t, mux)
	b.open("/set-up-factor")
	b.signIn(a)
	b.submit("Start")
	b.sees("/set-up-factor", 403)
	if got := b.alert(); !strings.Contains(got, "a mail with a link is on its way") {
		t.Errorf("it says %q", got)
	}
	b.open(kit.LastLink(a.Email, tollkeeper.MailVerify))
	b.submit("Confirm")
	b.open("/set-up-factor")
	b.submit("Start")
	b.sees("/set-up-factor", 200, "Scan this")
}

// Nobody sets anything up who is not signed in, and a form of nobody's does nothing.
func TestAFactorOfNobody(t *testing.T) {
	_, mux := service(t, ui.Options{})
	b := browse(t, mux)
	for _, form := range []string{"", "step=confirm&code=123456"} {
		b.send(http.MethodPost, "/set-up-factor", form)
		b.sees("/sign-in?about=ended&next=%2Fset-up-factor", 200, "have been signed out")
	}
}

// Some routers do not take GET for HEAD.
func TestHeadIsAnsweredWhereGetIs(t *testing.T) {
	_, mux := service(t, ui.Options{})
	b := browse(t, mux)
	for _, path := range []string{"/sign-in", "/forgot", "/reset-password?token=x", "/set-up-factor"} {
		if b.send(http.MethodHead, path, ""); b.status != 200 {
			t.Errorf("HEAD %s: %d", path, b.status)
		}
	}
}
