package breach_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/breach"
)

var (
	_ tollkeeper.BreachChecker = (*breach.Range)(nil)
	_ tollkeeper.BreachChecker = (*breach.Filter)(nil)
)

// The SHA-1 of "password" is 5BAA6 1E4C9B93F3F0682250B6CF8331B7EE68FD8.
const (
	prefix = "5BAA6"
	suffix = "1E4C9B93F3F0682250B6CF8331B7EE68FD8"
	other  = "003D68EB55068C33ACE09247EE4C639306B"
)

func asking(t *testing.T, answer http.HandlerFunc) *breach.Range {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	r, err := breach.NewRange(breach.RangeConfig{BaseURL: server.URL + "/", Timeout: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRangeAnswers(t *testing.T) {
	tests := map[string]struct {
		body  string
		known bool
	}{
		"known":                   {other + ":3\r\n" + suffix + ":42\r\n", true},
		"known, no last break":    {other + ":3\n" + suffix + ":1", true},
		"known, in lower case":    {strings.ToLower(suffix) + ":1", true},
		"unknown":                 {other + ":3\r\n", false},
		"padding":                 {other + ":3\r\n" + suffix + ":0\r\n", false},
		"padding of many zeros":   {suffix + ":000", false},
		"count longer than int64": {suffix + ":99999999999999999999999", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := asking(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, tt.body) })
			if known, err := r.Breached(t.Context(), "password"); err != nil || known != tt.known {
				t.Errorf("%v, %v", known, err)
			}
		})
	}
}

func TestRangeAsksByTheProtocol(t *testing.T) {
	var got *http.Request
	r := asking(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		fmt.Fprint(w, other+":1")
	})
	if _, err := r.Breached(t.Context(), "password"); err != nil {
		t.Fatal(err)
	}
	if got.Method != "GET" || got.RequestURI != "/range/"+prefix || got.Header.Get("Add-Padding") != "true" || got.Header.Get("User-Agent") != "tollkeeper" || got.ContentLength > 0 {
		t.Errorf("it asks %s %s with %v", got.Method, got.RequestURI, got.Header)
	}
	for name, values := range got.Header {
		if strings.Contains(strings.ToUpper(fmt.Sprint(values)), suffix[:8]) {
			t.Errorf("%s tells the digest", name)
		}
	}
}

func TestRangeCannotTell(t *testing.T) {
	tests := map[string]http.HandlerFunc{
		"slow": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"slow in the middle": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, suffix+":1\r\n")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
		"cut": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, suffix+":1\r\n")
		},
		"endless": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := fmt.Fprint(w, other+":1\r\n"); err != nil {
					return
				}
			}
		},
		"too large":    func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat(other+":1\r\n", 27_000)) },
		"rate limited": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) },
		"down":         func(w http.ResponseWriter, _ *http.Request) { http.Error(w, suffix+":1", http.StatusBadGateway) },
		"elsewhere":    func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) },
		"nothing":      func(http.ResponseWriter, *http.Request) {},
		"line breaks":  func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "\r\n\r\n") },
		"a login page": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "<html><body>Please sign in</body></html>")
		},
		"JSON":           func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"count":1}`) },
		"junk after":     func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, suffix+":1\r\njunk\r\n") },
		"no count":       func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, suffix+":\r\n") },
		"negative count": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, suffix+":-1\r\n") },
		"short digest":   func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, suffix[1:]+":1\r\n") },
		"whole digest":   func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, prefix+suffix+":1\r\n") },
		"no hex":         func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "G"+suffix[1:]+":1\r\n") },
	}
	for name, answer := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			known, err := asking(t, answer).Breached(t.Context(), "password")
			if known || err == nil {
				t.Fatalf("%v, %v", known, err)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
			for _, told := range []string{prefix, suffix[:8], "password"} {
				if strings.Contains(strings.ToUpper(err.Error()), strings.ToUpper(told)) {
					t.Errorf("the error tells %s: %v", told, err)
				}
			}
		})
	}
}

func TestRangeEndsWithItsCaller(t *testing.T) {
	r := asking(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Breached(ctx, "password"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestRangeOfASilentHost(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	url := server.URL
	server.Close()
	r, err := breach.NewRange(breach.RangeConfig{BaseURL: url})
	if err != nil {
		t.Fatal(err)
	}
	if known, err := r.Breached(t.Context(), "password"); known || err == nil || strings.Contains(err.Error(), prefix) {
		t.Errorf("%v, %v", known, err)
	}
}

func TestNewRange(t *testing.T) {
	for _, url := range []string{"", breach.PublicRange, "https://mirror.example/pwned/", "http://localhost:8080", "http://[::1]:80"} {
		if _, err := breach.NewRange(breach.RangeConfig{BaseURL: url}); err != nil {
			t.Errorf("%q: %v", url, err)
		}
	}
	for _, url := range []string{"http://mirror.example", "mirror.example", "https://u:p@mirror.example", "https://mirror.example?x=1", "https://mirror.example#x", "file:///etc", "https://", "://"} {
		if r, err := breach.NewRange(breach.RangeConfig{BaseURL: url}); err == nil || r != nil {
			t.Errorf("%q is taken", url)
		}
	}
	if _, err := breach.NewRange(breach.RangeConfig{Timeout: -1}); err == nil {
		t.Error("a negative timeout is taken")
	}
}

// TestInAnAuthenticator signs up with a known password, and again while the service is down: that must not keep anyone out.
func TestInAnAuthenticator(t *testing.T) {
	down := false
	r := asking(t, func(w http.ResponseWriter, r *http.Request) {
		if down {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		fmt.Fprint(w, "1C1A0FB0D8F0F9B5E5A2F6A9E0A3D2B4F9C:1\r\n"+strings.TrimPrefix(digestOf("copper-Lantern-5"), strings.TrimPrefix(r.URL.Path, "/range/"))+":7\r\n")
	})
	unknown := 0
	kit := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) {
		c.Passwords.Breach = r
		c.Events = func(e tollkeeper.Event) {
			if e.Name == tollkeeper.EventBreachUnknown {
				unknown++
			}
		}
	}))
	request := tollkeeper.SignUpRequest{Scope: tollkeeper.Tenants, Email: "ada@home.example", Password: "copper-Lantern-5"}
	if _, err := kit.Auth.SignUp(t.Context(), request); !errors.Is(err, tollkeeper.ErrWeakPassword) || !strings.Contains(err.Error(), "breach") {
		t.Errorf("a known password gives %v", err)
	}
	down = true
	if _, err := kit.Auth.SignUp(t.Context(), request); err != nil || unknown != 1 {
		t.Errorf("without the service: %v, %d events", err, unknown)
	}
}
