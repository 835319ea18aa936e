package browser_test

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/passkey"
	"github.com/tollkeeper/tollkeeper/ui"
)

// newPasskeys is the example of passkeys, in a tab whose machine has an authenticator.
func newPasskeys(t *testing.T) (*world, webauthn.AuthenticatorID) {
	t.Helper()
	w := &world{t: t, scheme: "http", host: "auth.localhost"}
	w.begin(time.Minute)
	w.complaints()
	mux := http.NewServeMux()
	w.api = w.listen(w.counts.before(mux))
	w.kit = authtest.New(t, authtest.WithStore(w.counts), authtest.WithConfig(func(c *tollkeeper.Config) {
		c.BaseURL, c.Passkeys.Verifier = w.service(""), passkey.New()
	}))
	if err := errors.Join(httpadapter.Mount(mux, w.kit.Auth, httpadapter.Options{}), ui.Mount(mux, w.kit.Auth, ui.Options{})); err != nil {
		t.Fatal(err)
	}
	files := os.DirFS("../examples/passkeys")
	for path, name := range map[string]string{"GET /{$}": "index.html", "GET /passkeys.js": "passkeys.js"} {
		mux.HandleFunc(path, func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'")
			http.ServeFileFS(rw, r, files, name)
		})
	}
	mux.Handle("GET /favicon.ico", http.NotFoundHandler())
	return w, w.authenticator()
}

// authenticator is one of the tab's machine, with somebody at it.
func (w *world) authenticator() webauthn.AuthenticatorID {
	w.t.Helper()
	if _, err := chromedp.Call(w.tab, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		w.t.Fatal(err)
	}
	made, err := chromedp.Call(w.tab, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		DefaultBackupEligibility: true, DefaultBackupState: true,
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	return made.AuthenticatorID
}

// says waits until the page says so.
func (w *world) says(want string) string {
	w.t.Helper()
	text := ""
	for range 500 {
		if text = w.script(`document.body ? document.body.innerText : ""`); strings.Contains(text, want) {
			return text
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.t.Fatalf("the page says %q, want %q", text, want)
	return ""
}

func (w *world) click(id string) {
	w.t.Helper()
	w.script(`document.getElementById(` + quote(id) + `).click(); ""`)
}

// byPasskey waits for the n-th sign-in by a passkey.
func (w *world) byPasskey(n int) {
	w.t.Helper()
	got := 0
	for range 500 {
		got = 0
		for _, e := range w.kit.Events(tollkeeper.EventSignIn) {
			if e.Method == "passkey" {
				got++
			}
		}
		if got >= n {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if got != n {
		w.t.Fatalf("%d sign-ins by a passkey, want %d", got, n)
	}
}

// send posts JSON from the page, and returns what the script after makes of the answer.
func (w *world) send(path, body, after string) string {
	w.t.Helper()
	return w.script(`(async () => {
		const post = async (path, body) => (await fetch("/api/auth" + path, {method: "POST", headers: {"Content-Type": "application/json"},
			body: JSON.stringify(body)})).json();
		const said = await post(` + quote(path) + `, ` + body + `);
		` + after + `
	})()`)
}

// TestPasskeysInABrowser makes a passkey and signs in with it: by the button, by the email field, and behind a password.
func TestPasskeysInABrowser(t *testing.T) {
	w, device := newPasskeys(t)
	a := w.kit.User()
	w.open(w.service("/"))
	w.says("Nobody is signed in")
	password := `{email: ` + quote(a.Email) + `, password: ` + quote(a.Password) + `}`
	w.send("/sign-in", password, `return said.user.email`)
	w.open(w.service("/"))
	w.says("Signed in as " + a.Email)
	w.click("add")
	if text := w.says("Passkey, in the cloud"); !strings.Contains(text, "Keep these codes") {
		t.Errorf("no recovery codes: %s", text)
	}

	// Nobody is there: the field offers the passkey, and waits. The button asks by itself.
	w.presence(device, false)
	w.leavePage(`document.getElementById("sign-out").click()`)
	w.says("Nobody is signed in")
	w.offered()
	w.presence(device, true)
	w.byPasskey(0)
	w.click("sign-in")
	w.says("Signed in as " + a.Email)
	w.byPasskey(1)

	// Somebody picks it in the field, and presses nothing.
	w.leavePage(`document.getElementById("sign-out").click()`)
	w.says("Signed in as " + a.Email)
	w.byPasskey(2)

	// It is the second factor behind the password.
	user := w.send("/sign-in", password, `
		const asked = await post("/passkeys/challenge/begin", {challenge: said.challenge});
		const got = await navigator.credentials.get({publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked.options)});
		const ended = await post("/challenge", {challenge: said.challenge, passkey: {ticket: asked.ticket, response: got.toJSON()}});
		return ended.user?.email ?? ended.detail;`)
	if user != a.Email {
		t.Errorf("with password and passkey: %s", user)
	}

	// The same on the pages of package ui.
	w.open(w.service("/sign-out"))
	w.submit("Sign out")
	w.presence(device, false) // or the field would have signed in already
	w.open(w.service("/sign-in"))
	w.submit("Sign in", "login", a.Email, "password", a.Password)
	w.says("Use a passkey")
	w.presence(device, true)
	w.leavePage(`document.querySelector("#passkey button").click()`)
	w.says("Signed in as " + a.Email)

	// Whose finger it is not does not get in.
	if _, err := chromedp.Call(w.tab, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: device}); err != nil {
		t.Fatal(err)
	}
	w.leavePage(`document.getElementById("sign-out").click()`)
	w.says("Nobody is signed in")
	w.click("sign-in")
	w.says("not allowed")
	w.byPasskey(2)
}

// offered waits until the page has asked for what the field is to offer, and the browser waits for somebody.
func (w *world) offered() {
	w.t.Helper()
	for range 500 {
		if w.script(`String(performance.getEntriesByType("resource").some((e) => e.name.endsWith("/sign-in/begin") && e.responseEnd > 0))`) == "true" {
			time.Sleep(300 * time.Millisecond) // from the answer to the question
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.t.Fatal("the page offers nothing")
}

// presence has somebody at the device, or nobody.
func (w *world) presence(device webauthn.AuthenticatorID, on bool) {
	w.t.Helper()
	p := webauthn.SetAutomaticPresenceSimulationParams{AuthenticatorID: device, Enabled: on}
	if _, err := chromedp.Call(w.tab, webauthn.SetAutomaticPresenceSimulation, p); err != nil {
		w.t.Fatal(err)
	}
}
