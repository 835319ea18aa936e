package ui_test

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/ui"
)

const (
	password = "Violet-Harbor-31"
	another  = "Copper-Meadow-52"
)

// service is a host with the pages, the app family, and two pages of its own for members.
func service(t *testing.T, o ui.Options, edits ...func(*tollkeeper.Config)) (*authtest.Kit, *http.ServeMux) {
	t.Helper()
	var options []authtest.Option
	for _, edit := range edits {
		options = append(options, authtest.WithConfig(edit))
	}
	return serviceOf(t, o, options...)
}

// serviceOf is the same of a Kit with options.
func serviceOf(t *testing.T, o ui.Options, options ...authtest.Option) (*authtest.Kit, *http.ServeMux) {
	t.Helper()
	kit, mux := authtest.New(t, options...), http.NewServeMux()
	if err := httpadapter.Mount(mux, kit.Auth, httpadapter.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := ui.Mount(mux, kit.Auth, o); err != nil {
		t.Fatal(err)
	}
	members := httpadapter.RequireAuth(kit.Auth, httpadapter.OnFailure(ui.SignInPage(kit.Auth, o)))
	hello := members(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := httpadapter.IdentityFrom(r.Context())
		_, _ = io.WriteString(w, "Hello, "+id.Email)
	}))
	mux.Handle("GET /{$}", hello)
	mux.Handle("GET /orders", hello)
	return kit, mux
}

func verified(c *tollkeeper.Config) { c.Accounts.RequireVerified = true }

// browser is somebody's, without scripts. Every page that it shows is held to what all pages are.
type browser struct {
	t      *testing.T
	client *http.Client
	header http.Header // of every request
	logo   bool        // pages have one

	at     *url.URL
	status int
	answer http.Header
	body   string
	page   node
}

type handlerTransport struct{ http.Handler }

func (h handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	in := r.Clone(r.Context())
	in.Host = r.URL.Host
	in.RequestURI, in.RemoteAddr = r.URL.RequestURI(), "203.0.113.7:4000"
	if in.Body == nil {
		in.Body = http.NoBody
	}
	h.ServeHTTP(w, in)
	res := w.Result()
	res.Request = r
	return res, nil
}

// watched holds every answer to what all are, those that lead on, too.
type watched struct {
	t    *testing.T
	next http.RoundTripper
}

var safeCookie = regexp.MustCompile(`^__Host-[a-z]+(-[\w-]+)?=[\w.-]*; Path=/(; Max-Age=\d+)?; HttpOnly; Secure; SameSite=(Lax|None)$`)

func (w watched) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := w.next.RoundTrip(r)
	if err != nil || res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusMethodNotAllowed {
		return res, err
	}
	for _, set := range res.Header["Set-Cookie"] {
		if !safeCookie.MatchString(set) {
			w.t.Errorf("%s: a cookie is %q", r.URL, set)
		}
	}
	if to := res.Header.Get("Location"); to != "" {
		if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
			w.t.Errorf("%s leads to %q", r.URL, to)
		}
		q := res.Request.URL.Query()
		for _, secret := range []string{"token=", "password=", "ticket=", q.Get("token")} {
			if secret != "" && strings.Contains(to, secret) {
				w.t.Errorf("%s leads to %q, with a secret", r.URL, to)
			}
		}
		if got := res.Header.Get("Cache-Control"); got != "no-store" {
			w.t.Errorf("%s: Cache-Control of a redirect is %q", r.URL, got)
		}
	}
	return res, nil
}

func browse(t *testing.T, h http.Handler) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{
		t: t, client: &http.Client{Transport: watched{t, handlerTransport{h}}, Jar: jar},
		header: http.Header{"Accept": {"text/html"}, "Sec-Fetch-Site": {"same-origin"}},
	}
}

func (b *browser) send(method, address string, body string) {
	b.t.Helper()
	if !strings.Contains(address, "://") {
		address = authtest.BaseURL + address
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header = b.header.Clone()
	if method == http.MethodPost && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.at, b.status, b.answer, b.body, b.page = res.Request.URL, res.StatusCode, res.Header, string(text), node{}
	if strings.HasPrefix(b.answer.Get("Content-Type"), "text/html") && b.status != http.StatusSeeOther {
		b.check()
	}
}

func (b *browser) open(address string) { b.t.Helper(); b.send(http.MethodGet, address, "") }

// submit fills in the first form, or that with the button, and sends it.
func (b *browser) submit(button string, pairs ...string) {
	b.t.Helper()
	for _, form := range b.page.all("form") {
		values, pressed := form.filled(), form.all("button")[0]
		for _, x := range form.all("button") {
			if button != "" && (x.text() == button || x.attr("aria-label") == button) {
				pressed = x
			}
		}
		if button != "" && pressed.text() != button && pressed.attr("aria-label") != button {
			continue
		}
		if pressed.attr("name") != "" {
			values.Set(pressed.attr("name"), pressed.attr("value"))
		}
		for i := 0; i < len(pairs); i += 2 {
			if !slices.ContainsFunc(form.fields(), func(in node) bool { return in.attr("name") == pairs[i] }) {
				b.t.Fatalf("%s has no field %q", b.at, pairs[i])
			}
			if values.Set(pairs[i], pairs[i+1]); pairs[i+1] == unticked {
				values.Del(pairs[i])
			}
		}
		if form.attr("method") == "get" {
			b.open(form.attr("action") + "?" + values.Encode())
			return
		}
		b.send(http.MethodPost, form.attr("action"), values.Encode())
		return
	}
	b.t.Fatalf("%s has no form %q:\n%s", b.at, button, b.body)
}

// unticked is the value of a checkbox that was ticked.
const unticked = "\x00"

// follow goes where a link of the page leads.
func (b *browser) follow(text string) {
	b.t.Helper()
	for _, a := range b.page.all("a") {
		if a.text() == text {
			b.open(a.attr("href"))
			return
		}
	}
	b.t.Fatalf("%s has no link %q:\n%s", b.at, text, b.body)
}

// sees fails unless the browser is at the path, with that status, and the page says all of that.
func (b *browser) sees(path string, status int, texts ...string) {
	b.t.Helper()
	if got := b.at.RequestURI(); got != path || b.status != status {
		b.t.Fatalf("at %s with %d, want %s with %d:\n%s", got, b.status, path, status, b.body)
	}
	said := b.body
	if len(b.page.Nodes) > 0 {
		said = b.page.text()
	}
	for _, text := range texts {
		if !strings.Contains(said, text) {
			b.t.Errorf("%s does not say %q:\n%s", path, text, said)
		}
	}
}

// wrong fails unless that field has the message beside it, and the focus.
func (b *browser) wrong(field, message string) {
	b.t.Helper()
	for _, in := range b.page.fields() {
		if in.attr("name") != field {
			continue
		}
		said := b.page.byID(in.attr("id") + "-error")
		if in.attr("aria-invalid") != "true" || !in.has("autofocus") || said.attr("role") != "alert" || said.text() != message {
			b.t.Errorf("field %s: %+v says %q, want %q", field, in.Attrs, said.text(), message)
		}
		return
	}
	b.t.Errorf("%s has no field %q", b.at, field)
}

// alert is what a page says went wrong.
func (b *browser) alert() string {
	for _, p := range b.page.all("p") {
		if p.attr("class") == "alert" && p.attr("role") == "alert" {
			return p.text()
		}
	}
	return ""
}

// field returns what stands in a field.
func (b *browser) field(name string) node {
	for _, in := range b.page.fields() {
		if in.attr("name") == name {
			return in
		}
	}
	return node{}
}

// check holds a page to what every page is: well-formed, under its policy, told to nobody, and readable by everybody.
func (b *browser) check() {
	b.t.Helper()
	want := "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
	if strings.Contains(b.body, `id="passkey"`) {
		want = "script-src 'self'; " + want
	}
	if strings.Contains(b.body, " data-check=") {
		want = "connect-src 'self'; script-src 'self'; " + want
	}
	for name, value := range map[string]string{
		"Content-Security-Policy": want, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Content-Type": "text/html; charset=utf-8",
	} {
		if got := b.answer.Get(name); got != value {
			b.t.Errorf("%s: %s is %q", b.at, name, got)
		}
	}
	if got := b.answer.Get("Referrer-Policy"); got != "no-referrer" && (got != "strict-origin" || strings.Contains(b.body, `name="token"`)) {
		b.t.Errorf("%s: Referrer-Policy is %q", b.at, got)
	}
	if err := xml.Unmarshal([]byte(b.body), &b.page); err != nil {
		b.t.Fatalf("%s is not well-formed: %v\n%s", b.at, err, b.body)
	}
	if b.page.attr("lang") == "" || len(b.page.all("h1")) != 1 || !strings.Contains(b.page.all("title")[0].text(), b.page.all("h1")[0].text()+" – ") {
		b.t.Errorf("%s: language %q, %d headings, title %q", b.at, b.page.attr("lang"), len(b.page.all("h1")), b.page.all("title"))
	}
	if strings.Contains(b.body, "ZgotmplZ") || placeholder.MatchString(b.page.text()) {
		b.t.Errorf("%s has what the template refused, or a name that stands for nothing:\n%s", b.at, b.body)
	}
	ids := map[string]bool{}
	for _, x := range b.page.all("*") {
		b.checkNode(x, ids)
	}
}

func (b *browser) checkNode(x node, ids map[string]bool) {
	b.t.Helper()
	name := x.XMLName.Local
	scripted := b.page.byID("passkey").XMLName.Local == "form" || slices.ContainsFunc(b.page.all("form"), func(f node) bool { return f.has("data-check") })
	ours := name == "script" && x.text() == "" && strings.HasPrefix(x.attr("src"), "/") && strings.HasSuffix(x.attr("src"), ".js") && scripted
	if !ours && slices.Contains([]string{"script", "style", "iframe", "object", "base"}, name) || name == "img" && !b.logo && !strings.HasPrefix(x.attr("src"), "data:image/png;") {
		b.t.Errorf("%s has a %s", b.at, name)
	}
	for _, a := range x.Attrs {
		if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") {
			b.t.Errorf("%s: %s has %s", b.at, name, a.Name.Local)
		}
		if slices.Contains([]string{"href", "action"}, a.Name.Local) && !strings.HasPrefix(a.Value, "otpauth://totp/") && x.attr("rel") != "icon" && a.Value != "#content" && b.answer.Get("Refresh") != "0;url="+a.Value && (!strings.HasPrefix(a.Value, "/") || strings.HasPrefix(a.Value, "//")) {
			b.t.Errorf("%s leads to %q", b.at, a.Value)
		}
	}
	if id := x.attr("id"); id != "" {
		if ids[id] {
			b.t.Errorf("%s has two elements %q", b.at, id)
		}
		ids[id] = true
	}
	if name != "input" && name != "select" || x.attr("type") == "hidden" || x.has("hidden") && x.attr("name") == "" {
		return
	}
	labels := slices.DeleteFunc(b.page.all("label"), func(l node) bool { return l.attr("for") != x.attr("id") })
	if len(labels) != 1 || labels[0].text() == "" {
		b.t.Errorf("%s: the field %s has %d labels", b.at, x.attr("name"), len(labels))
	}
	for id := range strings.FieldsSeq(x.attr("aria-describedby")) {
		if b.page.byID(id).text() == "" {
			b.t.Errorf("%s: nothing is %q", b.at, id)
		}
	}
	if x.attr("type") == "password" && x.attr("value") != "" {
		b.t.Errorf("%s shows a password", b.at)
	}
	if name == "input" && x.attr("type") != "checkbox" && x.attr("autocomplete") == "" {
		b.t.Errorf("%s: the field %s tells a password manager nothing", b.at, x.attr("name"))
	}
}
