package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// running is the whole server in the test's process, but for main.
type running struct {
	url  string
	out  *screen
	stop func() int // answers the exit code
}

const password = "Plum4Kettle!Orbit"

// runServer starts it in memory, in folders of its own, and waits until it listens.
func runServer(t *testing.T, environment map[string]string, args ...string) *running {
	t.Helper()
	s, ended := launch(t, environment, args...)
	listening := regexp.MustCompile(`(?m)^listening on (\S+)$`)
	deadline := time.After(time.Minute)
	for {
		if found := listening.FindStringSubmatch(s.out.String()); found != nil {
			s.url = found[1]
			return s
		}
		select {
		case code := <-ended:
			t.Fatalf("it ends with %d: %s", code, s.out)
		case <-deadline:
			t.Fatalf("it does not serve: %s", s.out)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func launch(t *testing.T, environment map[string]string, args ...string) (*running, <-chan int) {
	t.Helper()
	getenv := func(name string) string {
		if value, set := environment[name]; set || name != "TOLLKEEPER_ADMIN_PASSWORD" {
			return value
		}
		return password
	}
	ctx, cancel := context.WithCancel(context.Background())
	args = append([]string{"-addr=127.0.0.1:0", "-store=memory:", "-secrets=" + t.TempDir() + "/secrets"}, args...)
	s, ended := &running{out: &screen{}}, make(chan int, 1)
	go func() { ended <- start(ctx, args, getenv, s.out, s.out) }()
	s.stop = sync.OnceValue(func() int {
		cancel()
		http.DefaultClient.CloseIdleConnections() // Shutdown waits for those that never had a request
		return <-ended
	})
	t.Cleanup(func() { cancel() })
	return s, ended
}

// screen is what the server has printed.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// call sends "METHOD path" with a body, and a token if there is one, and answers the response and its JSON body.
func (s *running) call(t *testing.T, request, body, token string) (*http.Response, map[string]any) {
	t.Helper()
	method, path, _ := strings.Cut(request, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer map[string]any
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatalf("%s: %d %s: %v", request, res.StatusCode, text, err)
	}
	return res, answer
}

// signUp makes a parent and answers its public key.
func (s *running) signUp(t *testing.T, email string) string {
	t.Helper()
	name, _, _ := strings.Cut(email, "@")
	res, answer := s.call(t, "POST /auth/signup", fmt.Sprintf(`{"username":%q,"email":%q,"password":%q}`, name, email, password), "")
	key := regexp.MustCompile(`APK_[A-Z2-7]+`).FindString(fmt.Sprint(answer))
	if res.StatusCode != 200 || key == "" {
		t.Fatalf("sign-up: %d %v", res.StatusCode, answer)
	}
	return key
}

// signIn answers the response to a sign-in, and what it gives.
func (s *running) signIn(t *testing.T, email string) (*http.Response, map[string]any) {
	t.Helper()
	res, answer := s.call(t, "POST /auth/signin", fmt.Sprintf(`{"email":%q,"password":%q}`, email, password), "")
	if res.StatusCode != 200 {
		t.Fatalf("sign-in: %d %v", res.StatusCode, answer)
	}
	gives, _ := answer["data"].(map[string]any)
	return res, gives
}

// until waits for something that another goroutine does.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: did not happen", what)
		}
	}
}
