package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// send returns what a service answers to a program, or to a page of origin.
func send(h http.Handler, method, path, body, token, origin string) *httptest.ResponseRecorder {
	w, r := httptest.NewRecorder(), httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	h.ServeHTTP(w, r)
	return w
}

// A team signs up, signs in, and pins a note.
func Example() {
	service, err := serve()
	if err != nil {
		panic(err)
	}
	token := ""
	do := func(method, path, body string) {
		w := send(service, method, path, body, token, "")
		var answer struct{ Result ticket }
		if json.Unmarshal(w.Body.Bytes(), &answer) == nil && answer.Result.Token != "" {
			token = answer.Result.Token
		}
		line := strings.TrimSpace(fmt.Sprintln(method, path, w.Code, w.Body))
		fmt.Println(strings.ReplaceAll(line, cmp.Or(token, "none"), "…"))
	}
	do("POST", "/team/people", `{"email":"ada@team.example"}`)
	do("POST", "/team/people", `{"email":"ada@team.example","password":"Vexing.Quartz9"}`)
	do("POST", "/team/session", `{"email":"ada@team.example","password":"wrong"}`)
	do("POST", "/team/session", `{"email":" ada@team.example ","password":"Vexing.Quartz9"}`)
	do("POST", "/team/notes", `{"text":"Ship it"}`)
	do("GET", "/team/notes?by=ada@team.example", "")
	do("GET", "/team/nothing", "")
	do("DELETE", "/team/session", "")
	do("GET", "/team/notes", "")

	var document struct {
		Info  struct{ Title string }
		Paths map[string]map[string]struct{ Summary string }
	}
	if err := json.Unmarshal(send(service, "GET", "/team/openapi.json", "", "", "").Body.Bytes(), &document); err != nil {
		panic(err)
	}
	fmt.Println(document.Info.Title, "-", document.Paths["/team/notes"]["post"].Summary)
	// Output:
	// POST /team/people 400 {"ok":false,"error":"missing","text":"A password, please"}
	// POST /team/people 201 {"ok":true,"result":{"token":"…"}}
	// POST /team/session 401 {"ok":false,"error":"invalid_credentials","text":"Who are you?"}
	// POST /team/session 200 {"ok":true,"result":{"token":"…"}}
	// POST /team/notes 201 {"ok":true,"result":{"by":"ada@team.example","text":"Ship it"}}
	// GET /team/notes?by=ada@team.example 200 {"ok":true,"result":[{"by":"ada@team.example","text":"Ship it"}]}
	// GET /team/nothing 404 {"ok":false,"error":"http_no_route","text":"Not found"}
	// DELETE /team/session 204
	// GET /team/notes 401 {"ok":false,"error":"invalid_token","text":"Invalid or expired token"}
	// Team API - Pins a note
}

// TestTeam is who may pin a note.
func TestTeam(t *testing.T) {
	kit := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Accounts.RequireVerified = true }))
	mux := http.NewServeMux()
	if err := mount(mux, kit.Auth); err != nil {
		t.Fatal(err)
	}
	team := func(r *tollkeeper.SignInRequest) { r.Audience = "team" }
	v1 := func(r *tollkeeper.SignInRequest) { r.Audience = tollkeeper.AudienceV1 }
	user := kit.User()
	good := string(kit.SignIn(user, team).Token)
	waiting := send(mux, "POST", "/team/people", `{"email":"new@team.example","password":"Vexing.Quartz9"}`, "", "")
	limited := strings.Split(waiting.Body.String(), `"`)[7]
	const note = `{"text":"x"}`
	for _, c := range []struct {
		name, token, origin, body string
		status                    int
		code                      string
	}{
		{"a teammate", good, "", note, 201, ""},
		{"a teammate's page", good, "https://app.example", note, 201, ""},
		{"another page", good, "https://evil.example", note, 403, "http_cross_origin"},
		{"nobody", "", "", note, 401, "http_no_credential"},
		{"a session of another family", string(kit.SignIn(user, v1).Token), "", note, 401, "invalid_token"},
		{"a session of another team", string(kit.SignIn(kit.Child(kit.Parent()), team).Token), "", note, 401, "invalid_token"},
		{"one that waits for its mail", limited, "", note, 403, "limited_session"},
		{"no note", good, "", `{}`, 400, "missing"},
		{"no JSON", good, "", `text`, 400, "http_bad_body"},
	} {
		w := send(mux, "POST", "/team/notes", c.body, c.token, c.origin)
		var answer struct {
			OK    bool
			Error string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != c.status || answer.Error != c.code || answer.OK != (c.code == "") {
			t.Errorf("%s: %d %s, want %d %s", c.name, w.Code, w.Body, c.status, c.code)
		}
	}
}

func TestFullBoard(t *testing.T) {
	kit := authtest.New(t)
	h, err := family.New(kit.Auth, Team{Board: &Board{}}, family.Options{})
	if err != nil {
		t.Fatal(err)
	}
	token := string(kit.SignIn(kit.User(), func(r *tollkeeper.SignInRequest) { r.Audience = "team" }).Token)
	if w := send(h, "POST", "/team/notes", `{"text":"x"}`, token, ""); w.Code != 409 || !strings.Contains(w.Body.String(), "The board is full") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if _, err := family.New(kit.Auth, Team{}, family.Options{}); err == nil {
		t.Error("a team without a board")
	}
}
