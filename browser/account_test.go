package browser_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/tollkeeper/tollkeeper/authtest"
)

// proveIt answers the question who they are by the password.
func (w *world) proveIt(a authtest.Account, button string) {
	w.t.Helper()
	w.says("Is it you?")
	w.submit(button, "proof-password", a.Password)
}

// code is what the first code element of a page has.
func (w *world) code() string {
	w.t.Helper()
	return w.script(`document.querySelector("code").textContent`)
}

// TestAccountInABrowser goes through the pages of the own account, with scripts and without.
func TestAccountInABrowser(t *testing.T) {
	for _, scripts := range []bool{true, false} {
		t.Run("scripts="+strconv.FormatBool(scripts), func(t *testing.T) {
			w := newPages(t)
			off := emulation.SetScriptExecutionDisabledParams{Value: !scripts}
			if _, err := chromedp.Call(w.tab, emulation.SetScriptExecutionDisabled, off); err != nil {
				t.Fatal(err)
			}
			a := w.kit.User()
			other := w.kit.SignIn(a)
			w.open(w.service("/account"))
			w.submit("Sign in", "login", a.Email, "password", a.Password)
			w.isAt("/account", "Profile")
			w.submit("Save", "name", "Ada")
			w.isAt("/account?about=saved", "Profile")

			// An app with a name of its own, and other recovery codes.
			w.kit.Advance(time.Hour)
			w.open(w.service("/account/security"))
			w.leavePage(`document.querySelector('a[href^="/set-up-factor"]').click()`)
			w.submit("Start", "label", "Phone")
			w.proveIt(a, "Start")
			w.says("Scan this with the app")
			key := w.code()
			w.submit("Turn it on", "code", w.kit.TOTP(key))
			w.says("Save these codes")
			first := w.code()
			w.leavePage(`document.querySelector(".links a").click()`)
			w.isAt("/account/security", "Security")
			w.says("Phone")
			w.submit("Make new codes")
			w.submit("Make new codes", "proof-code", first)
			w.says("The old ones no longer work.")
			second := w.code()
			if second == first {
				t.Error("the codes are the old ones")
			}

			// Enrolling has signed the other device out; one more comes and goes.
			if _, err := w.kit.Auth.Authenticate(t.Context(), other.Token); err == nil {
				t.Error("another device stays signed in")
			}
			w.kit.Advance(time.Minute)
			other = w.kit.SignInWithFactor(a, authtest.Factor{Seed: key})
			w.open(w.service("/account/sessions"))
			w.submit("Sign out everywhere else")
			w.isAt("/account/sessions?about=others-ended", "Sessions")
			if _, err := w.kit.Auth.Authenticate(t.Context(), other.Token); err == nil {
				t.Error("another device is not signed out")
			}

			w.open(w.service("/account/security"))
			w.submit("Change the password", "current", a.Password, "password", another)
			w.isAt("/account/security?about=password", "Security")
			a.Password = another
			w.open(w.service("/account/activity"))
			w.says("Password changed")

			w.open(w.service("/account/data"))
			w.submit("Delete the account", "address", a.Email)
			w.says("Is it you?")
			w.submit("Delete the account", "proof-password", another, "proof-code", second)
			w.isAt("/done?about=deleted", "Done")
			w.open(w.service("/account"))
			w.isAt("/sign-in?next=%2Faccount", "Sign in")
		})
	}
}

// TestPasskeysOfTheAccountInABrowser makes a passkey on the page of the account, names it anew, and proves by it.
func TestPasskeysOfTheAccountInABrowser(t *testing.T) {
	w, _ := newPasskeys(t)
	a := w.kit.User()
	w.open(w.service("/account/security"))
	w.submit("Sign in", "login", a.Email, "password", a.Password)
	w.isAt("/account/security", "Security")
	w.submit("Add a passkey", "label", "Laptop")
	w.isAt("/account/security", "Create a passkey")
	if said := w.script(`document.body.innerText`); strings.Contains(said, "cannot create passkeys here") {
		t.Errorf("it says %s", said)
	}
	w.leavePage(`document.querySelector("#passkey button").click()`)
	w.says("Save these codes")
	w.leavePage(`document.querySelector(".links a").click()`)
	w.says("Codes left: 10")
	w.leavePage(`document.querySelector("td a").click()`)
	w.submit("Rename", "label", "Old laptop")
	w.isAt("/account/security?about=renamed", "Security")
	w.says("Old laptop")

	w.kit.Advance(time.Hour)
	w.leavePage(`document.querySelector("td a").click()`)
	w.submit("Remove")
	w.says("Is it you?")
	w.leavePage(`document.querySelector("#passkey button").click()`)
	w.isAt("/account/security?about=removed", "Security")
	w.says("You have no passkey.")

	if _, err := chromedp.Call(w.tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	w.submit("Add a passkey")
	w.proveIt(a, "Confirm")
	w.says("This browser cannot create passkeys here.")
}

// TestTheAccountByKeyboard changes the name and signs everybody else out with nothing but keys.
func TestTheAccountByKeyboard(t *testing.T) {
	w := newPages(t)
	a := w.kit.User()
	other := w.kit.SignIn(a)
	w.open(w.service("/account"))
	w.submit("Sign in", "login", a.Email, "password", a.Password)
	w.tabTo("Skip to the content")
	w.tabTo("Name")
	w.keys("Ada")
	w.tabTo("Save")
	w.enter()
	w.isAt("/account?about=saved", "Profile")
	w.tabTo("Sessions")
	w.enter()
	w.isAt("/account/sessions", "Sessions")
	w.tabTo("Sign out everywhere else")
	w.enter()
	w.isAt("/account/sessions?about=others-ended", "Sessions")
	if _, err := w.kit.Auth.Authenticate(t.Context(), other.Token); err == nil {
		t.Error("the other device is not signed out")
	}
	w.tabTo("Your data")
	w.enter()
	w.tabTo("Type your email address to confirm")
	w.keys("nobody@mail.example")
	w.enter()
	w.isAt("/account/data", "Your data")
	if got := w.script(`document.activeElement.name`); got != "address" { // the one that is wrong
		t.Errorf("the focus is on %q", got)
	}
}

func (w *world) keys(text string) {
	w.t.Helper()
	if err := chromedp.Do(w.tab, chromedp.KeyEvent(text)); err != nil {
		w.t.Fatal(err)
	}
}

// tabTo presses the tabulator until the link, button or field of that name has the focus, and shows that it has.
func (w *world) tabTo(name string) {
	w.t.Helper()
	const focused = `(() => {
		const e = document.activeElement
		const seen = getComputedStyle(e)
		if (seen.outlineStyle === "none" || e.getBoundingClientRect().right < 0) return ""
		return (e.labels && e.labels[0] || e).textContent.trim()
	})()`
	for range 40 {
		w.keys("\t")
		if w.script(focused) == name {
			return
		}
	}
	w.t.Fatalf("no tabulator leads to %q at %s", name, w.script("location.href"))
}

// enter presses the key, and waits for the next page.
func (w *world) enter() {
	w.t.Helper()
	w.pressing("\r")
}

// pressing presses a key that leads to the next page.
func (w *world) pressing(key string) {
	w.t.Helper()
	w.script(`document.documentElement.id = "left"; ""`)
	w.keys(key)
	for range 500 {
		if said, err := chromedp.Run(w.tab, chromedp.Evaluate[string](`document.documentElement.id + document.readyState`)); err == nil && said == "complete" {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.t.Fatal("the page stays: ", w.script("location.href"))
}
