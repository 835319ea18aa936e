package httpadapter_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// documented answers the routes by path.
func documented() map[string][]string {
	paths := map[string][]string{}
	for _, r := range rows() {
		paths[r.Target()] = append(paths[r.Target()], r.Method)
	}
	return paths
}

// TestMethods is R63: every method on every path; what is not documented is 405 with Allow and no effect.
func TestMethods(t *testing.T) {
	w := newWorld(t)
	methods := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "PROPFIND"}
	for path, allowed := range documented() {
		if slices.Contains(allowed, "GET") {
			allowed = append(allowed, "HEAD")
		}
		for _, method := range methods {
			r := w.request("GET", path, `{}`, headers{"X-HTTP-Method-Override: " + allowed[0], "X-Method-Override: " + allowed[0]})
			r.Method, r.URL.RawQuery = method, "_method="+allowed[0]
			a := w.serve(r)
			if slices.Contains(allowed, method) {
				if a.status == 405 || a.status == 404 {
					t.Errorf("%s %s: %d", method, path, a.status)
				}
				continue
			}
			slices.Sort(allowed)
			if a.status != 405 || a.header.Get("Allow") != strings.Join(allowed, ", ") {
				t.Errorf("%s %s: %d, Allow %q", method, path, a.status, a.header.Get("Allow"))
			}
		}
	}
}

// TestPathsHaveOneSpelling is R64: no other spelling of a path reaches its handler.
func TestPathsHaveOneSpelling(t *testing.T) {
	w := newWorld(t)
	mutate := []func(string) string{
		func(p string) string { return p + "/" },
		func(p string) string { return p + "//" },
		func(p string) string { return p + "/." },
		func(p string) string { return p + "/x/.." },
		func(p string) string { return "/" + p },
		func(p string) string { return strings.Replace(p, "/", "//", 2) },
		func(p string) string { return "/x/.." + p },
		func(p string) string { return p + "%2f" },
		func(p string) string { return p + "%00" },
		func(p string) string { return p + "%20" },
		func(p string) string { return p + ".json" },
		func(p string) string { return p + ";x=1" },
		func(p string) string { return strings.ToUpper(p) },
		func(p string) string { i := strings.LastIndex(p, "/"); return p[:i] + "%2F" + p[i+1:] },
		func(p string) string { i := strings.LastIndex(p, "/"); return p[:i] + "/%2e" + p[i:] },
		func(p string) string {
			i := len(p) - 1
			return p[:i] + "%" + strings.ToUpper(hexOf(p[i]))
		},
	}
	for path, methods := range documented() {
		for i, m := range mutate {
			a := w.do(methods[0]+" "+m(path), "")
			redirected := a.status/100 == 3 && a.header.Get("Location") != "" // the mux's own cleaning, never served
			if a.status != 404 && !redirected {
				t.Errorf("mutation %d, %s %s: %d %s", i, methods[0], m(path), a.status, a.body)
			}
		}
	}
}

func hexOf(b byte) string { const d = "0123456789abcdef"; return string([]byte{d[b>>4], d[b&15]}) }

// TestEverythingBelowAPrefixIsAnswered in the shape of its family.
func TestEverythingBelowAPrefixIsAnswered(t *testing.T) {
	w := newWorld(t)
	for path, want := range map[string]string{
		"/auth": `"code":"NOT_FOUND"`, "/auth/": `"code":"NOT_FOUND"`, "/auth/x/y": `"code":"NOT_FOUND"`,
		"/parent": `"code":"NOT_FOUND"`, "/parent/x": `"code":"NOT_FOUND"`,
		"/authentiq/v1": `{"message":"Not found!"}`, "/authentiq/v1/x": `{"message":"Not found!"}`,
		"/api/user": `{"error":"Not found"}`, "/api/user/x": `{"error":"Not found"}`,
	} {
		if a := w.do("GET "+path, ""); a.status != 404 || !strings.Contains(a.body, want) {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

// TestHeadersOfEveryAnswer is R68.
func TestHeadersOfEveryAnswer(t *testing.T) {
	w := newWorld(t)
	check := func(name string, a answer) {
		t.Helper()
		kind := []string{"application/json; charset=utf-8"}
		switch {
		case a.body == "":
			kind = nil
		case strings.Contains(name, " /api/auth") && a.status >= 400:
			kind = []string{"application/problem+json"}
		}
		if got := a.header["Content-Type"]; !slices.Equal(got, kind) {
			t.Errorf("%s (%d): Content-Type is %q", name, a.status, got)
		}
		for header, want := range map[string]string{
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		} {
			if got := a.header[header]; len(got) != 1 || got[0] != want {
				t.Errorf("%s (%d): %s is %q", name, a.status, header, got)
			}
		}
		if a.header["Set-Cookie"] != nil || a.header["Location"] != nil {
			t.Errorf("%s sets a cookie or redirects", name)
		}
	}
	for _, r := range rows() {
		if isPage(r) {
			continue // TestPages has its headers
		}
		if strings.Contains(r.Path, "/providers/") {
			continue // they set cookies and redirect: TestTheAppFamilySendsBrowsersToAnIssuer has their headers
		}
		for _, method := range []string{r.Method, http.MethodPatch} {
			for _, body := range []string{"", "{", `{}`, `{"email":"a@b.example","password":"x","token":"x","PlatformId":1,"otp":"1"}`} {
				check(method+" "+r.Path, w.do(method+" "+r.Target(), body))
			}
		}
	}
	check("nothing", w.do("GET /auth/nothing", ""))
	check("a success", w.must("GET /authentiq/v1/heartbeat", ""))
}

// TestNilIDIsNoPath: to an operation a path whose id is zero is one without an id, and without one a removal of second
// factors removes them all.
func TestNilIDIsNoPath(t *testing.T) {
	w := newWorld(t)
	const none = "00000000-0000-0000-0000-000000000000"
	me := bearerOf(w.chief())
	for _, r := range rows() {
		if !strings.Contains(r.Path, "{id}") {
			continue
		}
		path := strings.Replace(r.Path, "{id}", none, 1)
		if a := w.do(r.Method+" "+path, everything, me); a.status != 404 || containsAny(a.body, "SESSION_NOT_FOUND", `"not_found"`) {
			t.Errorf("%s %s: %d %s", r.Method, path, a.status, a.body)
		}
	}
	eva := w.appUser("eva")
	w.prove(eva)
	her := bearerOf(eva.token)
	secret := w.must("POST "+api+"/factors/totp", "", her).field("secret")
	w.must("POST "+api+"/factors/totp/confirm", object("code", w.code(secret)), her)
	w.Advance(time.Minute)
	a := w.do("DELETE "+api+"/factors/"+none, object("code", w.code(secret)), her)
	if left := w.must("GET "+api+"/factors", "", her).body; a.status != 404 || !strings.Contains(left, "totp") {
		t.Errorf("%d %s, left %s", a.status, a.body, left)
	}
}
