// Package visit tries a service whose routes are those of the programs beside it, whichever router it has: GET / for
// everybody, GET /me and POST /notes for who is signed in, GET /admin for admins, and the app family at /api/auth.
package visit

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
)

// visitor sends requests to a service.
type visitor struct {
	t       *testing.T
	service http.Handler
}

// Try walks through what routes returns, and fails t where an answer is another one than it has to be.
func Try(t *testing.T, routes func(*tollkeeper.Authenticator) (http.Handler, error)) {
	t.Helper()
	kit := authtest.New(t)
	service, err := routes(kit.Auth)
	if err != nil {
		t.Fatal(err)
	}
	v := visitor{t, service}
	v.strangers()
	v.bearer()
	v.cookie()
	v.admins(kit)
}

func (v visitor) strangers() {
	v.wants(v.ask("GET", "/", ""), 200, "Welcome")
	v.wants(v.ask("GET", "/me", ""), 401, `"http_no_credential"`)
	v.wants(v.ask("GET", "/me", "", "Authorization", "Bearer forged"), 401, `"invalid_token"`)
	v.wants(v.ask("GET", "/admin", ""), 401, `"http_no_credential"`)
	v.wants(v.ask("GET", "/api/auth/nothing", ""), 404, `"http_no_route"`)
	v.wants(v.ask("GET", "/api/auth/sign-in", ""), 405, `"http_method"`)
}

// bearer signs a program up and out.
func (v visitor) bearer() {
	v.t.Helper()
	up := v.ask("POST", "/api/auth/sign-up", `{"email":"ada@mail.example","password":"Violet-Harbor-31"}`)
	v.wants(up, 201, `"email":"ada@mail.example"`)
	var session struct{ Token string }
	if err := json.Unmarshal(up.Body.Bytes(), &session); err != nil {
		v.t.Fatal(err)
	}
	token := "Bearer " + session.Token
	v.wants(v.ask("GET", "/me", "", "Authorization", token), 200, "Hello, ada@mail.example")
	v.wants(v.ask("GET", "/admin", "", "Authorization", token), 403, `"forbidden"`)
	v.wants(v.ask("POST", "/api/auth/sign-out", "", "Authorization", token), 204, "")
	v.wants(v.ask("GET", "/me", "", "Authorization", token), 401, `"invalid_token"`)
}

// cookie signs a page of the service in and out.
func (v visitor) cookie() {
	v.t.Helper()
	in := v.ask("POST", "/api/auth/sign-in", `{"email":"ada@mail.example","password":"Violet-Harbor-31"}`, "Sec-Fetch-Site", "same-origin")
	v.wants(in, 200, `"email":"ada@mail.example"`)
	cookie := ""
	for _, set := range in.Result().Cookies() {
		cookie = set.Name + "=" + set.Value
	}
	if !strings.HasPrefix(cookie, httpadapter.CookieName+"=") {
		v.t.Fatalf("the page got the cookie %q", cookie)
	}
	v.wants(v.ask("GET", "/me", "", "Cookie", cookie), 200, "Hello, ada@mail.example")
	v.wants(v.ask("POST", "/notes", "", "Cookie", cookie, "Sec-Fetch-Site", "same-origin"), 200, "Hello, ada@mail.example")
	v.wants(v.ask("POST", "/notes", "", "Cookie", cookie, "Sec-Fetch-Site", "cross-site"), 403, `"http_cross_origin"`)
	v.wants(v.ask("POST", "/api/auth/sign-out", "", "Cookie", cookie, "Sec-Fetch-Site", "same-origin"), 204, "")
	v.wants(v.ask("GET", "/me", "", "Cookie", cookie), 401, `"invalid_token"`)
}

func (v visitor) admins(kit *authtest.Kit) {
	v.t.Helper()
	admin := kit.FirstAdmin()
	v.wants(v.ask("GET", "/admin", "", "Authorization", "Bearer "+string(kit.SignIn(admin).Token)), 200, "Hello, "+admin.Email)
}

// ask sends a request with headers, names and values in turn.
func (v visitor) ask(method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(v.t.Context(), method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	v.service.ServeHTTP(w, r)
	return w
}

func (v visitor) wants(w *httptest.ResponseRecorder, status int, part string) {
	v.t.Helper()
	if w.Code != status || !strings.Contains(w.Body.String(), part) {
		v.t.Errorf("%d %s, want %d with %q", w.Code, w.Body, status, part)
	}
}
