package browser_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
)

// script runs JavaScript in the page that is open and returns the text that it ends with.
func (w *world) script(text string) string {
	w.t.Helper()
	said, err := chromedp.Run(w.tab, chromedp.Evaluate[string](text, chromedp.EvalAwaitPromise))
	if err != nil {
		w.t.Fatal(err)
	}
	return said
}

// press follows a mailed link, fills in the password, presses the button of a form, and returns what the page says then.
func (w *world) press(link, password, form string) string {
	w.t.Helper()
	w.open(link)
	return w.script(`(async () => {
		document.getElementById("password").value = ` + quote(password) + `
		document.querySelector("#` + form + ` button").click()
		const said = document.getElementById("said")
		for (let i = 0; i < 100 && !said.textContent; i++) {
			await new Promise((go) => setTimeout(go, 50))
		}
		return said.textContent
	})()`)
}

// verification is a fresh link to verify the account's email.
func (w *world) verification(a authtest.Account) string {
	w.t.Helper()
	w.kit.Advance(2 * time.Minute)
	if err := w.kit.Auth.RequestVerification(w.t.Context(), tollkeeper.MailRequest{Email: a.Email, Scope: a.Scope()}); err != nil {
		w.t.Fatal(err)
	}
	return w.kit.LastLink(a.Email, tollkeeper.MailVerify)
}

// TestMailedLinksInABrowser: a link shows a page that runs under its own policy; only its buttons do anything.
func TestMailedLinksInABrowser(t *testing.T) {
	w := newWorld(t, httpadapter.Options{})
	state := func(a authtest.Account) (verified, proven bool) {
		s, err := w.kit.Auth.Host().Account(t.Context(), a.ID)
		if err != nil {
			t.Fatal(err)
		}
		return !s.Account.EmailVerifiedAt.IsZero(), !s.Account.EmailProvenAt.IsZero()
	}
	ann := w.kit.SignUp("ann@shop.example", password)
	w.open(w.verification(ann))
	if title := w.script(`document.querySelector("h1").textContent`); title != "Confirm your email address" {
		t.Errorf("the page is %q", title)
	}
	if color := w.script(`getComputedStyle(document.querySelector("#form button")).backgroundColor`); color != "rgb(34, 85, 204)" {
		t.Errorf("the page's own style does not count: %s", color)
	}
	if verified, _ := state(ann); verified {
		t.Error("showing the page has verified the email")
	}
	if said := w.press(w.verification(ann), "", "form"); said != "Email verified successfully" {
		t.Errorf("confirm: %q", said)
	}
	if verified, proven := state(ann); !verified || proven {
		t.Errorf("confirm: verified %t, proven %t", verified, proven)
	}
	link := w.verification(ann)
	if said := w.press(link, "wrong", "form"); said != "Invalid password" {
		t.Errorf("a wrong password: %q", said)
	}
	if said := w.press(link, password, "form"); said != "Email verified successfully" {
		t.Errorf("with the password: %q", said)
	}
	if _, proven := state(ann); !proven {
		t.Error("with the password: not proven")
	}

	bob := w.kit.SignUp("bob@shop.example", password)
	if said := w.press(w.verification(bob), "", "disown"); !strings.HasPrefix(said, "Thank you.") {
		t.Errorf("not me: %q", said)
	}
	if _, err := w.kit.Auth.SignIn(t.Context(), tollkeeper.SignInRequest{Email: bob.Email, Password: password, Scope: tollkeeper.Tenants}); err == nil {
		t.Error("not me: the password still signs in")
	}

	if err := w.kit.Auth.RequestEmailChange(t.Context(), w.kit.SignedIn(ann), tollkeeper.EmailChange{Email: "anna@shop.example"}); err != nil {
		t.Fatal(err)
	}
	move := w.kit.LastLink("anna@shop.example", tollkeeper.MailChangeEmail)
	if said := w.press(move, "", "form"); said != "Please confirm that it is you" {
		t.Errorf("the link alone: %q", said)
	}
	if said := w.press(move, password, "form"); said != "Email changed successfully" {
		t.Errorf("with the password: %q", said)
	}
	w.open(w.service("/auth/account/email/confirm"))
	if said := w.script(`document.getElementById("said").textContent`); !strings.Contains(said, "not complete") {
		t.Errorf("without a token: %q", said)
	}
}
