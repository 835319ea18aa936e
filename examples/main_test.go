// Package examples_test runs the server of cmd/tollkeeper as the process that people run.
package examples_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	_ "github.com/tollkeeper/tollkeeper/breach"
	"github.com/tollkeeper/tollkeeper/examples/internal/proc"
	_ "github.com/tollkeeper/tollkeeper/httpadapter"
	_ "github.com/tollkeeper/tollkeeper/mail/smtp"
	_ "github.com/tollkeeper/tollkeeper/social"
	_ "github.com/tollkeeper/tollkeeper/store/memory"
	_ "github.com/tollkeeper/tollkeeper/store/postgres"
	_ "github.com/tollkeeper/tollkeeper/store/redis"
	_ "github.com/tollkeeper/tollkeeper/store/sqlite"
)

// server is the path of the server's binary. It is the real program but for the tag that makes hashing cheap, because
// these tests sign in thousands of times.
var server string

// TestMain lets the test binary be another process of a service: see makeUsers.
func TestMain(m *testing.M) {
	os.Exit(func() int {
		if where := os.Getenv("FIRST_USERS_AT"); where != "" {
			if err := makeUsers(where, os.Getenv("FIRST_USERS_OF")); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
			return 0
		}
		dir, err := os.MkdirTemp("", "tollkeeper-examples-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		server = filepath.Join(dir, "server")
		if err := proc.Build(server, "../cmd/tollkeeper", "-tags=unsafe_test_hash"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

const (
	anyPort  = "-addr=127.0.0.1:0"
	password = "Plum4Kettle!Orbit"
)

// in is the server in a folder of its own, with a password for the first admin.
func in(t *testing.T, dir string) proc.Program {
	t.Helper()
	readSources(t)
	return proc.Program{Path: server, Dir: dir, Env: []string{"TOLLKEEPER_ADMIN_PASSWORD=" + password}}
}

// readSources lets the go command see what the binary depends on, by a link in testdata as for README.md and with the
// blank imports above: without, it would answer results of an older server from its cache.
var readSources = func() func(*testing.T) {
	var once sync.Once
	return func(t *testing.T) {
		once.Do(func() {
			for _, pattern := range []string{"testdata/server/*.go", "testdata/server/pages/*"} {
				names, err := filepath.Glob(pattern)
				if err != nil || len(names) == 0 {
					t.Fatal(pattern, err)
				}
				for _, name := range names {
					if _, err := os.Stat(name); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}()

// call sends "METHOD URL" with a body, and a token if there is one, and answers the status and the JSON body.
func call(t *testing.T, request, body, token string) (int, map[string]any) {
	t.Helper()
	method, url, _ := strings.Cut(request, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
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
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&answer); err != nil {
		t.Fatalf("%s: %d %s: %v", request, res.StatusCode, text, err)
	}
	return res.StatusCode, answer
}
