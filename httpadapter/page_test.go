package httpadapter_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
)

// isPage reports whether the row shows a page, whatever the request and the store say.
func isPage(r row) bool {
	return r.Method == http.MethodGet && r.Path == "/auth/account/email/confirm"
}

// browser is the Accept header of one that follows a link.
const browser = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"

// TestPages: what a browser gets for a mailed link changes nothing, stands alone, and runs nothing but its own script.
func TestPages(t *testing.T) {
	w := newWorld(t)
	pia := w.parent("pia")
	w.must("POST /auth/request-new-confirmation", "", bearerOf(pia.token))
	confirm := "/auth/confirm-email?token=" + w.mailed(pia.email, tollkeeper.MailVerify, 1, linkToken)
	w.must("POST /auth/account/email", object("email", "new@parent.example"), bearerOf(pia.token))
	move := "/auth/account/email/confirm?token=" + w.mailed("new@parent.example", tollkeeper.MailChangeEmail, 1, linkToken)
	for path, h := range map[string]headers{
		confirm: {browser}, move: {browser}, move + "&x": nil, "/auth/account/email/confirm": {"Accept: application/json"},
		"/auth/account/email/confirm?token=%zz": {bearerOf(pia.token)}, "/auth/confirm-email": {browser, "Origin: https://evil.example"},
	} {
		for range 3 {
			checkPage(t, path, w.do("GET "+path, "", h...))
		}
		if a := w.do("HEAD "+path, "", h...); a.status/100 == 2 && a.header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("HEAD %s: %d %v", path, a.status, a.header)
		}
	}
	if a := w.do("HEAD "+confirm, ""); a.status != 200 || a.body != "" {
		t.Errorf("HEAD as an API client: %d %s", a.status, a.body)
	}
	embedded := w.do("GET "+confirm, "", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: embed", "Accept: */*")
	if embedded.status != 403 {
		t.Errorf("in a page of another origin: %d %s", embedded.status, embedded.body)
	}
	if id := w.identity(pia.token); id.Verified || id.Email != pia.email {
		t.Errorf("a page has changed something: %+v", id)
	}
	w.must("GET "+confirm, "")
	if id := w.identity(pia.token); !id.Verified || id.Proven {
		t.Errorf("the documented GET: %+v", id)
	}
}

var inline = regexp.MustCompile(`(?s)<(style|script)>(.*?)</(?:style|script)>`)

func checkPage(t *testing.T, name string, a answer) {
	t.Helper()
	policy := a.header.Get("Content-Security-Policy")
	for header, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
	} {
		if got := a.header.Get(header); a.status != 200 || got != want {
			t.Errorf("%s: %d, %s is %q", name, a.status, header, got)
		}
	}
	for _, part := range []string{"default-src 'none'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, part) || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q lacks %s", name, policy, part)
		}
	}
	parts := inline.FindAllStringSubmatch(a.body, -1)
	if len(parts) != 2 || strings.Count(a.body, "<script") != 1 || strings.Count(a.body, "<style") != 1 {
		t.Fatalf("%s: %d inline parts in %s", name, len(parts), a.body)
	}
	for _, part := range parts {
		sum := sha256.Sum256([]byte(part[2]))
		if want := part[1] + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) {
			t.Errorf("%s: policy %q does not allow its own %s", name, policy, part[1])
		}
	}
	for _, foreign := range []string{"http://", "https://", " src=", " href=", " onclick", "style="} {
		if strings.Contains(a.body, foreign) {
			t.Errorf("%s needs something from elsewhere: %s", name, foreign)
		}
	}
}

// TestWhoGetsAPage: only a client that would rather have one; whatever asks for anything gets the documented answer.
func TestWhoGetsAPage(t *testing.T) {
	w := newWorld(t)
	for accept, want := range map[string]bool{
		"": false, "*/*": false, "application/json": false, "text/html": true, "text/*": true, "TEXT/HTML": true, strings.TrimPrefix(browser, "Accept: "): true,
		"application/json, text/plain, */*": false, "text/html, application/json": false, "text/html;q=0.9, application/json": false,
		"text/html, application/json;q=0.9": true, "text/html;q=0": false, "text/html;q=0, */*;q=0.5": false, "*/*;q=0.1, text/html;q=0.2": true,
		"application/*, text/html;q=0.5": false, "text/html;q=x": false, ";;;": false, "application/xhtml+xml": false, "text/html;level=1": true,
	} {
		h := headers{"Accept: " + accept}
		if accept == "" {
			h = nil
		}
		a := w.do("GET /auth/confirm-email?token=AAAAAAAAAAAA", "", h...)
		if got := a.status == 200 && strings.HasPrefix(a.body, "<!doctype html>"); got != want || !want && a.field("error.code") != "INVALID_TOKEN" {
			t.Errorf("%q: %d %.40q", accept, a.status, a.body)
		}
	}
	if a := w.do("GET /auth/confirm-email?token=AAAAAAAAAAAA", "", "Accept: application/json;q=0.5", "Accept: text/html"); a.status != 200 {
		t.Errorf("two lines: %d", a.status)
	}
	for _, route := range []string{"POST /auth/confirm-email", "POST /auth/account/email/confirm", "GET /auth/user-profile"} {
		if a := w.do(route, "{}", browser); a.status/100 == 2 || strings.Contains(a.body, "<") {
			t.Errorf("%s as a browser: %d %s", route, a.status, a.body)
		}
	}
}
