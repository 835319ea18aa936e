package main

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// TestWidget: the server has the script that organizations' pages load.
func TestWidget(t *testing.T) {
	s := runServer(t, nil)
	res, err := http.Get(s.url + "/widget.js")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if kind := res.Header.Get("Content-Type"); res.StatusCode != 200 || kind != "text/javascript; charset=utf-8" {
		t.Errorf("%d %s", res.StatusCode, kind)
	}
}

func TestPages(t *testing.T) {
	mux := http.NewServeMux()
	mountForms(mux)
	tests := map[string]struct {
		method, path string
		status       int
		shows        string
	}{
		"home":           {"GET", "/", 200, "/authentiq/v1"},
		"reset form":     {"GET", "/reset-password?token=%22%3E%3Cscript%3E", 200, "/auth/update-password"},
		"sign-in link":   {"GET", "/sign-in-link?token=%22%3E%3Cscript%3E", 200, "/link/verify"},
		"anything else":  {"GET", "/nothing", 404, ""},
		"posting a form": {"POST", "/reset-password", 405, ""},
	}
	nonce := regexp.MustCompile(`nonce="([^"]+)"`)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, httptest.NewRequest(tt.method, tt.path, nil))
			body := w.Body.String()
			if w.Code != tt.status || !strings.Contains(body, tt.shows) {
				t.Errorf("%d %s", w.Code, body)
			}
			if tt.status != 200 {
				return
			}
			policy := w.Header().Get("Content-Security-Policy")
			for _, found := range nonce.FindAllStringSubmatch(body, -1) {
				if len(found[1]) < 20 || !strings.Contains(policy, "'nonce-"+found[1]+"'") {
					t.Errorf("the nonce %s is not in %s", found[1], policy)
				}
			}
			if !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "unsafe") {
				t.Errorf("the policy is %s", policy)
			}
			if w.Header().Get("Referrer-Policy") != "no-referrer" || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("headers %v", w.Header())
			}
			if strings.Contains(body, `"><script>`) {
				t.Error("the query is in the page")
			}
		})
	}
}
