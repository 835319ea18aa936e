package browser_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// TestTheWidgetInAPage is a child's way from sign-up to a second factor, on a page that has one script tag.
func TestTheWidgetInAPage(t *testing.T) {
	e := newEmbedded(t)
	e.links(tollkeeper.AuthURLsPatch{Verify: e.here("/verify"), Update: e.here("/update")})
	const email = "ann@shop.example"
	e.show("/signup", e.div(""))
	e.says("Shop")
	e.press("Create account")
	e.says("Please fill this in.")
	e.until(`document.activeElement.name === "username" && document.activeElement.getAttribute("aria-invalid") === "true"`)
	e.fill("username", "ann", "email", email, "password", "Password1!")
	e.press("Create account")
	e.says("Password is too common.")
	e.heard(1)
	e.until(`document.activeElement.name === "password" && document.querySelector("[name=username]").value === "ann"`)
	e.fill("password", password)
	e.press("Create account")
	e.says("We have sent a link to " + email)
	if d := e.heard(2); d["action"] != "signup" || d["token"] != nil || d["user"].(map[string]any)["email"] != email {
		t.Errorf("sign-up: %v", d)
	}
	if kept := e.stored(); len(kept) > 0 {
		t.Errorf("kept before the address is confirmed: %v", kept)
	}

	e.show("/signin", e.div(""))
	e.fill("email", email, "password", password)
	e.press("Sign in")
	e.says("Confirm your email address first")
	e.kit.Advance(2 * time.Minute)
	e.press("Send the link again")
	e.says("a mail with a link is on its way")

	link := e.kit.LastLink(email, tollkeeper.MailVerify)
	if !strings.HasPrefix(link, *e.here("/verify?token=")) {
		t.Fatalf("the link leads to %s", link)
	}
	e.open(link)
	e.says("Press the button to confirm")
	e.until(`location.search === ""`)
	if got := e.counts.of("POST /auth/confirm-email"); got != 0 {
		t.Errorf("showing the page sent %d confirmations", got)
	}
	e.leaks(link[strings.Index(link, "token=")+6:])
	e.press("Confirm")
	e.says("Your address is confirmed.")
	e.press("Sign in")

	e.fill("email", email, "password", "wrong")
	e.press("Sign in")
	e.says("Wrong email or password.")
	e.fill("password", password)
	e.press("Sign in")
	e.says("You are signed in.")
	d := e.heard(3)
	kept := e.stored()
	if d["action"] != "signin" || d["token"] == nil || kept["authiqa_token"] != d["token"] || kept["userId"] != d["userId"] || len(kept["authiqa_token_expiration"]) != 13 || len(kept) != 3 {
		t.Errorf("sign-in: %v, kept %v", d, kept)
	}
	if id := e.kit.Identity(kept["authiqa_token"]); id.Email != email || id.Account.String() != kept["userId"] {
		t.Errorf("the token is %v's", id)
	}
	e.leaks(password, "wrong")
}

// TestTheWidgetSetsANewPassword by the link of a mail, which leads to the page for forgotten passwords, too.
func TestTheWidgetSetsANewPassword(t *testing.T) {
	e := newEmbedded(t)
	e.links(tollkeeper.AuthURLsPatch{Reset: e.here("/reset")})
	ann := e.kit.Child(e.shop)
	e.show("/reset?theme=x", e.div(""))
	e.fill("email", ann.Email)
	e.press("Send the link")
	e.says("If there is an account with that address")
	link := e.kit.LastLink(ann.Email, tollkeeper.MailReset)
	e.open(link + "&theme=x#top")
	e.says("Choose a new password")
	e.until(`location.pathname + location.search + location.hash === "/reset?theme=x#top"`)
	e.fill("password", another, "confirmPassword", password)
	e.press("Save password")
	e.says("The two passwords are not the same.")
	e.fill("confirmPassword", another)
	e.press("Save password")
	e.says("You have a new password.")
	e.leaks(another, link[strings.Index(link, "token=")+6:])
	e.open(link)
	e.fill("password", password, "confirmPassword", password)
	e.press("Save password")
	e.says("This link is not valid, or has expired.")
	e.until(button("Ask for a new link"))
}

// TestTheWidgetAsksForASecondFactor, a code or one that was kept for when the app is lost.
func TestTheWidgetAsksForASecondFactor(t *testing.T) {
	e := newEmbedded(t)
	ann := e.kit.Child(e.shop)
	factor := e.kit.EnrolFactor(ann)
	e.kit.Advance(time.Minute)
	e.show("/signin", e.div(`data-storage="none"`))
	signIn := func() {
		e.fill("email", ann.Email, "password", ann.Password)
		e.press("Sign in")
		e.says("Second step")
	}
	signIn()
	e.until(`document.activeElement.autocomplete === "one-time-code" && document.activeElement.inputMode === "numeric"`)
	e.fill("code", "000000")
	e.press("Continue")
	e.says("This code is wrong")
	e.fill("code", e.kit.FactorCode(factor))
	e.press("Continue")
	e.says("You are signed in.")
	if d := e.heard(2); d["token"] == nil || len(e.stored()) != 0 {
		t.Errorf("with storage none: %v, kept %v", d, e.stored())
	}
	e.show("/signin", e.div(""))
	signIn()
	e.press("Use a recovery code")
	e.fill("code", strings.ToUpper(string(factor.Recovery[0])))
	e.press("Continue")
	e.says("You are signed in.")
	e.show("/signin", e.div(""))
	signIn()
	e.kit.Advance(6 * time.Minute)
	e.fill("code", e.kit.FactorCode(factor))
	e.press("Continue")
	e.says("That took too long.")
	e.until(`document.querySelector("[name=password]")`)
}
