package httpadapter_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// TestDocuments: docs/openapi has the document of each family as its table makes it, and no other.
func TestDocuments(t *testing.T) {
	known := map[string]bool{}
	for _, f := range tables() {
		file := filepath.Join("..", "docs", "openapi", f.Name+".json")
		known[file] = true
		made, err := f.OpenAPI()
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(file, made, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		kept, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(kept, made) {
			t.Errorf("%s differs from the table (%v); run with -update and read the change", file, err)
		}
	}
	files, err := filepath.Glob(filepath.Join("..", "docs", "openapi", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !known[file] {
			t.Errorf("%s belongs to no family", file)
		}
	}
}

// TestDocumentsAreServed below the first prefix of each family where the option says so, and nowhere else.
func TestDocumentsAreServed(t *testing.T) {
	off := newWorld(t)
	on := newWorld(t, func(_ *tollkeeper.Config, o *options, _ *store.Store) { o.OpenAPI = true })
	for _, f := range tables() {
		path := f.Prefixes[0] + "/openapi.json"
		if a := off.do("GET "+path, ""); a.status != http.StatusNotFound {
			t.Errorf("%s without the option: %d", path, a.status)
		}
		a := on.do("GET "+path, "")
		if a.status != http.StatusOK || a.header.Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("%s: %d, %s", path, a.status, a.header.Get("Content-Type"))
		}
		kept, err := os.ReadFile(filepath.Join("..", "docs", "openapi", f.Name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(decoded(t, []byte(a.body)), decoded(t, kept)) {
			t.Errorf("%s is not what docs/openapi has", path)
		}
		if a := on.do("HEAD "+path, ""); a.status != http.StatusOK || a.body != "" {
			t.Errorf("HEAD %s: %d, %d bytes", path, a.status, len(a.body))
		}
		if a := on.do("POST "+path, "{}"); a.status != http.StatusMethodNotAllowed || a.header.Get("Allow") != "GET, HEAD" {
			t.Errorf("POST %s: %d, Allow %q", path, a.status, a.header.Get("Allow"))
		}
		for _, other := range f.Prefixes[1:] {
			if a := on.do("GET "+other+"/openapi.json", ""); a.status != http.StatusNotFound {
				t.Errorf("%s/openapi.json: %d", other, a.status)
			}
		}
	}
}

func decoded(t *testing.T, text []byte) (v map[string]any) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
