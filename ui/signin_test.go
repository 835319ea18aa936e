package ui_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/ui"
)

// signIn fills in the form that is open.
func (b *browser) signIn(a authtest.Account) {
	b.t.Helper()
	b.submit("", "login", a.Email, "password", a.Password)
}

func TestSignUpSignOutSignIn(t *testing.T) {
	_, mux := service(t, ui.Options{})
	b := browse(t, mux)
	b.open("/")
	b.sees("/sign-in?next=%2F", 200, "Sign in")
	b.follow("Create an account")
	b.submit("", "email", "ada@mail.example", "password", password)
	b.sees("/", 200, "Hello, ada@mail.example")

	b.open("/sign-out")
	b.sees("/sign-out", 200, "Sign out?")
	b.submit("Sign out")
	b.sees("/sign-out", 200, "You are signed out")
	b.open("/")
	b.sees("/sign-in?next=%2F", 200)
	b.submit("", "login", "ada@mail.example", "password", password, "remember", "on")
	b.sees("/", 200, "Hello, ada@mail.example")
}

// A GET changes nothing: only the button signs out.
func TestOpeningSignOutSignsNobodyOut(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	b := browse(t, mux)
	b.open("/sign-in")
	b.signIn(kit.User())
	b.open("/sign-out")
	b.open("/orders")
	b.sees("/orders", 200, "Hello")
}

// The session serves the app family, too, and has ended there when it has ended here.
func TestTheAppFamilyTakesTheSession(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	b := browse(t, mux)
	b.open("/sign-in")
	b.signIn(kit.User())
	b.open("/api/auth/session")
	b.sees("/api/auth/session", 200, `"user"`)
	kept := b.client.Jar.Cookies(b.at)
	b.open("/sign-out")
	b.submit("")
	b.open("/api/auth/session")
	b.sees("/api/auth/session", 401)
	b.client.Jar.SetCookies(b.at, kept)
	b.open("/api/auth/session")
	b.sees("/api/auth/session", 401) // it is over, not only forgotten
}

func TestSignInByUsername(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	b.open("/sign-in")
	b.submit("", "login", " "+a.Username+" ", "password", a.Password)
	b.sees("/", 200, "Hello, "+a.Email)
}

// Who is signed in and has to prove again who they are finds the form, with their address.
func TestProvingAgain(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	again := httpadapter.OnFailure(ui.SignInPage(kit.Auth, ui.Options{}))
	recent := httpadapter.RequireRecent(kit.Auth, 5*time.Minute, again)
	mux.Handle("GET /keys", httpadapter.RequireAuth(kit.Auth, again)(recent(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "Keys")
	}))))
	a, b := kit.User(), browse(t, mux)
	b.open("/sign-in?next=%2Fkeys")
	b.signIn(a)
	b.sees("/keys", 200, "Keys")
	kit.Advance(time.Hour)
	b.open("/keys")
	b.sees("/sign-in?next=%2Fkeys", 200)
	b.submit("", "password", a.Password)
	b.sees("/keys", 200, "Keys")
}

// next is carried by every form and link, and leads nowhere but to this service.
func TestNextIsCarried(t *testing.T) {
	kit, mux := service(t, ui.Options{Home: "/orders"})
	a, b := kit.User(), browse(t, mux)
	const asked = "?next=%2Forders%3Fpage%3D2"
	b.open("/orders?page=2")
	b.sees("/sign-in"+asked, 200)
	b.follow("Forgot your password?")
	b.sees("/forgot"+asked, 200)
	b.submit("", "email", a.Email)
	b.follow("Sign in")
	b.submit("", "login", a.Email, "password", "wrong")
	b.sees("/sign-in"+asked, 401)
	b.signIn(a)
	b.sees("/orders?page=2", 200)

	for _, hostile := range []string{"//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/a/../b", "/x&next=/y"} {
		b := browse(t, mux)
		b.open("/sign-in?next=" + strings.ReplaceAll(hostile, "&", "&"))
		b.signIn(a)
		b.sees("/orders", 200)
		kit.Advance(time.Minute)
	}
}

func TestAWrongPasswordStandsBesideItsField(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	b.open("/sign-in")
	b.submit("", "login", a.Email, "password", "wrong", "remember", "on")
	b.sees("/sign-in", 401)
	b.wrong("password", "Wrong email, username or password.")
	if in := b.field("login"); in.attr("value") != a.Email || !b.field("remember").has("checked") {
		t.Errorf("what was typed is gone: %+v", in)
	}
	known := withoutTicket(b.body)
	b.open("/sign-in")
	b.submit("", "login", "nobody@mail.example", "password", "wrong", "remember", "on")
	if got := withoutTicket(strings.ReplaceAll(b.body, "nobody@mail.example", a.Email)); b.status != 401 || got != known {
		t.Errorf("an unknown account is told apart: %d\n%s", b.status, got)
	}
	b.open("/sign-in")
	b.submit("", "login", a.Email)
	b.sees("/sign-in", 422)
	b.wrong("password", "Please fill this in.")
}

// withoutTicket leaves out the question for a passkey, which is another one each time.
func withoutTicket(body string) string {
	before, rest, _ := strings.Cut(body, `<form id="passkey"`)
	_, after, _ := strings.Cut(rest, "</form>")
	return before + after
}

func TestALockSaysWhenToTryAgain(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	b.open("/sign-in")
	for range 5 {
		b.submit("", "login", a.Email, "password", "wrong")
	}
	b.signIn(a)
	b.sees("/sign-in", 429)
	if got := b.alert(); got != "Too many failed attempts. Try again in 30 seconds." || b.answer.Get("Retry-After") != "30" {
		t.Errorf("%q, Retry-After %q", got, b.answer.Get("Retry-After"))
	}
	kit.Advance(time.Minute)
	b.signIn(a)
	b.sees("/", 200)
}

func TestSecondFactor(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	factor := kit.EnrolFactor(a)
	kit.Advance(time.Minute)

	b.open("/sign-in?next=%2Forders")
	b.signIn(a)
	b.sees("/second-factor?next=%2Forders", 200, "One more step")
	if in := b.field("code"); in.attr("autocomplete") != "one-time-code" || in.attr("inputmode") != "numeric" {
		t.Errorf("the field is %+v", in.Attrs)
	}
	b.submit("", "code", "000000")
	b.sees("/second-factor?next=%2Forders", 401)
	b.wrong("code", "This code is wrong, or has already been used.")
	b.submit("", "code", kit.FactorCode(factor))
	b.sees("/orders", 200, "Hello, "+a.Email)

	b = browse(t, mux)
	b.open("/sign-in?next=%2Forders")
	b.signIn(a)
	b.follow("Use a recovery code")
	b.submit("", "code", "wrong")
	b.sees("/second-factor?next=%2Forders", 401, "Recovery code")
	b.submit("", "code", factor.Recovery[0])
	b.sees("/orders", 200, "Hello, "+a.Email)
	b.open("/second-factor")
	b.sees("/sign-in", 200) // the challenge has gone with its use
}

// A browser that is to stay signed in stays so through the second step.
func TestTheSecondStepRemembers(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a := kit.User()
	factor := kit.EnrolFactor(a)
	for _, remember := range []bool{false, true} {
		kit.Advance(time.Minute)
		b := browse(t, mux)
		b.open("/sign-in")
		pairs := []string{"login", a.Email, "password", a.Password}
		if remember {
			pairs = append(pairs, "remember", "on")
		}
		b.submit("", pairs...)
		b.client.CheckRedirect = stay
		b.submit("", "code", kit.FactorCode(factor))
		session := ""
		for _, set := range b.answer.Values("Set-Cookie") {
			if strings.HasPrefix(set, "__Host-session=") {
				session = set
			}
		}
		if strings.Contains(session, "Max-Age=") != remember || !strings.Contains(session, "HttpOnly; Secure; SameSite=Lax") {
			t.Errorf("remember %t: %q", remember, session)
		}
	}
}

func TestTheChallengeIsKeptFromEverybody(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	kit.EnrolFactor(a)
	b.client.CheckRedirect = stay
	b.open("/sign-in")
	b.signIn(a)
	set := b.answer.Get("Set-Cookie")
	if !strings.HasPrefix(set, "__Host-challenge=0.") || !strings.HasSuffix(set, "; Path=/; Max-Age=300; HttpOnly; Secure; SameSite=Lax") {
		t.Errorf("the cookie is %q", set)
	}
	if to := b.answer.Get("Location"); to != "/second-factor" {
		t.Errorf("the address is %q", to)
	}
}

func TestALateSecondStepBeginsAnew(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	factor := kit.EnrolFactor(a)
	b.open("/sign-in?next=%2Forders")
	b.signIn(a)
	kit.Advance(6 * time.Minute)
	b.submit("", "code", kit.FactorCode(factor))
	b.sees("/second-factor?next=%2Forders", 401, "That took too long. Sign in again.")
	b.follow("Sign in")
	b.sees("/sign-in?next=%2Forders", 200)
}

func TestSignInOfAnInactiveAccount(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	if err := kit.Auth.Host().SetStatus(t.Context(), a.ID, tollkeeper.StatusDisabled); err != nil {
		t.Fatal(err)
	}
	b.open("/sign-in")
	b.signIn(a)
	b.sees("/sign-in", 403)
	if got := b.alert(); got != "This account is not active." {
		t.Errorf("%q", got)
	}
}
