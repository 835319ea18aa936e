package family

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

func TestTokensAreBoundedBeforeParsing(t *testing.T) {
	for n, want := range map[int]error{maxToken: nil, maxToken + 1: tollkeeper.ErrInvalidToken, 1 << 20: tollkeeper.ErrInvalidToken} {
		text := strings.Repeat("a", n)
		if _, err := bearer(http.Header{"Authorization": {"Bearer " + text}}); !errors.Is(err, want) {
			t.Errorf("bearer of %d bytes: %v", n, err)
		}
		if _, err := headerOrBearer(http.Header{"Token": {text}}); !errors.Is(err, want) {
			t.Errorf("token of %d bytes: %v", n, err)
		}
	}
}

// A token may come in either header, or in both alike.
func TestATokenInTwoHeadersIsOne(t *testing.T) {
	for _, tt := range []struct {
		name  string
		h     http.Header
		token string
		err   error
	}{
		{"nothing", nil, "", ErrNoCredential},
		{"a token", http.Header{"Token": {"a"}}, "a", nil},
		{"an empty token beside a bearer", http.Header{"Token": {""}, "Authorization": {"Bearer a"}}, "a", nil},
		{"two tokens", http.Header{"Token": {"a", "a"}}, "", ErrTwoCredentials},
		{"two empty ones", http.Header{"Token": {"", ""}}, "", ErrTwoCredentials},
		{"a token of two words", http.Header{"Token": {"a b"}, "Authorization": {"Bearer a"}}, "", ErrNoCredential},
		{"both alike", http.Header{"Token": {"a"}, "Authorization": {"Bearer a"}}, "a", nil},
		{"both, and they differ", http.Header{"Token": {"a"}, "Authorization": {"Bearer b"}}, "", tollkeeper.ErrInvalidToken},
		{"a token beside another scheme", http.Header{"Token": {"a"}, "Authorization": {"Basic a"}}, "", tollkeeper.ErrInvalidToken},
		{"a token beside two bearers", http.Header{"Token": {"a"}, "Authorization": {"Bearer a", "Bearer a"}}, "", ErrTwoCredentials},
	} {
		if token, err := headerOrBearer(tt.h); token != tt.token || !errors.Is(err, tt.err) {
			t.Errorf("%s: %q, %v, want %q, %v", tt.name, token, err, tt.token, tt.err)
		}
	}
}

func TestRetryAfterRoundsUp(t *testing.T) {
	for d, want := range map[time.Duration]int64{0: 1, -time.Second: 1, time.Nanosecond: 1, time.Second: 1, 1001 * time.Millisecond: 2, time.Hour: 3600} {
		if got := seconds(d); got != want {
			t.Errorf("%v: %d", d, got)
		}
	}
}

// Preflights are allowed for pages over https, and for those of this machine.
func TestPlainOrigins(t *testing.T) {
	long := strings.Repeat("a", 300-len("https://.example"))
	for origin, want := range map[string]bool{
		"https://shop.example": true, "https://shop.example:8443": true, "https://[2001:db8::1]": true, "https://" + long + ".example": true,
		"http://localhost:3000": true, "https://localhost": true, "http://app.localhost": true, "http://127.0.0.1:8080": true, "http://[::1]:8080": true,
		"https://a" + long + ".example": false, "http://shop.example": false, "ftp://localhost": false, "ftp://shop.example": false,
		"http://localhost.shop.example": false, "http://notlocalhost": false, "null": false, "": false, "https://": false, "https://shop.example/": false,
		"https://shop.example?": false, "https://u@shop.example": false, "https://shop.example, https://evil.example": false, "https://shop_.example": false,
	} {
		if got := plainOrigin(origin); got != want {
			t.Errorf("%q: %t, want %t", origin, got, want)
		}
	}
}
