package lint_test

import (
	"go/parser"
	"go/token"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const modulePath = "github.com/tollkeeper/tollkeeper"

// A layer is a folder and what the packages in it may import of this
// repository, beside themselves. "." is the root package; "store/..." is every
// package below store and store itself, "store" the contract alone.
type layer struct {
	folder  string
	imports []string
	tests   []string // for test files, beside imports
}

// layers lists the folders from the outside in; the first that holds a package
// counts. Imports point inwards only: a layer names none above it, save for
// tests, which may bring a whole authenticator.
var layers = []layer{
	{folder: "examples/toystore", imports: []string{"store", "store/rules"}, tests: []string{"store/storetest"}}, // as somebody else's store
	{folder: "cmd", imports: []string{".", "argon2", "internal/...", "ui/...", "httpadapter/...", "authtest", "store/...", "mail/...", "social", "passkey", "verify", "breach", "captcha"}},
	{folder: "examples", imports: []string{".", "argon2", "internal/...", "ui/...", "client", "httpadapter/...", "authtest", "store/...", "mail/...", "social", "passkey", "verify", "breach", "captcha"}},
	{folder: "bench", imports: []string{".", "argon2", "internal/...", "ui", "httpadapter/...", "authtest", "store/...", "mail/...", "social", "passkey", "verify", "breach", "captcha"}},
	{folder: "browser", imports: []string{".", "httpadapter/...", "ui/...", "passkey", "authtest"}, tests: []string{"store", "store/memory"}},
	{folder: "tools"},
	{folder: "argon2"},
	{folder: "ui", imports: []string{".", "internal/...", "httpadapter/..."}, tests: []string{"authtest", "store", "store/memory"}},
	{folder: "authtest", imports: []string{".", "internal/...", "store", "store/memory", "store/rules"}, tests: []string{"httpadapter"}},
	{folder: "httpadapter", imports: []string{".", "internal/..."}, tests: []string{"authtest", "store", "store/memory", "social", "verify"}},
	{folder: "social", imports: []string{".", "internal/..."}, tests: []string{"authtest", "httpadapter", "store", "store/memory"}},
	{folder: "passkey", imports: []string{"."}, tests: []string{"authtest", "store/memory"}},
	{folder: "clients", tests: []string{".", "authtest", "httpadapter/..."}},
	{folder: "client", tests: []string{".", "authtest", "httpadapter/...", "store"}},
	{folder: "verify", imports: []string{"internal/..."}, tests: []string{".", "authtest", "httpadapter", "store/memory"}},
	{folder: "breach", imports: []string{"internal/..."}, tests: []string{".", "authtest"}},
	{folder: "captcha", imports: []string{"."}, tests: []string{"store/memory"}},
	{folder: "mail", imports: []string{".", "internal/..."}, tests: []string{"authtest", "store/memory"}},
	{folder: "store/rules", imports: []string{"store"}},
	{folder: "store/storetest", imports: []string{"store", "store/rules", "store/memory", "internal/..."}},
	{folder: "store/memory", imports: []string{"store", "store/rules", "internal/..."}, tests: []string{".", "store/storetest", "authtest"}},
	{folder: "store/sqlite", imports: []string{"store", "store/rules", "internal/..."}, tests: []string{".", "store/storetest", "store/memory", "authtest"}},
	{folder: "store/postgres", imports: []string{"store", "store/rules", "internal/..."}, tests: []string{".", "store/storetest", "store/memory", "authtest"}},
	{folder: "store/redis", imports: []string{"store", "store/rules", "internal/..."}, tests: []string{".", "store/storetest", "store/memory", "authtest"}},
	{folder: "store"},
	{folder: "internal/timing", imports: []string{".", "internal/...", "authtest", "store"}},
	{folder: "internal/model", imports: []string{".", "store", "internal/..."}, tests: []string{"store/memory"}}, // for tests of the root and of stores
	{folder: "internal", imports: []string{"internal/..."}},
	{folder: ".", imports: []string{"store", "internal/..."}, tests: []string{"authtest", "store/memory", "store/rules", "store/storetest"}},
}

// within tells whether the package in folder pkg lies in folder.
func within(pkg, folder string) bool {
	return pkg == folder || folder != "." && strings.HasPrefix(pkg, folder+"/")
}

// own is the folder whose packages may import each other freely: the top one,
// but each store is on its own.
func own(pkg string) string {
	parts := strings.SplitN(pkg, "/", 3)
	if len(parts) > 1 && (parts[0] == "store" || parts[1] == "toystore") {
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}

// allowed tells whether a file of package importer may import package imported,
// both as folders.
func allowed(importer, imported string, test bool) bool {
	if imported == importer || importer != "store" && within(imported, own(importer)) {
		return true
	}
	for _, l := range layers {
		if !within(importer, l.folder) {
			continue
		}
		may := l.imports
		if test {
			may = slices.Concat(l.imports, l.tests)
		}
		return slices.ContainsFunc(may, func(entry string) bool {
			folder, tree := strings.CutSuffix(entry, "/...")
			return imported == folder || tree && within(imported, folder)
		})
	}
	return false
}

// The imports are read from the files and not from "go list", so that files
// behind build constraints count too.
func TestImportDirection(t *testing.T) {
	for _, file := range sources(t, ".go") {
		for _, imported := range importsOf(t, file) {
			folder, ours := strings.CutPrefix(imported+"/", modulePath+"/")
			if folder = strings.TrimSuffix(folder, "/"); folder == "" {
				folder = "."
			}
			if ours && !allowed(path.Dir(file.path), folder, file.isTest()) {
				t.Errorf("%s must not import %s", file.path, imported)
			}
		}
	}
}

func importsOf(t *testing.T, file source) []string {
	t.Helper()
	name := filepath.Join(root, filepath.FromSlash(file.path))
	parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var imports []string
	for _, spec := range parsed.Imports {
		unquoted, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		imports = append(imports, unquoted)
	}
	return imports
}

func TestAllowedImports(t *testing.T) {
	tests := []struct {
		importer, imported string
		code, test         bool
	}{
		{".", "internal/passhash", true, true},
		{".", "store/memory", false, true},
		{".", "httpadapter", false, false},
		{"internal/passhash", ".", false, false},
		{"internal/passhash", "internal/random", true, true},
		{"internal/passhash", "store", false, false},
		{"verify", ".", false, true},
		{"client", "httpadapter/family", false, true},
		{"client", "internal/upstream", false, false},
		{"internal/passhash", "store/sqlite", false, false},
		{"store/sqlite", ".", false, true},
		{"store/sqlite", "store", true, true},
		{"store/sqlite", "store/rules", true, true},
		{"store/rules", "store", true, true},
		{"store/rules", ".", false, false},
		{"store", ".", false, false},
		{"store", "store/rules", false, false},
		{"store", "internal/canon", false, false},
		{".", "store", true, true},
		{".", "store/rules", false, true},
		{"store/sqlite", "store/storetest", false, true},
		{"store/sqlite", "store/postgres", false, false},
		{"store/sqlite", "store/sqlite/internal/page", true, true},
		{"store/sqlite/internal/page", "store/sqlite/internal/row", true, true},
		{"store/sqlite", "httpadapter", false, false},
		{"store/storetest", "store/memory", true, true},
		{"store/storetest", ".", false, false},
		{"httpadapter", "store/memory", false, true},
		{"httpadapter", "store/sqlite", false, false},
		{"httpadapter", "ui", false, false},
		{"ui", "httpadapter/family", true, true},
		{"ui", "store/memory", false, true},
		{"ui", "store", false, true},
		{".", "ui", false, false},
		{"httpadapter/contract", "httpadapter/family", true, true},
		{"httpadapter/contract", "authtest", false, true},
		{"httpadapter/contract", "store/sqlite", false, false},
		{"authtest", "store/memory", true, true},
		{"authtest", "store/sqlite", false, false},
		{"cmd/tollkeeper", "store/postgres", true, true},
		{"cmd/tollkeeper", "examples/quickstart", false, false},
		{"cmd/tollkeeper", "bench", false, false},
		{"examples/toystore", "store/rules", true, true},
		{"examples/toystore", "examples/toystore/kv", true, true},
		{"examples/toystore", "store/storetest", false, true},
		{"examples/toystore", "store/memory", false, false},
		{"examples/toystore", "internal/passhash", false, false},
		{"examples/toystore", "cmd/tollkeeper", false, false},
		{"tools/testsummary", ".", false, false},
		{"elsewhere", "httpadapter", false, false},
	}
	for _, tt := range tests {
		for test, want := range map[bool]bool{false: tt.code, true: tt.test} {
			if got := allowed(tt.importer, tt.imported, test); got != want {
				t.Errorf("allowed(%q, %q, test %v) = %v, want %v", tt.importer, tt.imported, test, got, want)
			}
		}
	}
}

// math/rand is predictable: nothing here may take a secret, an id or a jitter
// that an attacker could foresee from it.
func TestNoPredictableRandomness(t *testing.T) {
	for _, file := range sources(t, ".go") {
		for _, imported := range importsOf(t, file) {
			if !file.isTest() && (imported == "math/rand" || imported == "math/rand/v2") {
				t.Errorf("%s imports %s; use crypto/rand", file.path, imported)
			}
		}
	}
}

// The client builds in a program that has nothing else of this repository.
func TestClientNeedsTheStandardLibraryAlone(t *testing.T) {
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./client")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, errorOutput(err))
	}
	if got := strings.TrimSpace(string(out)); got != modulePath+"/client" {
		t.Errorf("the client builds %s", got)
	}
}

// Whoever imports the root package builds these modules and no others.
func TestRootModuleClosure(t *testing.T) {
	may := append(slices.Clone(rootRequires), modulePath,
		"github.com/boombuler/barcode", // of pquerna/otp
		"golang.org/x/sys",             // of x/crypto
		"golang.org/x/text")            // of x/crypto
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "./...")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, errorOutput(err))
	}
	modules := strings.Fields(string(out))
	slices.Sort(modules)
	for _, module := range slices.Compact(modules) {
		if !slices.Contains(may, module) {
			t.Errorf("the root module builds %s", module)
		}
	}
}

// A host that speaks no HTTP, a gRPC server or a worker, links none for the core, whatever its store: neither these
// packages nor what they import imports net/http.
func TestTheCoreLinksNoHTTP(t *testing.T) {
	core := []string{".", "./store", "./store/rules", "./store/memory", "./store/storetest", "./authtest", "./mail"}
	for module, packages := range map[string][]string{
		".": core, "store/sqlite": {"."}, "store/postgres": {"."}, "store/redis": {"."}, "argon2": {"."},
	} {
		list := exec.CommandContext(t.Context(), "go", append([]string{"list", "-deps", "-f", "{{.ImportPath}}: {{join .Imports \" \"}}"}, packages...)...)
		list.Dir = filepath.Join(root, module)
		out, err := list.Output()
		if err != nil {
			t.Fatalf("%s: go list: %v\n%s", module, err, errorOutput(err))
		}
		seen := 0
		for line := range strings.Lines(string(out)) {
			importer, imports, _ := strings.Cut(strings.TrimSpace(line), ": ")
			seen++
			if slices.Contains(strings.Fields(imports), "net/http") {
				t.Errorf("%s: %s imports net/http", module, importer)
			}
		}
		if seen < 50 {
			t.Errorf("%s: only %d packages were looked at", module, seen)
		}
	}
}
