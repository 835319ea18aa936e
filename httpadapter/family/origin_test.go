package family_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// knocking is a family with one route that changes something, over a service at base.
func knocking(t *testing.T, base string, o family.Options) func(host string, h ...string) int {
	t.Helper()
	auth := newAuth(t, tollkeeper.Config{BaseURL: base})
	f := hosts()
	f.Routes = append(f.Routes, family.On("POST", "/f/knock", family.Nothing(), family.Heartbeat, family.Constant[family.None](200, "in")))
	served := mount(t, auth, f, o)
	return func(host string, h ...string) int {
		w, r := httptest.NewRecorder(), httptest.NewRequest("POST", "/f/knock", nil)
		r.Host = host
		for _, line := range h {
			name, value, _ := strings.Cut(line, ": ")
			if name == "TLS" {
				r.TLS = &tls.ConnectionState{}
				continue
			}
			r.Header[name] = append(r.Header[name], value)
		}
		served.ServeHTTP(w, r)
		return w.Code
	}
}

const base = "https://auth.example"

// TestOwnPages is the table of what tells a page of the service from others (SECURITY.md N05).
func TestOwnPages(t *testing.T) {
	for _, c := range []struct {
		name, base, host string
		headers          string // with | between them
		own              bool
	}{
		{"no header at all", base, "auth.example", "", true},
		{"its own word", base, "other.example", "Sec-Fetch-Site: same-origin", true},
		{"the address bar", base, "other.example", "Sec-Fetch-Site: none", true},
		{"same origin, hidden", base, "auth.example", "Sec-Fetch-Site: same-origin|Origin: null", true},
		{"BaseURL's", base, "internal:8080", "Origin: https://auth.example", true},
		{"BaseURL's, of another host", base, "api.example", "Origin: https://auth.example|Sec-Fetch-Site: cross-site", true},
		{"another host of the service", base, "login.example", "Origin: https://login.example", true},
		{"another host with a port", base, "login.example:8443", "Origin: https://login.example:8443", true},
		{"an IPv6 host", base, "[::1]:8080", "Origin: http://[::1]:8080", true},
		{"a proxy that names the usual port", base, "login.example:443", "Origin: https://login.example", true},
		{"a proxy that names the other usual port", base, "login.example:80", "Origin: http://login.example", true},
		{"an upper-case Host", base, "LOGIN.example", "Origin: https://login.example", true},
		{"punycode", base, "xn--bcher-kva.example", "Origin: https://xn--bcher-kva.example", true},
		{"a trailing dot of both", base, "login.example.", "Origin: https://login.example.", true},
		{"BaseURL with the usual port", base + ":443", "internal", "Origin: https://auth.example", true},
		{"BaseURL with a port", base + ":8443", "internal", "Origin: https://auth.example:8443", true},
		{"BaseURL with a path", base + "/app", "internal", "Origin: https://auth.example", true},
		{"BaseURL in upper case", "https://AUTH.example", "internal", "Origin: https://auth.example", true},
		{"its own host, over TLS", base, "login.example", "Origin: https://login.example|TLS: on", true},
		{"an old browser over plain http", base, "login.example", "Origin: http://login.example", true},

		{"another site", base, "auth.example", "Origin: https://evil.example", false},
		{"another site, told", base, "auth.example", "Origin: https://evil.example|Sec-Fetch-Site: cross-site", false},
		{"another site without Origin", base, "auth.example", "Sec-Fetch-Site: cross-site", false},
		{"a neighbour", base, "auth.example", "Origin: https://app.auth.example|Sec-Fetch-Site: same-site", false},
		{"a neighbour without Origin", base, "auth.example", "Sec-Fetch-Site: same-site", false},
		{"another port", base, "auth.example", "Origin: https://auth.example:8443", false},
		{"another port of BaseURL", base + ":8443", "internal", "Origin: https://auth.example", false},
		{"an http page of the host", base, "auth.example", "Origin: http://auth.example|Sec-Fetch-Site: cross-site", false},
		{"an http page of the host, over TLS", base, "auth.example", "Origin: http://auth.example|TLS: on", false},
		{"an http page of BaseURL", base, "internal", "Origin: http://auth.example", false},
		{"a page of the name that a proxy gives", base, "localhost:8080", "Origin: http://localhost:8080|Sec-Fetch-Site: cross-site", false},
		{"null", base, "auth.example", "Origin: null", false},
		{"an empty Origin", base, "auth.example", "Origin: ", false},
		{"an empty site", base, "auth.example", "Sec-Fetch-Site: ", false},
		{"an empty site of another page", base, "auth.example", "Sec-Fetch-Site: |Origin: https://evil.example", false},
		{"a site of no name", base, "auth.example", "Sec-Fetch-Site: Same-Origin", false},
		{"a list of sites", base, "auth.example", "Sec-Fetch-Site: same-origin, cross-site", false},
		{"two sites", base, "auth.example", "Sec-Fetch-Site: same-origin|Sec-Fetch-Site: same-origin", false},
		{"two sites of an own page", base, "auth.example", "Origin: https://auth.example|Sec-Fetch-Site: cross-site|Sec-Fetch-Site: cross-site", false},
		{"two origins", base, "auth.example", "Origin: https://auth.example|Origin: https://auth.example", false},
		{"two origins in a line", base, "auth.example", "Origin: https://auth.example, https://auth.example", false},
		{"a user", base, "auth.example", "Origin: https://auth.example@evil.example", false},
		{"an empty user", base, "auth.example", "Origin: https://@auth.example", false},
		{"a path", base, "auth.example", "Origin: https://auth.example/", false},
		{"an empty query", base, "auth.example", "Origin: https://auth.example?", false},
		{"an empty fragment", base, "auth.example", "Origin: https://auth.example#", false},
		{"a trailing dot", base, "auth.example", "Origin: https://auth.example.", false},
		{"a host below", base, "auth.example", "Origin: https://auth.example.evil.example", false},
		{"another scheme", base, "auth.example", "Origin: ftp://auth.example", false},
		{"no scheme", base, "auth.example", "Origin: //auth.example", false},
		{"a bare host", base, "auth.example", "Origin: auth.example", false},
		{"no host", base, "", "Origin: https://", false},
		{"a backslash", base, "auth.example", `Origin: https:\\auth.example`, false},
	} {
		want := 403
		if c.own {
			want = 200
		}
		var h []string
		if c.headers != "" {
			h = strings.Split(c.headers, "|")
		}
		if got := knocking(t, c.base, family.Options{})(c.host, h...); got != want {
			t.Errorf("%s: %d, want %d", c.name, got, want)
		}
	}
}

// TestListedOriginsAreSpelledAsBrowsersDo, or they would never count and nobody would know why.
func TestListedOriginsAreSpelledAsBrowsersDo(t *testing.T) {
	auth := newAuth(t, tollkeeper.Config{})
	for origin, fits := range map[string]bool{
		"capacitor://localhost": true, "capacitor://App": true, "https://app.example:x": false, "https://[::1": false, "//app.example": false, "chrome-extension://abcdef": true, "https://app.example": true, "https://app.example:8443": true, "http://[::1]:80": false,
		"https://APP.example": false, "https://app.example:443": false, "http://app.example:80": false, "http://app.example:443": true,
		"https://app.example/": false, "null": false, "*": false, "https://*.example": false, "app.example": false, "https://u@app.example": false, "file://": false, "": false,
	} {
		_, err := family.New(auth, api(hosts()), family.Options{Origins: []string{origin}})
		if (err == nil) != fits {
			t.Errorf("%q: %v", origin, err)
		}
	}
}

// visited is a family whose routes differ in who may call them, with a rule about pages that serves none but those of
// requests that name a parent.
func visited(asked *int) family.Family {
	f := hosts()
	row := func(method, path string) family.Route {
		return family.On(method, path, family.Nothing(), family.Heartbeat, family.Constant[family.None](200, "in"))
	}
	f.Routes = append(f.Routes, row("GET", "/f/read"), row("POST", "/f/knock"), row("POST", "/f/secret").Anywhere(),
		row("GET", "/f/link").Anywhere().Acts(), row("GET", "/f/shown").Anywhere().Acts().OrShows(family.NewPage(family.PageText{})),
		family.On("POST", "/f/form", family.Form(echo), doNothing[posted](new(int)), family.Constant[family.None](200, "in")))
	if asked != nil {
		f.Origins = func(c *family.Call, _ string) (bool, error) {
			*asked++
			return c.ParentKey() != "", nil
		}
	}
	return f
}

// doNothing counts how often it is called.
func doNothing[In any](called *int) func(*family.Call, In) (family.None, error) {
	return func(*family.Call, In) (family.None, error) {
		*called++
		return family.None{}, nil
	}
}

// TestPagesOfOthers is the table of what they may send, whether or not they may read the answer (R65).
func TestPagesOfOthers(t *testing.T) {
	const evil, cross, listed = "Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Origin: https://listed.example"
	for _, c := range []struct {
		name, route, headers string // with | between them
		ruled                bool   // the family has a rule
		status               int
		vary                 bool
		asked                int // times that the rule is
	}{
		{"a stranger reads", "GET /f/read", cross, false, 200, false, 0},
		{"a stranger asks whether there is something", "HEAD /f/read", cross, false, 200, false, 0},
		{"a stranger knocks", "POST /f/knock", cross, false, 403, true, 0},
		{"a link is followed", "GET /f/link", cross + "|Sec-Fetch-Mode: navigate", false, 200, false, 0},
		{"a link is asked for", "GET /f/link", cross + "|Sec-Fetch-Mode: cors", false, 200, false, 0},
		{"an old browser says no mode", "GET /f/link", evil, false, 200, false, 0},
		{"a link is an image", "GET /f/link", cross + "|Sec-Fetch-Mode: no-cors", false, 403, true, 0},
		{"a link has two modes", "GET /f/link", cross + "|Sec-Fetch-Mode: navigate|Sec-Fetch-Mode: navigate", false, 403, true, 0},
		{"a link with a page is followed for data", "GET /f/shown", cross + "|Sec-Fetch-Mode: navigate", false, 403, true, 0},
		{"a link with a page is followed", "GET /f/shown", cross + "|Sec-Fetch-Mode: navigate|Accept: text/html", false, 200, false, 0},
		{"a secret is posted by a form", "POST /f/secret", cross + "|Sec-Fetch-Mode: navigate", false, 403, true, 0},
		{"a secret is posted by a script", "POST /f/secret", cross + "|Sec-Fetch-Mode: cors", false, 200, false, 0},
		{"an issuer posts a form", "POST /f/form", evil + "|" + cross + "|Content-Type: application/x-www-form-urlencoded", false, 200, false, 0},

		{"a stranger reads, by the rule", "GET /f/read", evil, true, 200, true, 1},
		{"a stranger knocks, by the rule", "POST /f/knock", evil, true, 403, true, 1},
		{"a program knocks, by the rule", "POST /f/knock", "", true, 200, true, 0},
		{"an issuer posts a form, whatever the rule", "POST /f/form", evil + "|" + cross + "|Content-Type: application/x-www-form-urlencoded", true, 200, false, 0},
		{"a secret is posted, whatever the rule", "POST /f/secret", evil + "|Sec-Fetch-Mode: cors", true, 200, true, 0},
		{"a listed page knocks, whatever the rule", "POST /f/knock", listed + "|" + cross, true, 200, true, 0},
		{"a listed page knocks", "POST /f/knock", listed + "|" + cross, false, 200, true, 0},
	} {
		asked := 0
		f := visited(nil)
		if c.ruled {
			f = visited(&asked)
		}
		var o family.Options
		if strings.Contains(c.headers, listed) {
			o.Origins = []string{"https://listed.example"}
		}
		a := visit(mount(t, newAuth(t, tollkeeper.Config{}), f, o), c.route, c.headers, "email=a@b.example")
		if a.Code != c.status || asked != c.asked || slices.Contains(a.Header()["Vary"], "Origin") != c.vary {
			t.Errorf("%s: %d, Vary %q, asked %d times: %s", c.name, a.Code, a.Header()["Vary"], asked, a.Body)
		}
		allowed := a.Header().Get("Access-Control-Allow-Origin")
		if strings.Contains(c.headers, listed) != (allowed == "https://listed.example") {
			t.Errorf("%s: %q may read", c.name, allowed)
		}
	}
}

// visit sends "METHOD /path" with headers that have | between them.
func visit(served http.Handler, route, headers, body string) *httptest.ResponseRecorder {
	method, path, _ := strings.Cut(route, " ")
	w, r := httptest.NewRecorder(), httptest.NewRequest(method, path, strings.NewReader(body))
	for line := range strings.SplitSeq(headers, "|") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			r.Header[name] = append(r.Header[name], value)
		}
	}
	served.ServeHTTP(w, r)
	return w
}

// A cache that keeps an answer for all pages would keep it from, or show it to, a listed one.
func TestAnswersVaryByOriginOnce(t *testing.T) {
	asked := 0
	for name, c := range map[string]struct {
		f       family.Family
		listed  []string
		headers string
		want    []string
	}{
		"nobody is listed":                   {visited(nil), nil, "", nil},
		"one is listed":                      {visited(nil), []string{"https://listed.example"}, "", []string{"Origin"}},
		"one is listed and asks":             {visited(nil), []string{"https://listed.example"}, "Origin: https://listed.example", []string{"Origin"}},
		"one is listed, and there is a rule": {visited(&asked), []string{"https://listed.example"}, "", []string{"Origin"}},
		"another asks, and there is a rule":  {visited(&asked), []string{"https://listed.example"}, "Origin: https://evil.example", []string{"Origin"}},
	} {
		a := visit(mount(t, newAuth(t, tollkeeper.Config{}), c.f, family.Options{Origins: c.listed}), "GET /f/read", c.headers, "")
		if vary := a.Header()["Vary"]; a.Code != 200 || !slices.Equal(vary, c.want) {
			t.Errorf("%s: %d, Vary %q, want %q", name, a.Code, vary, c.want)
		}
	}
}
