package ui_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/ui"
)

// holding is a browser with a session that began elsewhere.
func holding(t *testing.T, h http.Handler, token string) *browser {
	t.Helper()
	b := browse(t, h)
	home := &url.URL{Scheme: "https", Host: "app.example", Path: "/"}
	b.client.Jar.SetCookies(home, []*http.Cookie{{Name: httpadapter.CookieName, Value: token, Path: "/", Secure: true}})
	return b
}

func TestAnUnverifiedSessionWaitsForItsMail(t *testing.T) {
	kit, mux := service(t, ui.Options{}, verified)
	a := kit.SignUp("ada@mail.example", password, func(r *tollkeeper.SignUpRequest) {
		r.Scope, r.Audience = tollkeeper.Scope{}, tollkeeper.AudienceApp
	})
	b := holding(t, mux, a.Token)
	b.open("/orders")
	b.sees("/limited?next=%2Forders", 200, "Check your mail", "We have sent a mail to ada@mail.example.")
	first := kit.LastLink(a.Email, tollkeeper.MailVerify)
	kit.Advance(2 * time.Minute)
	b.submit("Send the link again")
	b.sees("/limited?about=again&next=%2Forders", 200, "Another mail is on its way.")
	link := kit.LastLink(a.Email, tollkeeper.MailVerify)
	if link == first {
		t.Error("no other mail went")
	}
	b.submit("Send the link again")
	b.sees("/limited?next=%2Forders", 429)
	if got := b.alert(); got != "Too many requests. Try again in 1 minute." {
		t.Errorf("%q", got)
	}
	b.open(link)
	b.submit("Confirm")
	b.sees("/done?about=confirmed", 200)
	if s, err := kit.Auth.Host().Account(t.Context(), a.ID); err != nil || s.Account.EmailProvenAt.IsZero() {
		t.Errorf("the session beside the link proves nothing: %v", err)
	}
	b.open("/limited?next=%2Forders")
	b.sees("/orders", 200, "Hello, ada@mail.example")
}

func TestATemporaryPasswordIsReplaced(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	made, err := kit.Auth.Host().CreateAccount(t.Context(), tollkeeper.AccountSpec{Email: "ada@mail.example", Password: password, Temporary: true, Proven: true})
	if err != nil {
		t.Fatal(err)
	}
	b := browse(t, mux)
	b.open("/sign-in?next=%2Forders")
	b.signIn(authtest.Account{Email: made.Email, Password: password})
	b.sees("/limited?next=%2Forders", 200, "Choose a new password")
	b.submit("", "current", "wrong", "password", another)
	b.sees("/limited?next=%2Forders", 401)
	b.wrong("current", "This is not the password of the account.")
	b.submit("", "current", password, "password", password)
	b.sees("/limited?next=%2Forders", 422)
	b.wrong("password", "Choose one that you have not used before.")
	b.submit("", "current", password, "password", another)
	b.sees("/orders", 200, "Hello, ada@mail.example")
}

func TestNobodyIsLimited(t *testing.T) {
	_, mux := service(t, ui.Options{})
	b := browse(t, mux)
	b.open("/limited?next=%2Forders")
	b.sees("/sign-in?next=%2Forders", 200)
	b.send("POST", "/limited", "")
	b.sees("/sign-in", 200)
}

// Programs are told what they were told.
func TestWhoWantsNoPageGetsAProblem(t *testing.T) {
	kit, mux := service(t, ui.Options{}, verified)
	a := kit.SignUp("ada@mail.example", password, func(r *tollkeeper.SignUpRequest) {
		r.Scope, r.Audience = tollkeeper.Scope{}, tollkeeper.AudienceApp
	})
	b := holding(t, mux, a.Token)
	b.header.Set("Accept", "application/json")
	b.open("/orders")
	b.sees("/orders", 403, `"code":"limited_session"`)
}
