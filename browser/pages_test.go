package browser_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/ui"
)

// newPages is a service with the pages of package ui and one for its members, in a tab that runs no script. What the
// browser complains about fails the test: its console has what a policy refused.
func newPages(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, scheme: "http", host: "auth.localhost"}
	w.begin(time.Minute)
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
