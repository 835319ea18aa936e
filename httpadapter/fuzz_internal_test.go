package httpadapter

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/strictjson"
)

// FuzzPlatformID: whatever a PlatformId says, it names a number in its one spelling or a text, never both.
func FuzzPlatformID(f *testing.F) {
	for _, seed := range []string{`1`, `"1"`, `"APK_X"`, `1e3`, `-0`, `null`, `"\u0031"`, `99999999999999999999`, `[]`, `true`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		var b struct {
			Platform platformID `json:"PlatformId"`
		}
		if strictjson.Decode([]byte(`{"PlatformId":`+value+`}`), &b) != nil {
			return
		}
		p := b.Platform.named
		if p == nil {
			t.Fatalf("%s: absent", value)
		}
		kind, text, _ := strings.Cut(p.String(), ":")
		if kind != "number" && kind != "key" || text == "" || len(text) > 64 {
			t.Errorf("%s: %v", value, p)
		}
		if bare := strings.Trim(strings.TrimSpace(value), `"`); kind == "number" && !strings.Contains(bare, `\`) && bare != text {
			t.Errorf("%s is read as %s", value, text)
		}
	})
}

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
		if !strings.HasSuffix(line, " "+token) || len(line) != len("Bearer ")+len(token) || len(token) > maxToken || strings.ContainsAny(token, " ,\t") {
			t.Errorf("%q: %q", line, token)
		}
	})
}
