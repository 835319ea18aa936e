package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/passkey"
)

func ask(t *testing.T, h http.Handler, route, body string) (int, map[string]json.RawMessage) {
	t.Helper()
	method, path, _ := strings.Cut(route, " ")
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var said map[string]json.RawMessage
	_ = json.Unmarshal(w.Body.Bytes(), &said)
	return w.Code, said
}

// TestSignIn is what the page does, with the verifier of the service.
func TestSignIn(t *testing.T) {
	kit := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Passkeys.Verifier = passkey.New() }))
	h, err := routes(kit.Auth)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/passkeys.js"} {
		if status, _ := ask(t, h, "GET "+path, ""); status != 200 {
			t.Errorf("%s: %d", path, status)
		}
	}
	phone := kit.Passkey()
	kit.AddPasskey(kit.User(), phone)
	_, asked := ask(t, h, "POST /api/auth/passkeys/sign-in/begin", "")
	body := `{"ticket":` + string(asked["ticket"]) + `,"response":` + string(phone.Respond(asked["options"])) + `}`
	if status, said := ask(t, h, "POST /api/auth/passkeys/sign-in", body); status != 200 || said["token"] == nil {
		t.Errorf("signed in: %d %s", status, said)
	}
	if status, _ := ask(t, h, "POST /api/auth/passkeys/sign-in", body); status != 401 {
		t.Errorf("once more: %d", status)
	}
}
