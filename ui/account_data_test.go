package ui_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/ui"
)

func TestSessionsOfTheAccount(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a := kit.User()
	device := func(agent string) *browser {
		b := browse(t, mux)
		b.header.Set("User-Agent", agent)
		b.comesTo("/account/sessions", a)
		kit.Advance(time.Minute)
		return b
	}
	phone, tablet := device("Mozilla/5.0 (iPhone) Safari/605"), device("")
	b := device("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0 <b>")
	b.sees("/account/sessions", 200, "Firefox on Linux", "This device", "Safari on iPhone", "Unknown device", "203.0.113.7")
	b.submit("Sign out Safari on iPhone")
	b.sees("/account/sessions?about=ended", 200, "That device is signed out.")
	if phone.open("/account"); phone.at.Path != "/sign-in" {
		t.Errorf("the phone is at %s", phone.at)
	}
	tablet.open("/account")
	tablet.sees("/account", 200)
	b.submit("Sign out everywhere else")
	b.sees("/account/sessions?about=others-ended", 200, "You are signed out everywhere else.", "This device")
	if strings.Contains(b.body, "Sign out everywhere else") {
		t.Error("there is nobody else to sign out")
	}
	if tablet.open("/account"); tablet.at.Path != "/sign-in" {
		t.Errorf("the tablet is at %s", tablet.at)
	}
	for _, session := range []string{"x", "", "00000000-0000-7000-8000-000000000000"} {
		b.send(http.MethodPost, "/account/sessions", "do=end&session="+session)
		if b.status != 200 || b.at.Path != "/account/sessions" {
			t.Errorf("%q: %d at %s", session, b.status, b.at)
		}
	}
}

func TestActivityOfTheAccount(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	kit.AddPasskey(kit.User(), kit.Passkey()) // of somebody else
	for range 30 {
		if err := kit.Auth.Reauthenticate(t.Context(), kit.SignedIn(a), tollkeeper.Confirmation{Password: tollkeeper.Password(a.Password)}); err != nil {
			t.Fatal(err)
		}
	}
	b.comesTo("/account/activity", a)
	b.sees("/account/activity", 200, "Signed in", "Identity confirmed again", "203.0.113.7")
	seen := len(b.page.all("tr")) - 1
	if strings.Contains(b.body, "passkeys or recovery codes changed") || strings.Contains(b.page.text(), "Newest Older") {
		t.Errorf("it says %s", b.page.text())
	}
	b.follow("Older")
	if b.at.Path != "/account/activity" || b.status != 200 || len(b.page.all("tr")) < 2 || seen != 25 {
		t.Errorf("%d on the first page; %d at %s", seen, b.status, b.at)
	}
	b.follow("Newest")
	b.sees("/account/activity", 200)
	b.open("/account/activity?after=nonsense")
	if b.alert() == "" {
		t.Error("a cursor that is none is no error")
	}
	if err := kit.Auth.Host().Unlock(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	b.open("/account/activity")
	b.sees("/account/activity", 200, "Failed attempts cleared")
}

// An admin, who may read everybody's log, sees their own here.
func TestActivityOfAnAdmin(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	admin, b := kit.FirstAdmin(), browse(t, mux)
	kit.AddPasskey(kit.User(), kit.Passkey()) // of somebody else
	b.comesTo("/account/activity", admin)
	if b.sees("/account/activity", 200, "Signed in"); strings.Contains(b.body, "passkeys or recovery codes changed") {
		t.Errorf("it says %s", b.page.text())
	}
}

// The own data are a file, for who has just proved who they are.
func TestExportOfTheAccount(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	name := markup
	if err := kit.Auth.UpdateProfile(t.Context(), kit.SignedIn(a), tollkeeper.ProfilePatch{Name: &name}); err != nil {
		t.Fatal(err)
	}
	b.comesTo("/account/data", a)
	kit.Advance(time.Hour)
	b.open("/account/data/export")
	b.sees("/account/data", 200)
	b.submit("Download your data")
	b.sees("/account/data", 200, "Is it you?")
	b.submit("Confirm", "proof-password", a.Password)
	b.sees("/account/data?about=proved", 200, "You can download the file for five minutes.")
	b.follow("Download your data (JSON)")
	var data struct {
		Account struct{ Email, Name string }
	}
	if err := json.Unmarshal([]byte(b.body), &data); err != nil || data.Account.Email != a.Email || data.Account.Name != markup {
		t.Errorf("%v: %s", err, b.body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "Content-Disposition": `attachment; filename="account.json"`, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
	} {
		if got := b.answer.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestDeletionOfTheAccount(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	b.comesTo("/account/data", a)
	b.submit("Delete the account", "address", "other@mail.example")
	b.sees("/account/data", 422)
	b.wrong("address", "This is not the address of your account.")
	b.submit("Delete the account", "address", strings.ToUpper(a.Email))
	b.sees("/account/data", 200, "Is it you?", "This deletes the account "+a.Email+" forever.") // whatever the session is
	b.submit("Delete the account", "proof-password", "wrong")
	b.sees("/account/data", 401)
	b.wrong("proof-password", "This is not the password of the account.")
	b.submit("Delete the account", "proof-password", a.Password)
	b.sees("/done?about=deleted", 200, "Your account is deleted, and you are signed out everywhere.", "for up to 400 days")
	for _, c := range b.client.Jar.Cookies(b.at) {
		if c.Name == httpadapter.CookieName {
			t.Error("the cookie of the session stays")
		}
	}
	b.open("/account")
	b.sees("/sign-in?next=%2Faccount", 200)
	b.signIn(a)
	b.sees("/sign-in?next=%2Faccount", 401)
}

// By a passkey, and by a mailed code, also where there is a password.
func TestDeletionByOtherProofs(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, phone := kit.User(), kit.Passkey()
	added := kit.AddPasskey(a, phone)
	kit.Advance(time.Minute)
	b := browse(t, mux)
	b.open("/account/data")
	b.signIn(a)
	b.submit("Sign in", "code", string(added.Recovery[0]))
	b.submit("Delete the account", "address", a.Email)
	stranger := *phone
	stranger.Origin = "https://evil.example"
	b.answers(&stranger)
	b.alerts(401, "That did not work. Try again, or use another way.")
	b.answers(phone)
	b.sees("/done?about=deleted", 200)

	b = passwordless(t, kit, mux)
	b.open("/account/data")
	b.submit("Delete the account", "address", "ada@mail.example")
	b.submit("Mail me a code")
	b.submit("Delete the account", "proof-mailed", kit.LastCode("ada@mail.example", tollkeeper.MailSignInCode))
	b.sees("/done?about=deleted", 200)
}

func TestTheLastAdminDoesNotLeave(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.FirstAdmin(), browse(t, mux)
	b.comesTo("/account/data", a)
	b.submit("Delete the account", "address", a.Email)
	b.submit("Delete the account", "proof-password", a.Password)
	b.sees("/account/data", 403)
	if b.alert() != "You are the last admin here. Make somebody else one first." {
		t.Errorf("%q", b.alert())
	}
}

// Guesses are counted: the question says so, and does nothing.
func TestGuessesAtTheQuestion(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	b.comesTo("/account/data", a)
	b.submit("Delete the account", "address", a.Email)
	for range 5 {
		b.submit("Delete the account", "proof-password", "wrong")
	}
	b.submit("Delete the account", "proof-password", a.Password)
	b.alerts(429, "Too many failed attempts. Try again in 30 seconds.")
	b.sees("/account/data", 429, "Is it you?")
}

// A question that is answered when its session has ended leads to sign in, and does nothing.
func TestAQuestionOfASessionThatEnded(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	b.comesTo("/account/data", a)
	b.submit("Delete the account", "address", a.Email)
	if err := kit.Auth.Host().EndSessions(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	b.submit("Delete the account", "proof-password", a.Password)
	b.sees("/sign-in?about=ended&next=%2Faccount%2Fdata", 200)
	b.signIn(a)
	b.sees("/account/data", 200, "Delete the account")
	if b.field("address").attr("value") != a.Email {
		t.Errorf("what was typed is gone: %s", b.body)
	}
}

// People of a parent have pages of their own, below whatever the host likes.
func TestAccountPagesOfAnotherScope(t *testing.T) {
	kit, _ := service(t, ui.Options{})
	child := kit.Child(kit.Parent())
	s, err := kit.Auth.Host().Account(t.Context(), child.ID)
	if err != nil {
		t.Fatal(err)
	}
	below := http.NewServeMux()
	if err := ui.Mount(below, kit.Auth, ui.Options{Scope: tollkeeper.Under(s.Account.Parent), Prefix: "/me"}); err != nil {
		t.Fatal(err)
	}
	b := browse(t, below)
	b.open("/me/account")
	b.signIn(authtest.Account{Email: child.Email, Password: child.Password})
	b.sees("/me/account", 200, child.Email)
	for _, tab := range []string{"Security", "Sessions", "Activity", "Your data"} {
		b.follow(tab)
	}
	b.sees("/me/account/data", 200)
	kit.Advance(time.Hour)
	b.open("/me/account/data")
	b.submit("Download your data")
	b.submit("Mail me a code instead")
	b.submit("Confirm", "proof-mailed", kit.LastCode(child.Email, tollkeeper.MailSignInCode))
	b.sees("/me/account/data?about=proved", 200)
}
