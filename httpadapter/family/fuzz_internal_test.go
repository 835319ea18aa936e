package family

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// FuzzOrigin: what is echoed to a browser parses back to an origin of a scheme and a host and nothing else.
func FuzzOrigin(f *testing.F) {
	for _, seed := range []string{"https://a.example", "http://localhost:1", "null", "https://a@b", "https://*.a", "https://a/b", "https://[::1]:1", "https://a\r\nx: y"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !plainOrigin(s) {
			return
		}
		u, err := url.Parse(s)
		if err != nil || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(s, "\r\n\x00 ,*") {
			t.Errorf("%q is taken for an origin", s)
		}
	})
}

// FuzzBearer: a token comes out whole, or not at all.
func FuzzBearer(f *testing.F) {
	for _, seed := range []string{"Bearer a.b.c", "bearer  a", "Basic a", "Bearer", "Bearer a,b", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		token, err := bearer(http.Header{"Authorization": {line}})
		if err != nil {
			if token != "" {
				t.Errorf("%q: a token with an error", line)
			}
			return
		}
		if !strings.HasSuffix(line, " "+token) || strings.TrimLeft(line[len("Bearer"):], " ") != token || len(token) > maxToken || strings.ContainsAny(token, " ,\t") {
			t.Errorf("%q: %q", line, token)
		}
	})
}
