package family_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

func cookies(t *testing.T) *family.Cookies {
	t.Helper()
	c, err := family.NewCookies(newAuth(t, tollkeeper.Config{BaseURL: base}), family.Cookie{TrustedOrigins: []string{"https://app.example"}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A cookie counts where no header does, and on a page of the service for what changes anything.
func TestWhichCredentialCounts(t *testing.T) {
	long := strings.Repeat("a", 8<<10+1)
	for _, tt := range []struct {
		name    string
		headers string // with | between them
		token   string
		err     error
	}{
		{"nothing", "", "", family.ErrNoCredential},
		{"a header", "Authorization: Bearer a", "a", nil},
		{"a header in another letter case", "Authorization: bEARER a", "a", nil},
		{"a header with spaces", "Authorization: Bearer    a", "a", nil},
		{"a header without a token", "Authorization: Bearer ", "", family.ErrNoCredential},
		{"a header of spaces", "Authorization: Bearer    ", "", family.ErrNoCredential},
		{"a header with two words", "Authorization: Bearer a b", "", family.ErrNoCredential},
		{"a header that begins with a comma", "Authorization: Bearer ,a", "", family.ErrNoCredential},
		{"a header that begins with a tab", "Authorization: Bearer \ta", "", family.ErrNoCredential},
		{"a header of a short scheme", "Authorization: Be", "", family.ErrNoCredential},
		{"two headers", "Authorization: Bearer a|Authorization: Bearer a", "", family.ErrTwoCredentials},
		{"a cookie", "Cookie: __Host-session=a", "a", nil},
		{"another cookie", "Cookie: other=a", "", family.ErrNoCredential},
		{"two cookies", "Cookie: __Host-session=a; __Host-session=a", "", family.ErrTwoCredentials},
		{"an empty cookie", "Cookie: __Host-session=", "", family.ErrNoCredential},
		{"a cookie that is too long", "Cookie: __Host-session=" + long, "", tollkeeper.ErrInvalidToken},
		{"both alike", "Authorization: Bearer a|Cookie: __Host-session=a", "a", nil},
		{"both, and they differ", "Authorization: Bearer a|Cookie: __Host-session=b", "", tollkeeper.ErrInvalidToken},
		{"a cookie beside a header of another scheme", "Authorization: Basic a|Cookie: __Host-session=a", "", family.ErrNoCredential},
		{"a cookie beside two headers", "Authorization: Bearer a|Authorization: Bearer a|Cookie: __Host-session=a", "", family.ErrTwoCredentials},
		{"a cookie beside a header that is too long", "Authorization: Bearer " + long + "|Cookie: __Host-session=a", "", tollkeeper.ErrInvalidToken},
		{"a cookie from a trusted page", "Origin: https://app.example|Cookie: __Host-session=a", "a", nil},
		{"a cookie from another page", "Origin: https://evil.example|Cookie: __Host-session=a", "", family.ErrCrossOrigin},
		{"a cookie with two origins", "Origin: https://app.example|Origin: https://evil.example|Cookie: __Host-session=a", "", family.ErrCrossOrigin},
		{"a cookie with two words about its page", "Sec-Fetch-Site: same-origin|Sec-Fetch-Site: cross-site|Cookie: __Host-session=a", "", family.ErrCrossOrigin},
	} {
		r := httptest.NewRequest(http.MethodPost, base+"/f/knock", nil)
		for line := range strings.SplitSeq(tt.headers, "|") {
			if name, value, ok := strings.Cut(line, ": "); ok {
				r.Header[name] = append(r.Header[name], value)
			}
		}
		if token, err := cookies(t).Token(r); token != tt.token || !errors.Is(err, tt.err) {
			t.Errorf("%s: %.20q, %v, want %q, %v", tt.name, token, err, tt.token, tt.err)
		}
	}
}

func TestWithoutCookiesAHeaderCounts(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, base, nil)
	r.Header.Set("Cookie", "__Host-session=a")
	if token, err := (*family.Cookies)(nil).Token(r); token != "" || !errors.Is(err, family.ErrNoCredential) {
		t.Errorf("%q, %v", token, err)
	}
	r.Header.Set("Authorization", "Bearer b")
	if token, err := (*family.Cookies)(nil).Token(r); token != "b" || err != nil {
		t.Errorf("%q, %v", token, err)
	}
}

// A cookie that is to last has at least a second, because zero would mean until the browser ends.
func TestCookieOfANewSession(t *testing.T) {
	for _, tt := range []struct {
		origin   string
		lasts    time.Duration
		remember bool
		maxAge   int
	}{
		{"", 90 * time.Second, true, 90}, {"", 90 * time.Second, false, 0}, {"", 1999 * time.Millisecond, true, 1}, {"", time.Millisecond, true, 1},
		{"https://evil.example", 90 * time.Second, true, -2},
	} {
		r := httptest.NewRequest(http.MethodPost, base, nil)
		if tt.origin != "" {
			r.Header.Set("Origin", tt.origin)
		}
		c := cookies(t).Session(r, tollkeeper.SignInResult{Token: "a", ExpiresIn: tt.lasts}, tt.remember)
		if tt.maxAge == -2 {
			if c != nil {
				t.Errorf("a page of another origin signs in by %v", c)
			}
			continue
		}
		if c == nil || c.MaxAge != tt.maxAge || c.Value != "a" || c.Name != "__Host-session" || !c.Secure || !c.HttpOnly ||
			c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode {
			t.Errorf("%+v gives %v", tt, c)
		}
	}
	if c := family.NoSession(); c.MaxAge >= 0 || c.Value != "" || c.Name != "__Host-session" || !c.Secure || c.Path != "/" {
		t.Errorf("%v takes none away", c)
	}
}
