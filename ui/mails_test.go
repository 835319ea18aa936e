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

// stay shows a redirect instead of following it.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func TestForgotThenReset(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, elsewhere, b := kit.User(), browse(t, mux), browse(t, mux)
	elsewhere.open("/sign-in")
	elsewhere.signIn(a)
	elsewhere.sees("/", 200)

	b.open("/forgot")
	b.submit("", "email", a.Email)
	b.sees("/check-mail?about=reset", 200, "If there is an account with that address")
	known := b.body
	link := kit.LastLink(a.Email, tollkeeper.MailReset)
	b.open(link)
	if b.answer.Get("Referrer-Policy") != "no-referrer" || b.field("token").attr("type") != "hidden" {
		t.Errorf("the page with the token: %v", b.answer)
	}
	b.submit("", "password", "short")
	b.sees("/reset-password", 422)
	b.wrong("password", "Use at least 8 characters.")
	b.submit("", "password", another)
	b.sees("/done?about=reset", 200, "You have a new password")
	elsewhere.open("/")
	elsewhere.sees("/sign-in?next=%2F", 200)
	b.follow("Sign in")
	b.submit("", "login", a.Email, "password", another)
	b.sees("/", 200, "Hello, "+a.Email)

	kit.Advance(2 * time.Minute)
	b.open("/forgot")
	b.submit("", "email", "nobody@mail.example")
	if b.status != 200 || b.body != known {
		t.Errorf("an unknown address is told apart: %d\n%s", b.status, b.body)
	}
	b.open("/forgot")
	b.submit("", "email", "nonsense")
	b.sees("/forgot", 422)
	b.wrong("email", "This is not an email address.")
}

// The address of a form with a token has none: it goes in the form alone.
func TestTheTokenLeavesTheAddress(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	b.open("/forgot")
	b.submit("", "email", a.Email)
	token := kit.LastToken(a.Email, tollkeeper.MailReset)
	b.open("/reset-password?token=" + token)
	if n := strings.Count(b.body, token); n != 1 || b.page.all("form")[0].attr("action") != "/reset-password" {
		t.Errorf("the token stands there %d times:\n%s", n, b.body)
	}
}

func TestDeadLinks(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	b.open("/reset-password")
	b.sees("/reset-password", 200, "This link is not valid", "Ask for another mail")
	if len(b.page.all("form")) != 0 {
		t.Error("there is a form without a token")
	}
	for _, path := range []string{"/reset-password", "/auth/confirm-email", "/auth/account/email/confirm"} {
		b.open(path + "?token=nonsense")
		if path == "/auth/confirm-email" {
			b.submit("Confirm")
		} else {
			b.submit("", "password", password)
		}
		b.sees(path, 422, "This link is not valid")
	}
	b.open("/forgot")
	b.submit("", "email", a.Email)
	late := kit.LastLink(a.Email, tollkeeper.MailReset)
	kit.Advance(time.Hour)
	b.open(late)
	b.submit("", "password", another)
	b.sees("/reset-password", 422, "This link has expired.")
	b.follow("Ask for another mail")
	b.submit("", "email", a.Email)
	link := kit.LastLink(a.Email, tollkeeper.MailReset)
	for _, want := range []string{"You have a new password", "This link has already been used."} {
		b.open(link)
		b.submit("", "password", another)
		if !strings.Contains(b.body, want) {
			t.Errorf("want %q:\n%s", want, b.body)
		}
	}
}

// Where the address must be confirmed, a taken one is answered as a new one, by every page.
func TestSignUpTellsNobodyWhoIsThere(t *testing.T) {
	kit, mux := service(t, ui.Options{}, verified)
	taken, b := kit.User(), browse(t, mux)
	b.open("/sign-up?next=%2Forders")
	b.submit("", "email", "ada@mail.example", "password", password)
	b.sees("/check-mail?about=sign-up&next=%2Forders", 200, "We have sent a mail")
	fresh := b.body
	b.open("/sign-up?next=%2Forders")
	b.submit("", "email", taken.Email, "password", password)
	if b.body != fresh {
		t.Errorf("a taken address is told apart:\n%s", b.body)
	}
	b.open("/sign-in")
	b.submit("", "login", "ada@mail.example", "password", password)
	b.sees("/sign-in", 401)

	kit.Advance(2 * time.Minute)
	b.follow("Mail me the link to confirm my address")
	b.submit("", "email", "ada@mail.example")
	b.sees("/check-mail?about=again", 200, "If the address still has to be confirmed")
	again := b.body
	kit.Advance(2 * time.Minute)
	b.submit("", "email", "nobody@mail.example")
	if b.body != again {
		t.Errorf("an unknown address is told apart:\n%s", b.body)
	}
}

func TestAnAddressIsConfirmedByTheButton(t *testing.T) {
	kit, mux := service(t, ui.Options{}, verified)
	b := browse(t, mux)
	b.open("/sign-up")
	b.submit("", "email", "ada@mail.example", "password", password)
	link := kit.LastLink("ada@mail.example", tollkeeper.MailVerify)
	state := func() (verified, proven bool) {
		s, err := kit.Auth.Host().FindByEmail(t.Context(), tollkeeper.Scope{}, "ada@mail.example")
		if err != nil {
			t.Fatal(err)
		}
		return !s.Account.EmailVerifiedAt.IsZero(), !s.Account.EmailProvenAt.IsZero()
	}
	b.open(link)
	b.open(link)
	if verified, _ := state(); verified {
		t.Fatal("opening the page has confirmed the address")
	}
	b.submit("Confirm", "password", "wrong")
	b.sees("/auth/confirm-email", 401)
	b.wrong("password", "This is not the password of the account.")
	b.submit("Confirm", "password", "")
	b.sees("/done?about=confirmed", 200, "Your address is confirmed.")
	if verified, proven := state(); !verified || proven {
		t.Errorf("verified %t, proven %t", verified, proven)
	}
	b.open(link)
	b.submit("Confirm")
	b.sees("/done?about=confirmed", 200) // once more is no error
	b.open(link)
	b.submit("Confirm", "password", password)
	if _, proven := state(); !proven {
		t.Error("the password beside the link proves nothing")
	}
	b.open(link)
	b.submit("This was not me")
	b.sees("/auth/confirm-email", 422, "This link has already been used.")
	b.open("/sign-in")
	b.submit("", "login", "ada@mail.example", "password", password)
	b.sees("/", 200, "Hello")
}

func TestWhoDidNotAskSaysSo(t *testing.T) {
	kit, mux := service(t, ui.Options{}, verified)
	b := browse(t, mux)
	b.open("/sign-up")
	b.submit("", "email", "ada@mail.example", "password", password)
	b.open(kit.LastLink("ada@mail.example", tollkeeper.MailVerify))
	b.submit("This was not me")
	b.sees("/done?about=not-me", 200, "is removed")
	b.open("/sign-in")
	b.submit("", "login", "ada@mail.example", "password", password)
	b.sees("/sign-in", 401)
}

func TestANewAddressNeedsMoreThanTheLink(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a := kit.User()
	change := func(to string) string {
		t.Helper()
		kit.Advance(2 * time.Minute)
		r := tollkeeper.EmailChange{Email: to, Password: tollkeeper.Password(a.Password)}
		if err := kit.Auth.RequestEmailChange(t.Context(), kit.SignedIn(a), r); err != nil {
			t.Fatal(err)
		}
		return kit.LastLink(to, tollkeeper.MailChangeEmail)
	}
	link, b := change("new@mail.example"), browse(t, mux)
	b.open(link)
	b.submit("")
	b.sees("/auth/account/email/confirm", 403)
	b.wrong("password", "Enter the password of the account.")
	b.submit("", "password", "wrong")
	b.wrong("password", "This is not the password of the account.")
	b.submit("", "password", a.Password)
	b.sees("/done?about=changed", 200, "Your account uses the new address.")

	a.Email = "new@mail.example"
	b.open("/sign-in")
	b.signIn(a)
	b.open(change("newer@mail.example"))
	b.submit("Use the new address")
	b.sees("/done?about=changed", 200)
	b.follow("Continue")
	b.sees("/", 200, "Hello, newer@mail.example")

	stranger := browse(t, mux)
	a.Email = "newer@mail.example"
	stranger.open("/sign-in")
	stranger.signIn(kit.User())
	stranger.open(change("newest@mail.example"))
	stranger.submit("Use the new address")
	stranger.sees("/auth/account/email/confirm", 403)
	stranger.wrong("password", "Enter the password of the account.")
}

// The pages are at the paths that the mails of this service have.
func TestPagesAreWhereMailsLead(t *testing.T) {
	kit, mux := service(t, ui.Options{Prefix: "/me"}, func(c *tollkeeper.Config) {
		c.BaseURL = authtest.BaseURL + "/shop"
		c.Mail.Links = tollkeeper.Links{Verify: "/v", Reset: "/r", ChangeEmail: "/c", SignIn: "/me/sign-in"}
	})
	a, b := kit.User(), browse(t, http.StripPrefix("/shop", mux))
	b.open("/shop/me/forgot")
	b.submit("", "email", a.Email)
	b.sees("/shop/me/check-mail?about=reset", 200)
	b.open(kit.LastLink(a.Email, tollkeeper.MailReset))
	b.submit("", "password", another)
	b.sees("/shop/me/done?about=reset", 200)
	b.follow("Sign in")
	b.submit("", "login", a.Email, "password", another)
	b.sees("/shop/", 200, "Hello")
	b.open("/shop/me/sign-in")
	b.open(b.style())
	if b.status != 200 {
		t.Errorf("the style sheet is %d", b.status)
	}
}
