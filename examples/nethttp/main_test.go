package main

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

func TestRoutes(t *testing.T) {
	kit := authtest.New(t)
	admin := kit.FirstAdmin()
	handler, err := routes(kit.Auth)
	if err != nil {
		t.Fatal(err)
	}
	v1 := func(r *tollkeeper.SignInRequest) { r.Audience = tollkeeper.AudienceV1 }
	tokens := map[string]string{
		"nobody":   "",
		"user":     string(kit.SignIn(kit.User(), v1).Token),
		"admin":    string(kit.SignIn(admin, v1).Token),
		"stranger": string(kit.SignIn(kit.Child(kit.Parent()), v1).Token),
	}
	tests := []struct {
		who, path string
		status    int
		body      string
	}{
		{"nobody", "/hello", 401, `"http_no_credential"`},
		{"stranger", "/hello", 401, `"invalid_token"`},
		{"user", "/hello", 200, `"role":"user"`},
		{"user", "/admin", 403, "Not allowed"},
		{"admin", "/admin", 200, `"hello":"first@app.example"`},
		{"nobody", "/authentiq/v1/heartbeat", 200, "up and running"},
	}
	for _, tt := range tests {
		r := httptest.NewRequest("GET", tt.path, nil)
		if token := tokens[tt.who]; token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.body) {
			t.Errorf("%s asks for %s: %d %s, want %d with %q", tt.who, tt.path, w.Code, w.Body, tt.status, tt.body)
		}
	}
}
