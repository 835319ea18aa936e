package canon_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/canon"
)

func TestWebURL(t *testing.T) {
	for s, want := range map[string]string{
		"https://acme.example":              "https://acme.example",
		"https://ACME.example/Path?q=1#f":   "https://acme.example/Path?q=1#f",
		"HTTPS://acme.example:8443/":        "https://acme.example:8443/",
		"https://10.0.0.1/":                 "https://10.0.0.1/",
		"https://[2001:DB8::1]:1/":          "https://[2001:db8::1]:1/",
		"http://localhost:3000":             "http://localhost:3000",
		"http://app.localhost":              "http://app.localhost",
		"http://127.0.0.1":                  "http://127.0.0.1",
		"http://127.9.9.9":                  "http://127.9.9.9",
		"http://[::1]:1":                    "http://[::1]:1",
		"":                                  "",
		"acme.example":                      "",
		"//acme.example":                    "",
		"/path":                             "",
		"http://acme.example":               "",
		"http://localhost.evil.example":     "",
		"http://evillocalhost":              "",
		"http://LOCALHOST":                  "",
		"ftp://acme.example":                "",
		"javascript:alert(1)":               "",
		"https:acme.example":                "",
		"https://":                          "",
		"https://:443":                      "",
		"https://user@acme.example":         "",
		"https://acme.example@evil.example": "",
		"https://acme.example\\@evil":       "",
		"https://acme.example/a b":          "",
		"https://acme.example/\r\nX: y":     "",
		"https://-acme.example":             "",
		"https://acme_x.example":            "",
		"https://*.example":                 "",
		"https://\u212a.example":            "",
		"https://acme.example:port":         "",
		"https://acme.example/" + strings.Repeat("x", 2048-len("https://acme.example/")):   "https://acme.example/" + strings.Repeat("x", 2048-len("https://acme.example/")),
		"https://acme.example/" + strings.Repeat("x", 2048+1-len("https://acme.example/")): "",
	} {
		u, ok := canon.WebURL(s)
		if ok != (want != "") || ok && u.String() != want {
			t.Errorf("%q: %v, %t, want %q", s, u, ok, want)
		}
	}
}

// What is accepted leads to a host that nobody on the way can stand for, and says so again when it is read again.
func FuzzWebURL(f *testing.F) {
	for _, s := range []string{"https://acme.example/a?b#c", "http://localhost:1", "https://[::1]/", "https://a@b", "https:///x", "HTTPS://A.B", "https://a\\b", "http://127.0.0.1.evil.example", "https://a%41.b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, ok := canon.WebURL(s)
		if !ok {
			return
		}
		if u.Scheme != "https" && !canon.IsLocalhost(u.Hostname()) || u.User != nil || u.Host != canon.Lower(u.Host) {
			t.Fatalf("%q is read as %v", s, u)
		}
		if len(u.String()) > 2048 {
			return // escaping made it longer than what is accepted
		}
		if again, ok := canon.WebURL(u.String()); !ok || again.String() != u.String() {
			t.Fatalf("%q is read as %v, then as %v (%t)", s, u, again, ok)
		}
	})
}

func TestOrigin(t *testing.T) {
	for s, want := range map[string]bool{
		"https://acme.example": true, "https://acme.example:8443": true, "http://acme.example": true, "http://localhost:3000": true, "http://[::1]:3000": true,
		"": false, "null": false, "acme.example": false, "https://": false, "file:///etc": false, "chrome-extension://x": false,
		"https://acme.example?": false, "https://acme.example#": false, "https://@acme.example": false, "https://acme.example/": false, "https://acme.example/x": false, "https://acme.example?x": false, "https://acme.example#x": false, "https://u@acme.example": false,
		"https://acme.example\r\nX: y": false, "https://%zz": false,
		"https://app_1.acme.example": true, "https://[2001:db8::1]": true, "https://10.0.0.1": true, "https://ACME.example": true,
		"https://evil!.acme.example": false, "https://evil\".acme.example": false, "https://a..acme.example": false, "https://.acme.example": false,
		"https://acme.example.": true, "https://acme.example..": false, "https://.": false, "https://\u24d0.acme.example": false, "https://[fe80::1%25lo]": false,
		"https://acme.example:": false, "https://acme.example:0443": true, "https://acme.example:65536": false,
	} {
		if u, ok := canon.Origin(s); ok != want || ok && u.String() != s {
			t.Errorf("%q: %v, %t, want %t", s, u, ok, want)
		}
	}
}

func TestIsLocalhost(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "app.localhost": true, "127.0.0.1": true, "127.1.2.3": true, "::1": true,
		"": false, "localhost.": false, "localhost.example": false, "evillocalhost": false, "10.0.0.1": false, "0.0.0.0": false, "::": false, "127.0.0.1.example": false, "127.1": false,
	} {
		if got := canon.IsLocalhost(host); got != want {
			t.Errorf("%q: %t, want %t", host, got, want)
		}
	}
}

func TestUnder(t *testing.T) {
	for _, c := range []struct {
		host, domain string
		want         bool
	}{
		{"acme.example", "acme.example", true},
		{"app.acme.example", "acme.example", true},
		{"a.b.acme.example", "acme.example", true},
		{"evilacme.example", "acme.example", false},
		{"acme.example.evil.example", "acme.example", false},
		{"example", "acme.example", false},
		{"10.0.0.1", "10.0.0.1", true},
		{"1.10.0.0.1", "10.0.0.1", false},
		{"x.0.0.1", "0.0.1", true}, // no IP address
	} {
		if got := canon.Under(c.host, c.domain); got != c.want {
			t.Errorf("%s under %s: %t, want %t", c.host, c.domain, got, c.want)
		}
	}
}

func TestValidPath(t *testing.T) {
	for s, want := range map[string]bool{
		"/": true, "/verify": true, "/a/b-c_d/": true, "/" + strings.Repeat("x", 511): true,
		"": false, "verify": false, "//evil.example": false, "/a//b": false, "/\\evil.example": false, "/../a": false, "/a.b": false,
		"/a?x=1": false, "/a#b": false, "/%2e%2e": false, "/a\n": false, "/a b": false, "/ä": false, "/" + strings.Repeat("x", 512): false,
	} {
		if got := canon.ValidPath(s); got != want {
			t.Errorf("%q: %t, want %t", s, got, want)
		}
	}
}

func TestIsPageOf(t *testing.T) {
	const site = "https://Acme.example/home"
	for page, want := range map[string]bool{
		"https://acme.example": true, "https://acme.example/verify": true, "https://ACME.example/a/b-c_d": true,
		"": false, "/verify": false, "http://acme.example/verify": false, "https://acme.example:8443/": false, "https://app.acme.example/": false,
		"https://evil.example/verify": false, "https://acme.example.evil.example": false, "https://acme.example@evil.example": false,
		"https://acme.example/?x=1": false, "https://acme.example/#x": false, "https://acme.example/%2e%2e/": false, "https://acme.example//evil.example": false,
		"https://acme.example#": false, "https://acme.example/a#": false, "https://acme.example/a?": false, "https://acme.example/%61": false,
	} {
		if got := canon.IsPageOf(site, page); got != want {
			t.Errorf("%q: %t, want %t", page, got, want)
		}
	}
	if canon.IsPageOf("https://%zz", "https://acme.example") {
		t.Error("a site that is no URL has pages")
	}
}

// A page of a site is of the site's origin, however it is written.
func FuzzIsPageOf(f *testing.F) {
	const site = "https://acme.example:8443"
	for _, s := range []string{site, site + "/verify", "https://acme.example", "https://acme.example:8443@evil.example", site + "/..", site + "\\@evil.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, page string) {
		if !canon.IsPageOf(site, page) {
			return
		}
		u, err := url.Parse(page)
		if err != nil || !strings.EqualFold(u.Scheme+"://"+u.Host, site) || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			t.Fatalf("%q is read as %v (%v)", page, u, err)
		}
	})
}
