package main

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
)

// person has a browser without scripts, and the cookie of a session.
type person struct {
	*running
	t      *testing.T
	cookie string
}

// send sends a form, or opens a page where there is none, and returns where the browser is led, or what it shows.
func (p *person) send(path string, form url.Values) (status int, location, text string) {
	p.t.Helper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Cookie", p.cookie)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, c := range res.Cookies() {
		if c.Name == httpadapter.CookieName {
			p.cookie = c.Name + "=" + c.Value
		}
	}
	return res.StatusCode, res.Header.Get("Location"), string(body)
}

// signsIn opens a session on the page below prefix.
func signsIn(t *testing.T, s *running, prefix, email string) *person {
	t.Helper()
	p := &person{running: s, t: t}
	if status, to, said := p.send(prefix+"/sign-in", url.Values{"login": {email}, "password": {password}}); status != http.StatusSeeOther {
		t.Fatalf("%s: %d %s %s", email, status, to, said)
	}
	return p
}

// TestPagesOfTheServer: everybody reaches the pages that are for them, and no others.
func TestPagesOfTheServer(t *testing.T) {
	s := runServer(t, nil, "-admin=root@home.example", "-base-url=http://localhost:8080")
	nobody := &person{running: s, t: t}
	for path, want := range map[string]string{
		"/account": "/sign-in?next=%2Faccount", "/admin": "/sign-in?next=%2Fadmin", "/operator": "/sign-in?next=%2Foperator",
		"/tenants/admin": "/tenants/sign-in?next=%2Ftenants%2Fadmin",
	} {
		if status, to, _ := nobody.send(path, nil); status != http.StatusSeeOther || to != want {
			t.Errorf("%s leads nobody to %d %s, want %s", path, status, to, want)
		}
	}
	s.signUp(t, "acme@home.example")
	for _, email := range []string{"ann@home.example", "another@home.example"} {
		s.call(t, "POST /authentiq/v1/user/register", `{"email":"`+email+`","password":"`+password+`"}`, "")
	}
	_, in := s.call(t, "POST /authentiq/v1/user/login", `{"email":"root@home.example","password":"`+password+`"}`, "")
	token, _ := in["token"].(string)
	if res, said := s.call(t, "PUT /authentiq/v1/user/role", `{"email":"another@home.example","role":"admin"}`, token); res.StatusCode != 200 {
		t.Fatal(said)
	}
	for name, tt := range map[string]struct {
		prefix, email string
		reaches       map[string]int
	}{
		"the operator":  {"", "root@home.example", map[string]int{"/account": 200, "/admin": 200, "/operator": 303, "/operator/app/users": 200, "/operator/mail": 200}},
		"another admin": {"", "another@home.example", map[string]int{"/account": 200, "/admin": 200, "/operator": 403, "/operator/mail": 403}},
		"somebody":      {"", "ann@home.example", map[string]int{"/account": 200, "/admin": 403, "/operator": 403, "/operator/health": 403}},
		"a tenant":      {tenantsPrefix, "acme@home.example", map[string]int{"/tenants/admin": 200, "/tenants/account": 200}},
	} {
		p := signsIn(t, s, tt.prefix, tt.email)
		for path, want := range tt.reaches {
			if status, to, said := p.send(path, nil); status != want {
				t.Errorf("%s: %s is %d %s, want %d: %s", name, path, status, to, want, said)
			}
		}
	}
}

// TestMailsLeadToPages: whatever a mail leads to is a page.
func TestMailsLeadToPages(t *testing.T) {
	s := runServer(t, nil)
	m := mailed(nil)
	for scope, l := range map[string]tollkeeper.Links{"app": m.ScopeLinks[tollkeeper.Scope{}], "tenants": m.ScopeLinks[tollkeeper.Tenants], "children": m.Links} {
		for _, path := range []string{l.Verify, l.Reset, l.ChangeEmail, l.SignIn, l.SignInLink} {
			if path == "" {
				continue // a documented route, or "/"
			}
			p := &person{running: s, t: t}
			if status, _, said := p.send(path+"?token=x", nil); status == http.StatusNotFound || !strings.Contains(said, "<!doctype html>") {
				t.Errorf("%s: %s is %d %s", scope, path, status, said)
			}
		}
	}
}
