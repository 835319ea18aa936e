package browser_test

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"github.com/tollkeeper/tollkeeper/authtest"
)

// TestPasskeysInTheWidget: by its button, by the email field, and behind a password; not on a page below the domain,
// which the service does not take them from.
func TestPasskeysInTheWidget(t *testing.T) {
	e := newEmbedded(t)
	device := e.authenticator()
	ann := e.kit.Child(e.shop)
	e.show("/", "")
	e.enrol(ann)

	e.presence(device, false)
	e.show("/signin", e.div(""))
	e.until(button("Use a passkey"))
	e.presence(device, true)
	e.press("Use a passkey")
	e.says("You are signed in.")
	if d := e.heard(1); d["user"].(map[string]any)["email"] != ann.Email {
		t.Errorf("%v", d)
	}
	e.byPasskey(1)

	e.show("/signin", e.div(""))
	e.says("You are signed in.") // somebody picked it in the field
	e.byPasskey(2)

	e.presence(device, false)
	e.show("/signin", e.div(""))
	e.until(button("Use a passkey"))
	e.fill("email", ann.Email, "password", ann.Password)
	e.press("Sign in")
	e.says("Second step")
	e.presence(device, true)
	e.press("Use a passkey")
	e.says("You are signed in.")

	if _, err := chromedp.Call(e.tab, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: device}); err != nil {
		t.Fatal(err)
	}
	e.show("/signin", e.div(""))
	e.press("Use a passkey")
	e.says("No passkey was used.")

	const begin = "POST /auth/passkeys/sign-in/begin"
	e.host = "deep.app.localhost"
	before := e.counts.of(begin)
	e.show("/signin", e.div(""))
	e.says("Shop")
	time.Sleep(300 * time.Millisecond)
	e.until(`!` + button("Use a passkey"))
	if got := e.counts.of(begin) - before; got != 0 {
		t.Errorf("the page asked %d times", got)
	}
}

// enrol makes a passkey for the account, as a page of its settings does.
func (e *embedded) enrol(a authtest.Account) {
	e.t.Helper()
	said := e.script(`(async () => {
		const post = async (path, body, token) => (await fetch(` + quote(e.service("")) + ` + path, {method: "POST", body: JSON.stringify(body),
			headers: {"Content-Type": "application/json", ...(token && {Authorization: "Bearer " + token})}})).json();
		const key = ` + quote(e.shop.PublicKey) + `;
		const {token} = (await post("/auth/signin", {email: ` + quote(a.Email) + `, password: ` + quote(a.Password) + `, parentPublicKey: key})).data;
		const asked = (await post("/auth/passkeys/begin", {}, token)).data;
		const made = await navigator.credentials.create({publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked.options)});
		const kept = await post("/auth/passkeys", {ticket: asked.ticket, response: made.toJSON(), label: "Laptop"}, token);
		return kept.data?.passkey.label ?? JSON.stringify(kept);
	})()`)
	if said != "Laptop" {
		e.t.Fatal(said)
	}
}
