package typescript_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
)

// exampleWorks has a browser visit the page of examples/typescript with its script as it was built.
func exampleWorks(t *testing.T, w workshop) {
	program := os.Getenv("TOLLKEEPER_TEST_CHROMIUM")
	if program == "" {
		missing(t, errors.New("not set"), "TOLLKEEPER_TEST_CHROMIUM names no Chromium; scripts/chromium prints one")
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "examples", "typescript", "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	page = bytes.Replace(page, []byte("</body>"), []byte(`<script type="module" src="visit.js"></script></body>`), 1)
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	home := strings.Replace(server.URL, "127.0.0.1", "localhost", 1) // for which a browser keeps a Secure cookie
	kit := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.BaseURL = home }))
	if err := httpadapter.Mount(mux, kit.Auth, httpadapter.Options{}); err != nil {
		t.Fatal(err)
	}
	visited := make(chan string, 1)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { w.Write(page) })
	mux.HandleFunc("GET /main.js", func(rw http.ResponseWriter, r *http.Request) {
		http.ServeFile(rw, r, filepath.Join(w.folder, "..", "..", "examples", "typescript", "dist", "main.js"))
	})
	mux.HandleFunc("GET /visit.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join("testdata", "visit.js"))
	})
	mux.HandleFunc("POST /test/visited", func(w http.ResponseWriter, r *http.Request) {
		var said bytes.Buffer
		if _, err := said.ReadFrom(r.Body); err != nil {
			said.WriteString(err.Error())
		}
		visited <- said.String()
	})
	browse(t, program, home)
	select {
	case said := <-visited:
		if said != "well" {
			t.Error(said)
		}
	case <-time.After(time.Minute):
		t.Error("the page's visitor did not come back")
	}
}

// browse opens the page in a browser with a profile of its own, until the test ends.
func browse(t *testing.T, program, page string) {
	t.Helper()
	profile := t.TempDir()
	command := exec.Command(program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--disable-extensions", "--no-proxy-server",
		"--remote-debugging-port=0", "--user-data-dir="+profile, page)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		for range 50 { // its helpers leave the profile a moment later
			if os.RemoveAll(profile) == nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
}
