package browser_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/tollkeeper/tollkeeper"
)

// make runs new AuthiqaWidget(config).show(action) in the page, and keeps it under a name of the page.
func (e *embedded) make(name, config, action string) {
	e.t.Helper()
	e.script(`window.` + name + ` = new AuthiqaWidget({publicKey: ` + quote(e.shop.PublicKey) + `, ...` + config + `}).show(` + quote(action) + `); ""`)
}

// key presses a key, as somebody at the keyboard does.
func (e *embedded) key(name string, code int64) {
	e.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		p := input.DispatchKeyEventParams{Type: kind, Key: name, Code: name, WindowsVirtualKeyCode: code}
		if _, err := chromedp.Call(e.tab, input.DispatchKeyEvent, p); err != nil {
			e.t.Fatal(err)
		}
	}
}

// TestTheWidgetAsADialog keeps the focus, ends with Escape, and gives the focus back to what opened it.
func TestTheWidgetAsADialog(t *testing.T) {
	e := newEmbedded(t)
	e.show("/", `<button id="opener">Open</button><div id="place"></div>`)
	for range 2 {
		e.script(`opener = document.getElementById("opener"); opener.focus(); ""`)
		e.make("w", `{container: "place"}`, "signin")
		e.until(`document.querySelector("#place dialog:modal")`)
		e.until(`document.activeElement.name === "email"`)
		for range 12 {
			e.key("Tab", 9)
			e.until(`document.activeElement === document.body || document.activeElement.closest("dialog")`)
		}
		e.key("Escape", 27)
		e.until(`!document.querySelector("dialog") && document.activeElement.id === "opener"`)
		e.until(`document.adoptedStyleSheets.length === 0`)
		e.script(`w.show("reset"); ""`)
		e.until(`document.querySelector("dialog h1").textContent === "Forgot your password?"`)
		e.script(`document.querySelector(".authiqa-close").click(); ""`)
		e.until(`!document.querySelector("dialog")`)
		e.script(`w.destroy().destroy().show("signin"); ""`)
		e.until(`!document.querySelector("dialog")`)
	}
}

// TestWidgetsDisturbNobody: two on a page, one made twice as frameworks do, one taken away while it waits.
func TestWidgetsDisturbNobody(t *testing.T) {
	e := newEmbedded(t)
	e.show("/", `<div id="a"></div><div id="b"></div>`)
	e.make("first", `{container: "a", mode: "inline"}`, "signin")
	e.script(`first.destroy(); ""`)
	e.make("again", `{container: "a", mode: "inline"}`, "signin")
	e.make("other", `{container: "b", mode: "inline", theme: "dark"}`, "signup")
	e.until(`document.querySelectorAll("#a form").length === 1 && document.querySelectorAll("#b form").length === 1`)
	e.until(`document.querySelectorAll(".authiqa-organization:not([hidden])").length === 2`)
	e.until(`new Set([...document.querySelectorAll("[id]")].map((n) => n.id)).size === document.querySelectorAll("[id]").length`)
	e.until(`[...document.querySelectorAll("label")].every((l) => l.control)`)
	e.script(`other.destroy(); ""`)
	e.until(`document.querySelectorAll("#a form").length === 1 && !document.querySelector("#b").childNodes.length`)
	e.until(`document.adoptedStyleSheets.length === 1`)
	e.make("replacing", `{container: "a", mode: "inline"}`, "reset")
	e.until(`document.querySelectorAll("#a form").length === 1 && document.querySelector("#a h1").textContent === "Forgot your password?"`)

	release := e.hold("/auth/organization-details")
	e.make("short", `{container: "b", mode: "inline"}`, "signin")
	e.script(`short.destroy(); ""`)
	release()
	e.until(`!document.querySelector("#b").childNodes.length && heard.length === 0`)

	release = e.hold("/auth/reset-password")
	e.fill("email", "ann@shop.example")
	e.press("Send the link")
	e.says("Sending …")
	e.script(`replacing.destroy(); ""`)
	release()
	e.until(`document.adoptedStyleSheets.length === 0 && !document.querySelector("form") && heard.length === 0`)
}

// TestASecondPressSendsNothing, and a service that is away takes nothing of what was typed.
func TestASecondPressSendsNothing(t *testing.T) {
	e := newEmbedded(t)
	ann := e.kit.Child(e.shop)
	e.show("/signin", e.div(""))
	e.says("Shop")
	e.fill("email", ann.Email, "password", ann.Password)
	release := e.hold("/auth/signin")
	e.script(`document.querySelector("form").requestSubmit(); document.querySelector("form").requestSubmit(); ""`)
	e.says("Signing in …")
	e.until(`document.querySelector("form").ariaBusy === "true"`)
	e.script(`document.querySelector("form").requestSubmit(); ""`)
	release()
	e.says("You are signed in.")
	if got := e.counts.of("POST /auth/signin"); got != 1 {
		t.Errorf("%d sign-ins were sent", got)
	}

	e.show("/signin", e.div(""))
	e.says("Shop")
	e.script(`fetch = () => Promise.reject(new TypeError("away")); ""`)
	e.fill("email", ann.Email, "password", ann.Password)
	e.press("Sign in")
	e.says("The service cannot be reached.")
	e.until(`document.querySelector("[name=password]").value === ` + quote(ann.Password))
	if d := e.heard(1); d["name"] != "error" || d["code"] != "NETWORK" || d["action"] != "signin" {
		t.Errorf("%v", d)
	}
}

// TestTheWayBack leads to a form that is empty and works, and never to a token.
func TestTheWayBack(t *testing.T) {
	e := newEmbedded(t)
	ann := e.kit.Child(e.shop)
	e.links(tollkeeper.AuthURLsPatch{Successful: e.here("/home")})
	e.show("/signin", e.div(""))
	e.says("Shop")
	for range 2 {
		e.fill("email", ann.Email, "password", ann.Password)
		e.press("Sign in")
		e.until(`location.pathname === "/home"`)
		e.script(`history.back(); ""`)
		e.until(`location.pathname === "/signin" && document.querySelector("[name=password]")?.value === "" && document.querySelector("form").ariaBusy !== "true"`)
	}
	e.show("/update?token=abcdef&x=1", e.div(""))
	e.until(`location.search === "?x=1"`)
	e.open(e.site(e.host) + "/elsewhere")
	e.script(`history.back(); ""`)
	e.until(`location.pathname + location.search === "/update?x=1"`)

	// Whoever writes a link chooses neither where people land nor whose session they have.
	e.show("/signin?next=https://evil.example/&successAuthPath=https://evil.example/#token=forged&expiresIn=60", e.div(""))
	e.says("Shop")
	if kept := e.stored(); kept["authiqa_token"] == "forged" {
		t.Error("a token of the address was taken")
	}
	e.fill("email", ann.Email, "password", ann.Password)
	e.press("Sign in")
	e.until(`location.href === ` + quote(*e.here("/home")))
}

// TestTheWidgetSaysWhyItIsRefused: an origin that is none of the organization's, and a key that nobody has.
func TestTheWidgetSaysWhyItIsRefused(t *testing.T) {
	e := newEmbedded(t)
	e.host = "evil.localhost"
	e.show("/signin", e.div(""))
	e.says("Sign-in is not allowed on this page.")
	if d := e.heard(1); d["code"] != "ORGANIZATION_NOT_AUTHORIZED" {
		t.Errorf("%v", d)
	}
	e.host = "app.localhost"
	e.show("/signin", `<div id="authiqa" data-public-key="APK_AAAAAAAAAAAAAAAAAAAAAAAAAA"></div>`)
	e.says("Sign-in is not set up correctly on this page.")
}

// markup is what must never become an element.
const markup = `<img src=x onerror=heard.push(1)><script>heard.push(2)</script>"'><b>bold</b>`

// TestWhatIsChosenIsText: names, messages, labels and every value of a customization; links lead to web pages only.
func TestWhatIsChosenIsText(t *testing.T) {
	e := newEmbedded(t)
	by := e.kit.Identity(string(e.kit.SignIn(e.shop).Token))
	name := markup[:60]
	if _, err := e.kit.Auth.UpdateOrganization(t.Context(), by, tollkeeper.OrganizationPatch{Name: &name}); err != nil {
		t.Fatal(err)
	}
	texts := map[string]any{}
	for _, key := range strings.Fields("signinText signupText resetText updateText verifyText resendText agreePrefix andConnector terms privacy notifications " +
		"emailPlaceholder passwordPlaceholder usernamePlaceholder confirmPasswordPlaceholder emailLabel passwordLabel usernameLabel confirmPasswordLabel " +
		"signinPrompt signinLinkText signupPrompt signupLinkText forgotPrompt forgotLinkText backToSigninPrompt " +
		"padding paddingTop margin borderRadius maxWidth background buttonBackground titleSize titleColor fontFamily height color backgroundColor formPosition") {
		texts[key] = key + markup
	}
	group := func(more map[string]any) map[string]any {
		all := map[string]any{}
		for k, v := range texts {
			all[k] = v
		}
		for k, v := range more {
			all[k] = v
		}
		return all
	}
	custom, err := json.Marshal(map[string]any{
		"layout": texts, "colors": texts, "inputs": texts, "buttons": texts, "navLinks": texts, "pageLayout": texts,
		"typography": group(map[string]any{"titleText": texts, "subtitleText": texts, "termsText": group(map[string]any{"linkText": texts})}),
	})
	if err != nil {
		t.Fatal(err)
	}
	e.show("/", `<div id="a"></div>`)
	for _, action := range []string{"signin", "signup", "reset", "resend", "verify", "update"} {
		e.make("w", `{container: "a", mode: "inline", buttonName: `+quote(markup)+`, customization: `+string(custom)+`,
			messages: {resetLoading: `+quote(markup)+`, resetSuccess: `+quote(markup)+`},
			termsAndConditions: "javascript:heard.push(3)", privacy: "https://shop.example/privacy", notificationSettings: "data:text/html,x",
			signupAuthPath: "javascript:heard.push(4)"}`, action)
		e.says(name)
		e.until(`document.querySelector("h1").textContent === ` + quote(action+"Text"+markup))
		e.until(`!document.querySelector("#a :is(img, script, b, style, [onerror])")`)
		e.until(`[...document.querySelectorAll("#a a")].every((a) => a.protocol === "https:" || a.protocol === "http:")`)
		e.until(`document.querySelector("#a > div").style.length === 0`)
		if action == "reset" {
			e.fill("email", "ann@shop.example")
			e.script(`document.querySelector("form").requestSubmit(); ""`)
			e.until(`document.querySelector("[role=status]").textContent === ` + quote(markup))
			if d := e.heard(1); d["message"] != markup {
				t.Errorf("%v", d)
			}
			e.script(`heard = []; ""`)
		}
		e.script(`w.destroy(); ""`)
	}
	e.until(`heard.length === 0`)
}

// TestCustomValuesAreSeen: what a property takes is set, and nothing where the page brings all styles.
func TestCustomValuesAreSeen(t *testing.T) {
	e := newEmbedded(t)
	e.show("/signin", e.div(`data-theme="dark" data-customization='{"colors":{"buttonBackground":"rgb(1, 2, 3)","background":"url(//evil.example/x)"},"inputs":{"emailLabel":"Work email"}}'`+
		` data-messages='{"verificationSuccess":"Hello","signinSuccess":"Hi"}' lang="de" signupAuthPath="/join"`))
	e.says("Work email")
	e.until(`getComputedStyle(document.querySelector("[type=submit]")).backgroundColor === "rgb(1, 2, 3)"`)
	e.until(`getComputedStyle(document.querySelector(".authiqa-container")).backgroundColor === "rgb(25, 29, 35)"`)
	e.until(button("Konto anlegen") + `.pathname === "/join"`)
	e.show("/#signup", e.div(`disable-styles="true" lang="ar"`))
	e.until(`document.querySelector("[dir=rtl][lang=ar] [name=username]") && document.adoptedStyleSheets.length === 0`)
	e.show("/?action=reset", e.div(`data-theme="none"`))
	e.until(`document.querySelector("h1").textContent === "Forgot your password?" && document.adoptedStyleSheets.length === 0`)
}

// TestTheWidgetLeadsElsewhere in the mode for pages of one's own: to those of the organization, and nowhere if it is
// there.
func TestTheWidgetLeadsElsewhere(t *testing.T) {
	e := newEmbedded(t)
	e.links(tollkeeper.AuthURLsPatch{SignIn: e.here("/in")})
	e.show("/", e.div(`data-mode="redirect"`))
	e.until(`location.pathname === "/in" && document.querySelector("[name=password]")`)
}
