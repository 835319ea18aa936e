package httpadapter_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
)

// nexts are values of the parameter next, and whether one may be followed.
var nexts = map[string]bool{
	"/":                               true,
	"/a":                              true,
	"/a/":                             true,
	"/a/b?c=d&e=%2f#f":                true,
	"/a?then=//evil.example":          true,
	"/a?then=https://evil.example":    true,
	"/user@evil.example":              true,
	"/https:evil.example":             true,
	"/ä/日本":                           true,
	"/\uff0f\uff0fevil.example":       true, // full width is no slash in a path
	"/a%20b":                          true,
	"/" + strings.Repeat("a", 1999):   true,
	"/" + strings.Repeat("a", 2000):   false,
	"":                                false,
	"a":                               false,
	"?a":                              false,
	"#a":                              false,
	"..":                              false,
	"//evil.example":                  false,
	"///evil.example":                 false,
	"//user@evil.example":             false,
	"/\\evil.example":                 false,
	"\\/evil.example":                 false,
	"\\\\evil.example":                false,
	"/a\\b":                           false,
	"/%5cevil.example":                false,
	"/%2fevil.example":                false,
	"/%2f":                            false,
	"//":                              false,
	"/%2f%2fevil.example":             false,
	"/%2F/evil.example":               false,
	"/.//evil.example":                false,
	"/..//evil.example":               false,
	"/%2e%2e//evil.example":           false,
	"/a/..//evil.example":             false,
	"/a/../b":                         false,
	"/a//b":                           false,
	"/\t/evil.example":                false,
	"/\n/evil.example":                false,
	"/\r\nLocation:%20//evil.example": false,
	"/%0d%0aset-cookie:a=b":           false,
	"/%00":                            false,
	"/a\x00":                          false,
	"/a\x7f":                          false,
	" /a":                             false,
	" //evil.example":                 false,
	"\t//evil.example":                false,
	"/a b":                            false,
	"/a\"b":                           false,
	"/a<b>":                           false,
	"https:evil.example":              false,
	"https:/evil.example":             false,
	"https://evil.example":            false,
	"HTTPS://evil.example":            false,
	"javascript:alert(1)":             false,
	"data:text/html,a":                false,
	"@evil.example":                   false,
	"evil.example":                    false,
	"/%zz":                            false,
}

func signInPage(query string) *http.Request {
	r := httptest.NewRequest("GET", "https://app.example/sign-in", nil)
	r.URL.RawQuery = query
	return r
}

func TestSafeNext(t *testing.T) {
	for next, good := range nexts {
		want := "/home"
		if good {
			want = next
		}
		if got := httpadapter.SafeNext(signInPage(url.Values{"next": {next}}.Encode()), "/home"); got != want {
			t.Errorf("%q leads to %q", next, got)
		}
	}
	for _, query := range []string{"", "next", "next=", "Next=/a", "next=/a&next=/a", "next=/a&next=//evil.example", "next=/a;b", "%6eext=%2", "next=%zz"} {
		if got := httpadapter.SafeNext(signInPage(query), "/home"); got != "/home" {
			t.Errorf("?%s leads to %q", query, got)
		}
	}
}

// browsed is where a browser goes from a page of https://app.example, by WHATWG URL 4.4 as far as a host goes: it drops
// spaces and control characters at the ends, tabs and newlines everywhere, and takes "\" for "/". The path comes out with
// its dot segments resolved.
func browsed(text string) (host, pathname string) {
	text = strings.TrimFunc(text, func(r rune) bool { return r <= ' ' })
	text = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(text)
	before, _, _ := strings.Cut(text, "#")
	before, _, _ = strings.Cut(before, "?")
	before = strings.ReplaceAll(before, "\\", "/")
	switch {
	case strings.HasPrefix(before, "//"):
		return strings.TrimLeft(before, "/"), ""
	case !strings.HasPrefix(before, "/"):
		return "perhaps a scheme", ""
	}
	for _, dots := range []string{"%2e", "%2E"} {
		before = strings.ReplaceAll(before, dots, ".")
	}
	var out []string
	for segment := range strings.SplitSeq(before[1:], "/") {
		switch segment {
		case ".":
		case "..":
			out = out[:max(0, len(out)-1)]
		default:
			out = append(out, segment)
		}
	}
	return "app.example", "/" + strings.Join(out, "/")
}

// Of the texts that have led a browser elsewhere, those that may be followed are paths of this origin; testdata/README.md
// of the root says where they come from.
func TestSafeNextTakesNoKnownRedirect(t *testing.T) {
	raw, err := os.ReadFile("../testdata/redirects.json")
	if err != nil {
		t.Fatal(err)
	}
	var lists map[string][]string
	if err := json.Unmarshal(raw, &lists); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"patt": 20, "urltestdata": 22} {
		taken := 0
		for _, next := range lists[name] {
			got := httpadapter.SafeNext(signInPage(url.Values{"next": {next}}.Encode()), "")
			if got == "" {
				continue
			}
			taken++
			if host, pathname := browsed(got); got != next || host != "app.example" || strings.HasPrefix(pathname, "//") {
				t.Errorf("%q leads to %q, %q", next, host, pathname)
			}
		}
		if taken != want {
			t.Errorf("%s: %d may be followed, want %d", name, taken, want)
		}
	}
}

// FuzzSafeNext: what comes out is a path of this origin, to net/url, to a browser, and after [http.Redirect].
func FuzzSafeNext(f *testing.F) {
	for next := range nexts {
		f.Add(next)
	}
	base, _ := url.Parse("https://app.example/sign-in")
	f.Fuzz(func(t *testing.T, next string) {
		r := signInPage(url.Values{"next": {next}}.Encode())
		got := httpadapter.SafeNext(r, "")
		if got == "" {
			return
		}
		w := httptest.NewRecorder()
		http.Redirect(w, r, got, http.StatusSeeOther)
		for _, to := range []string{got, w.Header().Get("Location")} {
			u, err := base.Parse(to)
			if err != nil || u.Scheme != "https" || u.Host != "app.example" || u.User != nil || strings.HasPrefix(u.Path, "//") {
				t.Errorf("%q leads to %v, %v", to, u, err)
			}
			if host, pathname := browsed(to); host != "app.example" || strings.HasPrefix(pathname, "//") {
				t.Errorf("a browser goes from %q to %q, %q", to, host, pathname)
			}
		}
		if u, err := url.Parse(got); err != nil || len(got) > 2000 || path.Clean(u.Path) != strings.TrimSuffix(u.Path, "/") && u.Path != "/" {
			t.Errorf("%q: %v", got, err)
		}
	})
}

func TestSignInPage(t *testing.T) {
	w := newWorld(t)
	toSignIn := httpadapter.OnFailure(httpadapter.SignInPage("/sign-in"))
	page := httpadapter.RequireAuth(w.Auth, toSignIn, httpadapter.Accept(tollkeeper.AudienceV1))
	w.guarded("/p/", page)
	w.guarded("/admin", page, httpadapter.RequireRole(tollkeeper.RoleAdmin, toSignIn))
	w.mux.Handle("/below/", http.StripPrefix("/below", page(http.NotFoundHandler())))
	user := w.user("uwe")
	const html = "Accept: text/html,application/xhtml+xml,*/*;q=0.8"
	for _, c := range []struct {
		route    string
		h        headers
		status   int
		location string
	}{
		{"GET /p/", headers{html}, 303, "/sign-in?next=%2Fp%2F"},
		{"HEAD /p/", headers{html}, 303, "/sign-in?next=%2Fp%2F"},
		{"GET /p/a?b=c&d=//e", headers{html}, 303, "/sign-in?next=%2Fp%2Fa%3Fb%3Dc%26d%3D%2F%2Fe"},
		{"GET /p/a?b=" + strings.Repeat("c", 3000), headers{html}, 303, "/sign-in"},
		{"GET /p/%2f%2fevil.example", headers{html}, 303, "/sign-in"},
		{"GET /below/x?y", headers{html}, 303, "/sign-in?next=%2Fbelow%2Fx%3Fy"},
		{"POST /p/", headers{html}, 303, "/sign-in"},
		{"GET /p/", headers{html, cookieOf("old")}, 303, "/sign-in?next=%2Fp%2F"},
		{"GET /p/", headers{html, bearerOf("old")}, 303, "/sign-in?next=%2Fp%2F"},
		{"GET /p/", headers{"Accept: application/json"}, 401, ""},
		{"GET /p/", headers{"Accept: */*"}, 401, ""},
		{"GET /p/", nil, 401, ""},
		{"POST /p/", headers{html, cookieOf(user.token), "Sec-Fetch-Site: cross-site"}, 403, ""},
		{"GET /p/", headers{html, cookieOf(user.token) + "; " + httpadapter.CookieName + "=x"}, 400, ""},
		{"GET /admin", headers{html, cookieOf(user.token)}, 403, ""},
		{"GET /p/", headers{html, cookieOf(user.token)}, 200, ""},
	} {
		a := w.do(c.route, "", c.h...)
		if a.status != c.status || a.header.Get("Location") != c.location || a.status >= 300 && a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %v: %d to %q, want %d to %q", c.route, c.h, a.status, a.header.Get("Location"), c.status, c.location)
		}
	}
}

// TestSignInPageForAProof: signing in again mends a session that proved itself too long ago.
func TestSignInPageForAProof(t *testing.T) {
	w := newWorld(t)
	again := httpadapter.RequireRecent(w.Auth, 0, httpadapter.OnFailure(httpadapter.SignInPage("/confirm")))
	w.guarded("/danger", httpadapter.RequireAuth(w.Auth, httpadapter.Accept(tollkeeper.AudienceV1)), again)
	token := w.user("uwe").token
	w.Advance(time.Second)
	if a := w.do("GET /danger", "", "Accept: text/html", cookieOf(token)); a.status != 303 || a.header.Get("Location") != "/confirm?next=%2Fdanger" {
		t.Errorf("%d to %q", a.status, a.header.Get("Location"))
	}
}
