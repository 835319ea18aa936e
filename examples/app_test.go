package examples_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/examples/internal/proc"
	_ "github.com/tollkeeper/tollkeeper/mail"
	_ "github.com/tollkeeper/tollkeeper/ui"
)

// app builds the first program of README.md as printed, but for its port and the edits, and starts it.
func app(t *testing.T, edits ...string) (s *proc.Server, at string) {
	t.Helper()
	printed, _ := snippets(t, "go")
	file, err := filepath.Abs(filepath.Join("app", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if printed[0].text != string(text) {
		t.Error("the first program of README.md is not examples/app/main.go")
	}
	if n := strings.Count(string(text), "\n"); n > 45 {
		t.Errorf("the first program of README.md has %d lines, more than 45", n)
	}
	free, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(free.Addr().String())
	free.Close()
	at = "localhost:" + port

	dir := t.TempDir()
	copied, overlay := filepath.Join(dir, "main.go"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{file: copied}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{copied: strings.NewReplacer(append(edits, "localhost:8080", at)...).Replace(string(text)), overlay: string(replace)} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	program := proc.Program{Path: filepath.Join(dir, "app"), Dir: t.TempDir()}
	if err := proc.Build(program.Path, "./app", "-overlay="+overlay); err != nil {
		t.Fatal(err)
	}
	s = program.Start(t)
	if s.URL != "http://"+at {
		t.Fatalf("it says that it listens on %s", s.URL)
	}
	return s, at
}

// TestApp: the first program of README.md does what stands there, twice, and in a browser what its pages say.
func TestApp(t *testing.T) {
	needs(t, "curl")
	s, at := app(t)
	session, _ := snippets(t, "console")
	if len(session) != 1 {
		t.Fatalf("README.md has %d sessions at a terminal", len(session))
	}
	text := strings.ReplaceAll(session[0].text, "localhost:8080", at)
	script, want := commands(text)
	if got := shell(t, script); got != want {
		t.Errorf("it prints\n%s\nwant\n%s", got, want)
	}
	if got := shell(t, script); got != strings.Replace(want, "201\n", "409\n", 1) {
		t.Errorf("pasted again, it prints\n%s", got)
	}
	inABrowser(t, s)
}

// TestUsersToManage: what README.md has a host do with its users goes into the program and does it, start after start.
func TestUsersToManage(t *testing.T) {
	needs(t, "curl")
	printed, _ := snippets(t, "go")
	if printed[1].heading != "Users to manage" {
		t.Fatalf("the second snippet of README.md is below %q", printed[1].heading)
	}
	const mux = "\tmux := http.NewServeMux()\n"
	s, at := app(t, mux, printed[1].text+mux, `"context"`+"\n", `"context"`+"\n\t\"encoding/json\"\n")
	if out := s.Output(); !strings.HasPrefix(out, "admin: admin@shop.example\n[]\n") {
		t.Errorf("it prints %s", out)
	}
	all, _ := snippets(t, "sh")
	for _, x := range all {
		if x.heading != "Users to manage" {
			continue
		}
		got := shell(t, strings.ReplaceAll(x.text, "localhost:8080", at))
		if !strings.Contains(got, `"email":"admin@shop.example"`) || !strings.Contains(got, `"role":"admin"`) {
			t.Errorf("the admin is shown %s", got)
		}
		return
	}
	t.Error("README.md does not say how an admin lists the users")
}

// commands takes a session at a terminal apart: what was typed behind "$ ", and what was printed.
func commands(session string) (script, printed string) {
	typed := false
	for line := range strings.Lines(session) {
		command, begins := strings.CutPrefix(line, "$ ")
		if typed = begins || typed; typed {
			script += command
			typed = strings.HasSuffix(line, "\\\n")
		} else {
			printed += line
		}
	}
	return script, printed
}

// inABrowser does what README.md says of one, as one without scripts would.
func inABrowser(t *testing.T, s *proc.Server) {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	cookies := map[string]string{}
	visit := func(method, path string, form url.Values, wantStatus int) (to, page string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", "text/html")
		if method == http.MethodPost {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Origin", s.URL)
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}
		for name, value := range cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != wantStatus {
			t.Fatalf("%s %s: %d, want %d: %s", method, path, answer.StatusCode, wantStatus, text)
		}
		for _, c := range answer.Cookies() {
			if cookies[c.Name] = c.Value; c.MaxAge < 0 {
				delete(cookies, c.Name)
			}
		}
		return answer.Header.Get("Location"), string(text)
	}
	if _, page := visit("GET", "/", nil, 200); !strings.Contains(page, `href="/reports"`) {
		t.Errorf("the page for everybody is %s", page)
	}
	to, _ := visit("GET", "/reports", nil, 303)
	_, page := visit("GET", to, nil, 200)
	up := regexp.MustCompile(`href="(/sign-up[^"]*)">Create an account`).FindStringSubmatch(page)
	if up == nil {
		t.Fatalf("%s leads to no sign-up: %s", to, page)
	}
	_, form := visit("GET", up[1], nil, 200)
	action := regexp.MustCompile(`action="(/sign-up[^"]*)"`).FindStringSubmatch(form)
	if action == nil {
		t.Fatalf("no form in %s", form)
	}
	to, _ = visit("POST", action[1], url.Values{"email": {"bob@home.example"}, "password": {"Silver-Lantern-64"}}, 303)
	if to != "/reports" {
		t.Errorf("a sign-up leads to %s", to)
	}
	if _, page := visit("GET", "/reports", nil, 200); page != "Reports of bob@home.example\n" {
		t.Errorf("signed in, it shows %s", page)
	}
	visit("POST", "/sign-out", nil, 303)
	visit("GET", "/reports", nil, 303)
	visit("POST", "/forgot", url.Values{"email": {"bob@home.example"}}, 303)
	for end := time.Now().Add(30 * time.Second); !strings.Contains(s.Output(), "--- mail to bob@home.example"); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no mail was printed: %s", s.Output())
		}
	}
}
