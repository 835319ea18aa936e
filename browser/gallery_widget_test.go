package browser_test

import (
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// TestTheWidgetIsAccessible looks at the widget on a page of an organization: all its actions and what they say, as a
// part of the page and above it, in every preset and theme, and from right to left.
func TestTheWidgetIsAccessible(t *testing.T) {
	needAxe(t)
	e := newEmbedded(t)
	g := &gallery{world: e.world, strange: true}
	ann := e.kit.Child(e.shop)
	factor := e.kit.EnrolFactor(ann)
	e.kit.Advance(time.Minute)
	inline := func(path, attributes string) func(*gallery) {
		return func(*gallery) {
			e.show(path, e.div(attributes))
			e.says("Shop")
		}
	}
	const terms = ` data-terms-and-conditions="https://shop.example/terms" data-privacy="https://shop.example/privacy"`
	views := []view{
		{name: "widget signin", show: inline("/signin", "")},
		{name: "widget signin wrong", show: func(*gallery) {
			e.fill("email", ann.Email, "password", "wrong")
			e.press("Sign in")
			e.says("Wrong email or password.")
		}},
		{name: "widget signin missing", show: func(*gallery) {
			e.fill("email", "", "password", "")
			e.press("Sign in")
			e.until(`document.querySelector("[aria-invalid]")`)
		}},
		{name: "widget second factor", show: func(*gallery) {
			e.fill("email", ann.Email, "password", ann.Password)
			e.press("Sign in")
			e.says("Second step")
		}},
		{name: "widget second factor wrong", show: func(*gallery) {
			e.fill("code", "000000")
			e.press("Continue")
			e.says("This code is wrong")
		}},
		{name: "widget recovery code", show: func(*gallery) { e.press("Use a recovery code") }},
		{name: "widget signed in", show: func(*gallery) {
			e.fill("code", string(factor.Recovery[0]))
			e.press("Continue")
			e.says("You are signed in.")
		}},
		{name: "widget signup", show: inline("/signup", terms)},
		{name: "widget signup joined", show: func(*gallery) {
			e.fill("username", "bo", "email", "bo@shop.example", "password", another)
			e.script(`document.querySelector("[type=checkbox]").click(); ""`)
			e.press("Create account")
			e.says("bo@shop.example")
		}},
		{name: "widget reset", show: inline("/reset", "")},
		{name: "widget resend", show: inline("/resend", "")},
		{name: "widget update", show: inline("/update?token=nonsense", `action="update"`)},
		{name: "widget update dead", show: inline("/update", `action="update"`)},
		{name: "widget verify", show: inline("/verify?token=nonsense", `action="verify"`)},
		{name: "widget refused", show: func(*gallery) {
			e.show("/signin", `<div id="authiqa" data-public-key="APK_AAAAAAAAAAAAAAAAAAAAAAAAAA"></div>`)
			e.says("Sign-in is not set up correctly on this page.")
		}},
		{name: "widget dialog", show: func(*gallery) {
			e.show("/", `<button id="opener">Open</button><div id="place"></div>`)
			e.make("w", `{container: "place"}`, "signup")
			e.until(`document.querySelector("#place dialog:modal")`)
			e.says("Shop")
		}},
		{name: "widget in Arabic", show: inline("/signup", `lang="ar"`+terms)},
		{name: "widget dark in Arabic", show: inline("/signin", `lang="ar" theme="dark"`)},
	}
	for _, preset := range []string{"modern", "classic", "corporate", "sharp", "minimal"} {
		for _, theme := range []string{"light", "dark"} {
			v := view{name: "widget " + preset + " " + theme, show: inline("/signup", `theme="`+theme+`" preset="`+preset+`"`+terms)}
			views = append(views, v)
		}
	}
	google := []tollkeeper.IssuerSettings{{Issuer: tollkeeper.IssuerGoogle, Enabled: true, ClientID: "web"}}
	by := e.kit.Identity(string(e.kit.SignIn(e.shop).Token))
	if _, err := e.kit.Auth.UpdateOrganization(t.Context(), by, tollkeeper.OrganizationPatch{Issuers: google}); err != nil {
		t.Fatal(err)
	}
	g.hang(views)
}
