package browser_test

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/store/memory"
	"github.com/tollkeeper/tollkeeper/ui"
)

// newPages is a service with the pages of package ui and one for its members, in a tab that runs no script. What the
// browser complains about fails the test: its console has what a policy refused.
func newPages(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, scheme: "http", host: "auth.localhost"}
	w.tab, w.counts = tab(t), &counts{Store: memory.New(), arrived: map[string]int{}}
	if _, err := chromedp.Call(w.tab, network.ClearBrowserCookies, cdp.Empty{}); err != nil { // of the test before
		t.Fatal(err)
	}
	if _, err := chromedp.Call(w.tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	w.complaints()
	mux := http.NewServeMux()
	w.api = w.listen(w.counts.before(mux))
	w.kit = authtest.New(t, authtest.WithStore(w.counts), authtest.WithConfig(func(c *tollkeeper.Config) { c.BaseURL = w.service("") }))
	if err := ui.Mount(mux, w.kit.Auth, ui.Options{}); err != nil {
		t.Fatal(err)
	}
	mux.Handle("GET /favicon.ico", http.NotFoundHandler())
	members := httpadapter.RequireAuth(w.kit.Auth, httpadapter.OnFailure(ui.SignInPage(w.kit.Auth, ui.Options{})))
	mux.Handle("GET /{$}", members(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		id, _ := httpadapter.IdentityFrom(r.Context())
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = rw.Write([]byte("<!doctype html><title>home</title><h1>Hello, " + id.Email + "</h1>"))
	})))
	return w
}

// complaints fails the test for what the console has about a policy, until the test ends.
func (w *world) complaints() {
	var read sync.WaitGroup
	messages := chromedp.Console(w.tab)
	read.Go(func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if strings.Contains(m.Text, "Content Security Policy") {
				w.t.Errorf("%s: %s", m.URL, m.Text)
			}
		}
	})
	w.t.Cleanup(func() {
		time.Sleep(50 * time.Millisecond)
		_ = chromedp.Cancel(w.tab)
		read.Wait()
	})
}

// submit fills in fields, presses the button, and waits for the next page.
func (w *world) submit(button string, pairs ...string) {
	w.t.Helper()
	fields := ""
	for i := 0; i < len(pairs); i += 2 {
		fields += "document.querySelector(" + quote(`[name="`+pairs[i]+`"]`) + ").value = " + quote(pairs[i+1]) + ";"
	}
	w.leavePage(fields + `[...document.querySelectorAll("button")].find((b) => b.textContent === ` + quote(button) + `).click()`)
}

// leavePage runs a script that leads the tab elsewhere, and waits for that.
func (w *world) leavePage(script string) {
	w.t.Helper()
	w.script(`document.documentElement.id = "left"; ` + script + `; ""`)
	for range 500 {
		if said, err := chromedp.Run(w.tab, chromedp.Evaluate[string](`document.documentElement.id + document.readyState`)); err == nil && said == "complete" {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.t.Fatal("the page stays: ", w.script("location.href + ' ' + document.body.innerText"))
}

// isAt fails unless the tab is at the path, under that heading.
func (w *world) isAt(path, heading string) {
	w.t.Helper()
	got := w.script(`location.pathname + location.search + " " + (document.querySelector("h1") || document.body).textContent`)
	if got != path+" "+heading {
		w.t.Fatalf("the browser is at %q, want %q", got, path+" "+heading)
	}
}

// TestPagesInABrowser signs up, out, and in again with a second factor, where no script runs.
func TestPagesInABrowser(t *testing.T) {
	w := newPages(t)
	a := w.kit.User()
	factor := w.kit.EnrolFactor(a)
	w.kit.Advance(time.Minute)

	w.open(w.service("/"))
	w.isAt("/sign-in?next=%2F", "Sign in")
	w.leavePage(`document.querySelector('a[href^="/sign-up"]').click()`)
	w.submit("Create the account", "email", "ada@mail.example", "password", another)
	w.isAt("/", "Hello, ada@mail.example")
	w.open(w.service("/sign-out"))
	w.submit("Sign out")
	w.isAt("/sign-out", "You are signed out")

	w.open(w.service("/"))
	w.submit("Sign in", "login", a.Email, "password", "wrong")
	w.isAt("/sign-in?next=%2F", "Sign in")
	if got := w.script(`document.activeElement.name + " " + document.getElementById(document.activeElement.getAttribute("aria-describedby")).textContent`); !strings.HasPrefix(got, "password ") {
		t.Errorf("what has the focus: %q", got)
	}
	w.submit("Sign in", "login", a.Email, "password", a.Password)
	w.isAt("/second-factor?next=%2F", "One more step")
	w.submit("Sign in", "code", w.kit.FactorCode(factor))
	w.isAt("/", "Hello, "+a.Email)

	w.open(w.service("/forgot"))
	w.submit("Send a link", "email", a.Email)
	w.isAt("/check-mail?about=reset", "Check your mail")
	w.open(w.kit.LastLink(a.Email, tollkeeper.MailReset))
	w.submit("Save", "password", another)
	w.isAt("/done?about=reset", "Done")
}

// TestPagesFit on the narrowest of phones, with their own style, whose contrast is enough in light and dark.
func TestPagesFit(t *testing.T) {
	w := newPages(t)
	w.fits("/sign-in", "/sign-up", "/forgot", "/check-mail?about=sign-up", "/sign-out", "/reset-password?token=x", "/auth/confirm-email?token=x")
}

// fits holds pages to a width of 320 pixels and to a contrast that can be read.
func (w *world) fits(pages ...string) {
	t := w.t
	t.Helper()
	if err := chromedp.Do(w.tab, chromedp.EmulateViewport(320, 640)); err != nil {
		t.Fatal(err)
	}
	for _, scheme := range []string{"light", "dark"} {
		media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
		if _, err := chromedp.Call(w.tab, emulation.SetEmulatedMedia, media); err != nil {
			t.Fatal(err)
		}
		for _, path := range pages {
			w.open(w.service(path))
			if wide := w.script(`String(document.documentElement.scrollWidth - document.documentElement.clientWidth)`); wide != "0" {
				t.Errorf("%s is %s pixels too wide", path, wide)
			}
			least, err := strconv.ParseFloat(w.script(contrast), 64)
			if err != nil || least < 4.5 {
				t.Errorf("%s, %s: a contrast of %.2f, %v", path, scheme, least, err)
			}
		}
	}
}

// contrast is a script that returns the least contrast of a text to what is behind it (WCAG 2.2, 1.4.3).
const contrast = `(() => {
	const parts = (color) => color.match(/[\d.]+/g).map(Number)
	const light = (color) => {
		const [r, g, b] = parts(color).map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
		return 0.2126 * r + 0.7152 * g + 0.0722 * b
	}
	const behind = (e) => {
		const own = getComputedStyle(e).backgroundColor
		return parts(own)[3] === 0 && e.parentElement ? behind(e.parentElement) : own
	}
	let least = 21
	for (const e of document.querySelectorAll("main *")) {
		if (![...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim())) continue
		const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x)
		least = Math.min(least, (a + 0.05) / (b + 0.05))
	}
	return String(least)
})()`
