package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
)

// ask sends a request with headers, names and values in turn.
func ask(t *testing.T, h http.Handler, method, path, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func wants(t *testing.T, w *httptest.ResponseRecorder, status int, part string) {
	t.Helper()
	if w.Code != status || !strings.Contains(w.Body.String(), part) {
		t.Errorf("%d %s, want %d with %q", w.Code, w.Body, status, part)
	}
}

func TestRoles(t *testing.T) {
	kit := authtest.New(t)
	admin := kit.FirstAdmin()
	h, err := routes(kit.Auth)
	if err != nil {
		t.Fatal(err)
	}
	tokens := map[string]string{
		"user":  string(kit.SignIn(kit.User()).Token),
		"admin": string(kit.SignIn(admin).Token),
	}
	for _, tt := range []struct {
		who, path string
		status    int
		body      string
	}{
		{"nobody", "/", 200, "Welcome, stranger"},
		{"admin", "/", 200, "Welcome, " + admin.Email},
		{"nobody", "/notes", 401, `"http_no_credential"`},
		{"nobody", "/api/me", 401, `"http_no_credential"`},
		{"user", "/api/me", 200, `"role":"user"`},
		{"user", "/api/admin", 403, `"forbidden"`},
		{"admin", "/api/admin", 200, `"role":"admin"`},
		{"nobody", "/api/auth/nothing", 404, `"http_no_route"`},
	} {
		var header []string
		if token := tokens[tt.who]; token != "" {
			header = []string{"Authorization", "Bearer " + token}
		}
		wants(t, ask(t, h, "GET", tt.path, "", header...), tt.status, tt.body)
	}
}

// A program carries its session in a header.
func TestBearer(t *testing.T) {
	h, err := routes(authtest.New(t).Auth)
	if err != nil {
		t.Fatal(err)
	}
	up := ask(t, h, "POST", "/api/auth/sign-up", `{"email":"ada@mail.example","password":"Violet-Harbor-31"}`)
	var session struct{ Token string }
	if err := json.Unmarshal(up.Body.Bytes(), &session); err != nil || up.Code != 201 {
		t.Fatal(up.Code, up.Body, err)
	}
	token := "Bearer " + session.Token
	wants(t, ask(t, h, "GET", "/api/me", "", "Authorization", token), 200, `"email":"ada@mail.example"`)
	wants(t, ask(t, h, "POST", "/api/auth/sign-out", "", "Authorization", token), 204, "")
	wants(t, ask(t, h, "GET", "/api/me", "", "Authorization", token), 401, `"invalid_token"`)
}

// A browser is sent to sign in, comes back, and carries its session in the cookie.
func TestPages(t *testing.T) {
	kit := authtest.New(t)
	ada := kit.User()
	h, err := routes(kit.Auth)
	if err != nil {
		t.Fatal(err)
	}
	sent := ask(t, h, "GET", "/notes", "", "Accept", "text/html")
	if to := sent.Header().Get("Location"); sent.Code != 303 || to != "/sign-in?next=%2Fnotes" {
		t.Fatalf("%d, to %q", sent.Code, to)
	}
	form := "login=" + ada.Email + "&password=" + ada.Password
	in := ask(t, h, "POST", "/sign-in?next=%2Fnotes", form, "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
	if to := in.Header().Get("Location"); in.Code != 303 || to != "/notes" {
		t.Fatalf("%d %s, to %q", in.Code, in.Body, to)
	}
	cookie := ""
	for _, set := range in.Result().Cookies() {
		if set.Name == httpadapter.CookieName {
			cookie = set.Name + "=" + set.Value
		}
	}
	wants(t, ask(t, h, "GET", "/notes", "", "Accept", "text/html", "Cookie", cookie), 200, "Welcome, "+ada.Email)
	wants(t, ask(t, h, "GET", "/api/me", "", "Cookie", cookie), 200, ada.Email)
	out := ask(t, h, "POST", "/sign-out", "", "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin", "Cookie", cookie)
	if out.Code != 303 {
		t.Errorf("%d %s", out.Code, out.Body)
	}
	wants(t, ask(t, h, "GET", "/api/me", "", "Cookie", cookie), 401, `"invalid_token"`)
}
