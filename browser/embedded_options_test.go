package browser_test

import (
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// TestTheTagAlone: the documented attributes of the script, which wins over the address, and a page that loads it twice.
func TestTheTagAlone(t *testing.T) {
	e := newEmbedded(t)
	e.tagged = ` defer data-public-key="` + e.shop.PublicKey + `" action="resend" theme="dark" buttonName="Mail me"` +
		` data-messages='{"resendSuccess":"Look there"}' data-customization='{"typography":{"titleText":{"resendText":"Again"}}}'></script>` +
		`<script defer data-public-key="` + e.shop.PublicKey + `" src="` + e.service("/widget.js") + `"`
	e.show("/signup", `<div id="authiqa"></div>`)
	e.until(`document.querySelectorAll("form").length === 1 && document.querySelector(".authiqa-dark h1").textContent === "Again"`)
	e.fill("email", "ann@shop.example")
	e.press("Mail me")
	e.says("Look there")
}

// TestAnElementIsNotTheScript: what somebody else writes into the page, and names as the browser names the script, does
// not say where passwords go.
func TestAnElementIsNotTheScript(t *testing.T) {
	e := newEmbedded(t)
	ann := e.kit.Child(e.shop)
	e.show("/signin", `<form name="currentScript"></form>`+e.div(""))
	e.says("Shop")
	e.fill("email", ann.Email, "password", ann.Password)
	e.press("Sign in")
	if d := e.heard(1); d["action"] != "signin" || d["token"] == nil {
		t.Errorf("%v", d)
	}
}

// TestTheReactComponent: what the public component of the documented API passes and listens to.
func TestTheReactComponent(t *testing.T) {
	e := newEmbedded(t)
	ann := e.kit.Child(e.shop)
	e.show("/", `<div id="react"></div>`)
	e.script(`AuthiqaGlobalConfig = {messages: {signinSuccess: "Global", signinLoading: "Wait"}, customization: {buttons: {signinText: "In"}}}; ""`)
	e.script(`
		document.addEventListener("authiqa:success", (e) => e.preventDefault());
		window.w = new AuthiqaWidget({apiKey: ` + quote(e.shop.PublicKey) + `, container: "react", mode: "inline", theme: "light",
			organizationDomain: "authiqa.com", customization: undefined, messages: {signinSuccess: "Welcome"}, somethingNew: 1,
			successAuthPath: "/home", verifyAuthPath: undefined});
		w.show("signin"); ""`)
	e.fill("email", ann.Email, "password", ann.Password)
	e.press("In")
	e.says("Welcome")
	if d := e.heard(1); d["container"] != "react" || d["message"] != "Welcome" {
		t.Errorf("%v", d)
	}
	time.Sleep(200 * time.Millisecond)
	e.until(`location.pathname === "/"`) // the page has said that it goes on by itself
}

// TestTheWidgetSaysWhen an account that is locked may be tried again, in the language of the page.
func TestTheWidgetSaysWhen(t *testing.T) {
	e := newEmbedded(t)
	ann := e.kit.Child(e.shop)
	e.show("/signin", e.div(`lang="de"`))
	e.says("Shop")
	for range 5 {
		e.fill("email", ann.Email, "password", "wrong")
		e.press("Anmelden")
		e.says("E-Mail oder Passwort ist falsch.")
		e.until(`document.querySelector("form").ariaBusy === "false"`)
		e.script(`document.querySelector("[role=alert]").replaceChildren(); ""`)
	}
	e.press("Anmelden")
	e.says("Sie können es in 30 Sekunden noch einmal versuchen.")
	if d := e.heard(6); d["code"] != "ACCOUNT_LOCKED" || d["retryAfter"] != 30.0 {
		t.Errorf("%v", d)
	}
}

// TestGoogleInTheWidget: a button where the organization has it, to the service, and back with a session or a challenge
// that only the tab takes which went there.
func TestGoogleInTheWidget(t *testing.T) {
	e := newEmbedded(t)
	by := e.kit.Identity(string(e.kit.SignIn(e.shop).Token))
	google := []tollkeeper.IssuerSettings{{Issuer: tollkeeper.IssuerGoogle, Enabled: true, ClientID: "web"}}
	if _, err := e.kit.Auth.UpdateOrganization(t.Context(), by, tollkeeper.OrganizationPatch{Issuers: google}); err != nil {
		t.Fatal(err)
	}
	ann := e.kit.Child(e.shop)
	token := func() string {
		res, err := e.kit.Auth.SignIn(t.Context(), tollkeeper.SignInRequest{
			Email: ann.Email, Password: tollkeeper.Password(ann.Password), Scope: ann.Scope(), Audience: tollkeeper.AudienceOrganization,
		})
		if err != nil {
			t.Fatal(err)
		}
		return string(res.Token) + string(res.Challenge)
	}
	leave := func() {
		t.Helper()
		e.show("/signin", e.div(""))
		e.press("Continue with Google")
		e.until(`location.href === ` + quote(e.service("/auth/google/start?parentPublicKey="+e.shop.PublicKey)))
	}
	leave()
	good := token()
	e.show("/back?x=1#token="+good+"&expiresIn=60", e.div(""))
	e.says("You are signed in.")
	e.until(`location.href === ` + quote(*e.here("/back?x=1")))
	if d := e.heard(1); d["userId"] != ann.ID.String() || e.stored()["authiqa_token"] != good {
		t.Errorf("%v", d)
	}
	factor := e.kit.EnrolFactor(ann)
	e.kit.Advance(time.Minute)
	leave()
	e.show("/back#challenge="+token()+"&expiresIn=300", e.div(""))
	e.says("Second step")
	e.fill("code", e.kit.FactorCode(factor))
	e.press("Continue")
	e.says("You are signed in.")
}
