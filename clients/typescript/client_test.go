package typescript_test

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
)

var update = flag.Bool("update", false, "write src/schema.ts anew")

// workshop is a copy of what the npm package is built of, so that nothing is installed or built in the tree.
type workshop struct{ npm, path, folder string }

// newWorkshop installs what package-lock.json pins. Install scripts do not run.
func newWorkshop(t *testing.T) workshop {
	t.Helper()
	node, err := exec.LookPath(cmp.Or(os.Getenv("TOLLKEEPER_TEST_NODE"), "node"))
	missing(t, err, "Node was not found; install it, or set TOLLKEEPER_TEST_NODE to its program")
	npm, err := exec.LookPath("npm")
	missing(t, err, "npm was not found beside Node (TOLLKEEPER_TEST_NODE)")
	top := t.TempDir()
	w := workshop{npm, filepath.Dir(node) + string(os.PathListSeparator) + os.Getenv("PATH"), filepath.Join(top, "clients", "typescript")}
	for _, name := range []string{
		"docs/openapi/app.json", "examples/typescript/main.ts", "examples/typescript/tsconfig.json",
		"clients/typescript/package.json", "clients/typescript/package-lock.json", "clients/typescript/tsconfig.json",
		"clients/typescript/src/index.ts", "clients/typescript/src/schema.ts", "clients/typescript/test/client.test.mjs",
	} {
		text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(top, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, err = w.run(t, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--prefer-offline")
	missing(t, err, "npm could not install what the package needs")
	return w
}

// missing skips the test where a tool is not there, and fails it where all must be.
func missing(t *testing.T, err error, why string) {
	t.Helper()
	switch {
	case err == nil:
	case os.Getenv("TOLLKEEPER_TEST_STRICT") == "1":
		t.Fatalf("%s: %v", why, err)
	default:
		t.Skip(why)
	}
}

func (w workshop) run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), w.npm, args...)
	command.Dir, command.Env = w.folder, append(os.Environ(), "PATH="+w.path)
	out, err := command.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("npm %s: %w\n%s", args[0], err, out)
	}
	return string(out), err
}

func TestTypeScript(t *testing.T) {
	w := newWorkshop(t)
	t.Run("the types are those of the document", func(t *testing.T) { typesAreFresh(t, w) })
	if _, err := w.run(t, "run", "build"); err != nil {
		t.Fatal(err)
	}
	t.Run("it builds the example", func(t *testing.T) { exampleBuilds(t, w) })
	t.Run("the example works in a browser", func(t *testing.T) { exampleWorks(t, w) })
	t.Run("it speaks with a service", func(t *testing.T) {
		t.Setenv("TOLLKEEPER_URL", serve(t))
		if out, err := w.run(t, "test"); err != nil {
			t.Error(cmp.Or(err, errors.New(out)))
		}
	})
}

func typesAreFresh(t *testing.T, w workshop) {
	name := filepath.Join(w.folder, "src", "schema.ts")
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if _, err := w.run(t, "run", "generate"); err != nil {
		t.Fatal(err)
	}
	made, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join("src", "schema.ts")
	if *update {
		if err := os.WriteFile(kept, made, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(kept); err != nil || !bytes.Equal(text, made) {
		t.Errorf("%s differs from docs/openapi/app.json (%v); run with -update, and read the change", kept, err)
	}
}

func exampleBuilds(t *testing.T, w workshop) {
	if _, err := w.run(t, "run", "example"); err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile(filepath.Join(w.folder, "..", "..", "examples", "typescript", "dist", "main.js"))
	if err != nil || !bytes.Contains(script, []byte("/api/auth/sign-in")) {
		t.Errorf("%d bytes of a script, %v", len(script), err)
	}
}

// serve runs the app family with refresh tokens, and what a test needs of its clock below /test.
func serve(t *testing.T) string {
	t.Helper()
	kit := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Refresh.Idle = 14 * 24 * time.Hour }))
	auth := http.NewServeMux()
	if err := httpadapter.Mount(auth, kit.Auth, httpadapter.Options{}); err != nil {
		t.Fatal(err)
	}
	var refreshes atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("POST /test/advance", func(w http.ResponseWriter, r *http.Request) {
		minutes, err := strconv.Atoi(r.FormValue("minutes"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		kit.Advance(time.Duration(minutes) * time.Minute)
	})
	mux.HandleFunc("GET /test/refreshes", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, refreshes.Load()) })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/auth/session/refresh" {
			refreshes.Add(1)
		}
		auth.ServeHTTP(w, r)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}
