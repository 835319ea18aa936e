package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
)

// browser keeps the cookie of the session.
type browser struct {
	t      *testing.T
	site   http.Handler
	cookie string
}

// send sends a form, or asks for a page where there is none, from a page of the same site or of another one.
func (b *browser) send(method, path string, form url.Values, from string) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", from)
	if b.cookie != "" {
		r.Header.Set("Cookie", b.cookie)
	}
	w := httptest.NewRecorder()
	b.site.ServeHTTP(w, r)
	for _, set := range w.Result().Cookies() {
		if b.cookie = set.Name + "=" + set.Value; set.Name != httpadapter.CookieName || set.Value == "" {
			b.cookie = ""
		}
	}
	return w
}

func (b *browser) sees(path, part string) {
	b.t.Helper()
	if w := b.send("GET", path, nil, "none"); w.Code != 200 || !strings.Contains(w.Body.String(), part) {
		b.t.Errorf("%s: %d %s, want %q", path, w.Code, w.Body, part)
	}
}

// isSent wants a redirect.
func (b *browser) isSent(w *httptest.ResponseRecorder, to string) {
	b.t.Helper()
	if got := w.Header().Get("Location"); w.Code != 303 || got != to {
		b.t.Errorf("%d %s, to %q, want to %q", w.Code, w.Body, got, to)
	}
}

// isRefused wants the form again, with its message and without a session.
func (b *browser) isRefused(w *httptest.ResponseRecorder, status int, message string) {
	b.t.Helper()
	if w.Code != status || !strings.Contains(w.Body.String(), message) || b.cookie != "" {
		b.t.Errorf("%d %s, cookie %q, want %d with %q", w.Code, w.Body, b.cookie, status, message)
	}
}

var ada = url.Values{"email": {"ada@mail.example"}, "password": {"Violet-Harbor-31"}}

func TestSite(t *testing.T) {
	b := &browser{t: t, site: routes(authtest.New(t).Auth)}
	b.sees("/", "Sign in")
	b.isSent(b.send("GET", "/notes", nil, "none"), "/sign-in?next=%2Fnotes")
	b.sees("/sign-in?next=%2Fnotes", `action="/sign-in?next=%2fnotes"`)
	b.isSent(b.send("POST", "/sign-up?next=%2Fnotes", ada, "same-origin"), "/notes")
	b.sees("/notes", "Notes of ada@mail.example")
	b.sees("/", "Hello, ada@mail.example")
	before := b.cookie
	b.isSent(b.send("POST", "/sign-out", nil, "same-origin"), "/")
	if b.cookie != "" {
		t.Error("the browser keeps its cookie")
	}
	b.cookie = before
	b.isSent(b.send("GET", "/notes", nil, "none"), "/sign-in?next=%2Fnotes") // the session has ended, not the cookie alone
	b.isSent(b.send("POST", "/sign-in?next=//evil.example", ada, "same-origin"), "/")
	b.sees("/notes", "Notes of ada@mail.example")
}

func TestFormsSayWhatIsWrong(t *testing.T) {
	kit := authtest.New(t)
	b := &browser{t: t, site: routes(kit.Auth)}
	weak := url.Values{"email": {"ada@mail.example"}, "password": {"12345678"}}
	b.isRefused(b.send("POST", "/sign-up", weak, "same-origin"), 400, `value="ada@mail.example"`)
	b.isRefused(b.send("POST", "/sign-in", ada, "same-origin"), 401, "Invalid email or password")
	protected := kit.User()
	kit.EnrolFactor(protected)
	half := url.Values{"email": {protected.Email}, "password": {protected.Password}}
	b.isRefused(b.send("POST", "/sign-in", half, "same-origin"), 403, "second factor")
}

func TestPagesOfOtherSitesDoNothing(t *testing.T) {
	b := &browser{t: t, site: routes(authtest.New(t).Auth)}
	for _, path := range []string{"/sign-up", "/sign-in", "/sign-out"} {
		b.isRefused(b.send("POST", path, ada, "cross-site"), 403, "cross-origin request")
	}
	b.isRefused(b.send("POST", "/sign-in", ada, "same-origin"), 401, "Invalid email or password") // nobody was signed up
}
