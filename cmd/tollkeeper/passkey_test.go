package main

import (
	"net/http"
	"strings"
	"testing"
)

// A server with a name has passkeys; browsers have none for one with an address only.
func TestAServerWithANameHasPasskeys(t *testing.T) {
	for base, want := range map[string]int{
		"https://auth.example": 200, "http://localhost:8080": 200, "https://192.0.2.7": 404, "": 404,
	} {
		s := runServer(t, nil, "-base-url="+base)
		r, err := http.Post(s.url+"/api/auth/passkeys/sign-in/begin", "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		if r.StatusCode != want {
			t.Errorf("at %q: %d, want %d", base, r.StatusCode, want)
		}
		if code := s.stop(); code != 0 {
			t.Errorf("at %q it ends with %d", base, code)
		}
	}
}
