package browser_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/organization"
	"github.com/tollkeeper/tollkeeper/passkey"
	"github.com/tollkeeper/tollkeeper/ui/widget"
)

// embedded is a page of an organization's domain with the widget of a service elsewhere, under a policy that lets the
// page have nothing but the service's script and answers: no style of any kind, and no script of its own.
type embedded struct {
	*world
	shop authtest.Account
	host string // of the page

	mu     sync.Mutex
	markup string
	tagged string                   // what the script tag has besides its address
	held   map[string]chan struct{} // path of the service: closed when requests may go on
}

func newEmbedded(t *testing.T) *embedded {
	t.Helper()
	e := &embedded{world: &world{t: t, scheme: "http", host: "auth.localhost"}, host: "app.localhost", held: map[string]chan struct{}{}}
	e.begin(time.Minute)
	e.complaints()
	mux := http.NewServeMux()
	e.api, e.pages = e.listen(e.counts.before(e.holding(mux))), e.listen(http.HandlerFunc(e.serve))
	e.kit = authtest.New(t, authtest.WithStore(e.counts), authtest.WithConfig(func(c *tollkeeper.Config) {
		c.BaseURL, c.Passkeys.Verifier = e.service(""), passkey.New()
	}))
	if err := errors.Join(httpadapter.Mount(mux, e.kit.Auth, httpadapter.Options{}, organization.API{}), widget.Mount(mux, widget.Options{})); err != nil {
		t.Fatal(err)
	}
	e.shop = e.world.shop()
	for _, origin := range []string{e.site(e.host), e.site("evil.localhost")} {
		clear := storage.ClearDataForOriginParams{Origin: origin, StorageTypes: "all"}
		if _, err := chromedp.Call(e.tab, storage.ClearDataForOrigin, clear); err != nil {
			t.Fatal(err)
		}
	}
	listen := page.AddScriptToEvaluateOnNewDocumentParams{Source: `
		window.heard = [];
		for (const name of ["success", "error"]) {
			document.addEventListener("authiqa:" + name, (e) => heard.push({name, ...e.detail}));
		}`}
	if _, err := chromedp.Call(e.tab, page.AddScriptToEvaluateOnNewDocument, listen); err != nil {
		t.Fatal(err)
	}
	return e
}

// serve writes the page, whatever its path.
func (e *embedded) serve(rw http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/favicon.ico" {
		http.NotFound(rw, r)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.Header().Set("Content-Security-Policy", "default-src 'none'; script-src "+e.service("")+"; connect-src "+e.service("")+
		"; style-src 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'")
	_, _ = rw.Write([]byte(`<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Shop</title><main>` + e.markup + `</main>` +
		`<script src="` + e.service("/widget.js") + `"` + e.tagged + `></script>`))
}

// show opens the page at a path, with that markup before the script.
func (e *embedded) show(path, markup string) {
	e.t.Helper()
	e.mu.Lock()
	e.markup = markup
	e.mu.Unlock()
	e.open(e.site(e.host) + path)
}

// div is the markup of a page that has nothing else.
func (e *embedded) div(attributes string) string {
	return `<div id="authiqa" data-public-key="` + e.shop.PublicKey + `" ` + attributes + `></div>`
}

// holding keeps requests to a path waiting that a test holds.
func (e *embedded) holding(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		held := e.held[r.URL.Path]
		e.mu.Unlock()
		if held != nil && r.Method != http.MethodOptions {
			select {
			case <-held:
			case <-r.Context().Done():
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// hold lets no request to the path go on, until the function that it returns is called.
func (e *embedded) hold(path string) (release func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	held := make(chan struct{})
	e.held[path] = held
	release = sync.OnceFunc(func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.held, path)
		close(held)
	})
	e.t.Cleanup(release)
	return release
}

// until waits for an expression to be true.
func (e *embedded) until(expression string) {
	e.t.Helper()
	for range 500 {
		said, err := chromedp.Run(e.tab, chromedp.Evaluate[bool](`Boolean(`+expression+`)`))
		if err == nil && said {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	e.t.Fatalf("never %s: %s", expression, e.script(`location.href + " " + (document.body?.innerText ?? "")`))
}

// fill types into fields that are shown.
func (e *embedded) fill(pairs ...string) {
	e.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		e.until(`document.querySelector(` + quote(`[name="`+pairs[i]+`"]`) + `)`)
		e.script(`(() => {
			const field = document.querySelector(` + quote(`[name="`+pairs[i]+`"]`) + `);
			field.value = ` + quote(pairs[i+1]) + `;
			field.dispatchEvent(new Event("input", {bubbles: true}));
			return "";
		})()`)
	}
}

// button is the expression of the one with that text.
func button(text string) string {
	return `[...document.querySelectorAll("button, a")].find((b) => b.textContent === ` + quote(text) + ` && b.offsetParent)`
}

func (e *embedded) press(text string) {
	e.t.Helper()
	e.until(button(text))
	e.script(button(text) + `.click(); ""`)
}

// heard is the last event, once there are that many.
func (e *embedded) heard(count int) map[string]any {
	e.t.Helper()
	e.until(`window.heard?.length >= ` + strconv.Itoa(count))
	var all []map[string]any
	if err := json.Unmarshal([]byte(e.script(`JSON.stringify(heard)`)), &all); err != nil || len(all) != count {
		e.t.Fatalf("%d events, want %d: %v %v", len(all), count, all, err)
	}
	return all[count-1]
}

// stored is what the browser keeps for the page.
func (e *embedded) stored() map[string]string {
	e.t.Helper()
	var kept map[string]string
	if err := json.Unmarshal([]byte(e.script(`JSON.stringify({...localStorage, ...sessionStorage})`)), &kept); err != nil {
		e.t.Fatal(err)
	}
	return kept
}

// leaks fails the test for a secret in what the page was told or keeps.
func (e *embedded) leaks(secrets ...string) {
	e.t.Helper()
	all := e.script(`JSON.stringify([heard, {...localStorage}, {...sessionStorage}, location.href, history.state])`)
	for _, secret := range append(secrets, "jwtSecret", "refreshToken") {
		if strings.Contains(all, secret) {
			e.t.Errorf("%q is in %s", secret, all)
		}
	}
}

// links are pages of the organization.
func (e *embedded) links(change tollkeeper.AuthURLsPatch) {
	e.t.Helper()
	by := e.kit.Identity(string(e.kit.SignIn(e.shop).Token))
	if _, err := e.kit.Auth.UpdateOrganization(e.t.Context(), by, tollkeeper.OrganizationPatch{AuthURLs: change}); err != nil {
		e.t.Fatal(err)
	}
}

// here is a page of the organization, by its path.
func (e *embedded) here(path string) *string {
	url := e.site(e.host) + path
	return &url
}
