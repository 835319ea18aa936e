package record_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tollkeeper/tollkeeper/tools/internal/record"
	"github.com/tollkeeper/tollkeeper/tools/internal/workspace"
)

// loaded is the tree of this repository and its API, once for all tests.
var loaded = sync.OnceValues(func() (*record.Tree, error) { return record.Load("../../..") })

func load(t *testing.T) (*record.Tree, record.API) {
	t.Helper()
	tree, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	api, err := tree.API()
	if err != nil {
		t.Fatal(err)
	}
	return tree, api
}

// What can be imported is recorded, and nothing else.
func TestAPIHasWhatIsReleased(t *testing.T) {
	_, api := load(t)
	for _, folder := range []string{".", "store", "store/storetest", "store/sqlite", "mail/smtp", "httpadapter/family", "authtest"} {
		if api[workspace.Path(folder)] == "" {
			t.Errorf("nothing is recorded of %s", folder)
		}
	}
	for pkg := range api {
		for _, private := range []string{"/internal", "/cmd/", "/examples", "/tools", "/contract", "/interop"} {
			if strings.Contains(pkg, private) {
				t.Errorf("%s is recorded", pkg)
			}
		}
	}
}

// Each record can be read back, and what it says is what was written.
func TestRecordsAreReadBack(t *testing.T) {
	tree, api := load(t)
	commented := record.API{}
	for pkg, text := range api {
		commented[pkg] = text + "// the same\n"
	}
	for _, c := range tree.Compare(api, commented) {
		t.Error(c)
	}
}

func TestCompare(t *testing.T) {
	tree, api := load(t)
	pkg := func(folder string) string { return workspace.Path(folder) }
	tests := map[string]struct {
		pkg, old, new string
		want          string
	}{
		"a function goes":     {"verify", "func New(", "func Renewed(", "incompatible: tollkeeper/verify: New: removed"},
		"a function comes":    {"breach", "\nfunc Open(", "\nfunc Extra()\n\nfunc Open(", "compatible: tollkeeper/breach: Extra: added"},
		"a constant changes":  {"breach", "Digests Lines = 1", "Digests Lines = 2", "incompatible: tollkeeper/breach: Digests: value changed from 1 to 2"},
		"a field goes":        {"breach", "\tBaseURL string\n", "", "incompatible: tollkeeper/breach: RangeConfig.BaseURL: removed"},
		"a parameter's name":  {"breach", "Open(file string)", "Open(name string)", ""},
		"a parameter's type":  {"breach", "Open(file string)", "Open(file []byte)", "incompatible: tollkeeper/breach: Open: changed from"},
		"comparability":       {"breach", "\t_ struct{} // unexported", "\t_ [0]func()", "incompatible: tollkeeper/breach: Range: old is comparable, new is not"},
		"a type goes":         {"store", "type Account struct", "type Renamed struct", "incompatible: tollkeeper/store: "},
		"an interface's verb": {".", "type Mailer interface {", "type Mailer interface {\n\tExtra()", "incompatible: tollkeeper: Mailer"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			changed := maps.Clone(api)
			changed[pkg(tt.pkg)] = strings.Replace(api[pkg(tt.pkg)], tt.old, tt.new, 1)
			if changed[pkg(tt.pkg)] == api[pkg(tt.pkg)] {
				t.Fatalf("the record has no %q", tt.old)
			}
			var lines []string
			for _, c := range tree.Compare(api, changed) {
				lines = append(lines, c.String())
			}
			if tt.want == "" && len(lines) > 0 || tt.want != "" && !strings.HasPrefix(strings.Join(lines, "\n"), tt.want) {
				t.Errorf("it tells %q, want %q", lines, tt.want)
			}
		})
	}
}

func TestPackagesComeAndGo(t *testing.T) {
	tree, api := load(t)
	less := maps.Clone(api)
	delete(less, workspace.Path("breach"))
	if got := tree.Compare(api, less); len(got) != 1 || got[0].Compatible {
		t.Errorf("a package that is gone: %v", got)
	}
	if got := tree.Compare(less, api); len(got) != 1 || !got[0].Compatible {
		t.Errorf("a new package: %v", got)
	}
}

// What shows is written, and what does not is not.
func TestText(t *testing.T) {
	source := `package p
import ("io"; sub "crypto/rand"; "math/rand")
const Third = 1.0 / 3
const Name kind = "a\nb"
type kind string
func (kind) Shown() {}
func (kind) hidden() {}
type private struct{}
type Both struct { kind; A int ` + "`json:\"a\"`" + `; b []int; *private }
type Same = Pair[int, string]
type Pair[K comparable, V any] struct { Key K; Value V }
func (Pair[K, V]) Swap() (Pair[K, V], error) { panic(0) }
type Number interface { ~int | ~float64 }
func Sum[N Number](list ...N) N { panic(0) }
type Source interface { io.Reader; Close() error; only() secret }
type secret map[string]*Both
var V, unexported = func(*rand.Rand) {}, sub.Reader
var W = sub.Prime
func init() {}
func private2() {}
`
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "p.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	config := types.Config{Importer: importer.ForCompiler(files, "source", nil), Error: func(error) {}} // what is unused is an error
	p, err := config.Check(workspace.Path("p"), files, []*ast.File{file}, nil)
	if err != nil && !strings.Contains(err.Error(), "unused") {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/p.txt")
	if err != nil {
		t.Fatal(err)
	}
	got := record.Text(p)
	if got != string(want) {
		t.Errorf("it is written as\n%s", got)
	}
	tree, _ := load(t)
	if changes := tree.Compare(record.API{p.Path(): got}, record.API{p.Path(): got + "func Extra()"}); len(changes) != 1 {
		t.Errorf("read back: %v", changes)
	}
}

func TestFiles(t *testing.T) {
	want := record.API{workspace.Root: "root", workspace.Path("store"): "store", workspace.Path("store/rules"): "rules"}
	folder := t.TempDir()
	if err := (record.API{workspace.Path("older"): "older"}).Write(folder); err != nil {
		t.Fatal(err)
	}
	if err := want.Write(folder); err != nil {
		t.Fatal(err)
	}
	got, err := record.Read(os.DirFS(folder))
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("it has %v, %v", slices.Collect(maps.Keys(got)), err)
	}
}
