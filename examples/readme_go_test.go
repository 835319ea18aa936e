package examples_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/tollkeeper/tollkeeper/authtest" // what a snippet uses decides whether this test must run again
)

// around is what stands around each Go snippet of README.md, in their order: what it takes as given, and what it leaves
// for the code behind it. Between the two the snippet stands as printed.
var around = []struct{ imports, given, left string }{
	{
		`"context"; "encoding/json"; "fmt"; "github.com/tollkeeper/tollkeeper"`,
		`auth *tollkeeper.Authenticator`,
		``,
	},
	{
		`"context"; "errors"; "log"; "github.com/tollkeeper/tollkeeper"; contract "github.com/tollkeeper/tollkeeper/store"`,
		`ctx context.Context, store contract.Store, keys []tollkeeper.MasterKey, mailer tollkeeper.Mailer, email, password string, client tollkeeper.Client`,
		`_, _ = id, token`,
	},
	{
		`"net/http"; "time"; "github.com/tollkeeper/tollkeeper"; "github.com/tollkeeper/tollkeeper/httpadapter"`,
		`auth *tollkeeper.Authenticator, reports http.Handler`,
		`_, _ = err, search`,
	},
	{
		`"net/http"; "github.com/tollkeeper/tollkeeper"; "github.com/tollkeeper/tollkeeper/httpadapter"; ` +
			`"github.com/tollkeeper/tollkeeper/httpadapter/organization"; "github.com/tollkeeper/tollkeeper/httpadapter/platform"; ` +
			`"github.com/tollkeeper/tollkeeper/httpadapter/v1"`,
		`mux *http.ServeMux, auth *tollkeeper.Authenticator`,
		`_, _ = err, users`,
	},
	{
		`"testing"; "time"; "github.com/tollkeeper/tollkeeper/authtest"`,
		`t *testing.T`,
		`_ = token`,
	},
}

// must is what the whole program has, for snippets that go into it.
const must = `import "log"

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
`

// TestReadmeGo vets the Go snippets of README.md, in a package that exists for the go command only.
func TestReadmeGo(t *testing.T) {
	found, _ := snippets(t, "go")
	found = found[1:] // the whole program is TestApp's
	if len(found) != len(around) {
		t.Fatalf("README.md has %d Go snippets, and this test knows what stands around %d", len(found), len(around))
	}
	module, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	dir, replace := t.TempDir(), map[string]string{}
	found = append(found, snippet{text: must})
	for i, s := range found {
		text := s.text
		if i < len(around) {
			a := around[i]
			text = "import (" + a.imports + ")\n\nfunc _(" + a.given + ") {\n" + s.text + a.left + "\n}\n"
		}
		text = "package readme\n\n" + text
		name := "snippet" + string(rune('a'+i)) + ".go"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(module, "testdata", name)] = filepath.Join(dir, name)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "vet", "-overlay="+file, "./testdata").CombinedOutput()
	if err != nil {
		t.Errorf("%v:\n%s", err, strings.ReplaceAll(string(out), dir, ""))
	}
}
