package lint_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const goVersion = "1.26.0"

// rootRequires is all that the root module may require directly.
var rootRequires = []string{
	"github.com/golang-jwt/jwt/v5",
	"github.com/google/uuid",
	"github.com/pquerna/otp",
	"golang.org/x/crypto",
}

// installed is the module that "go install" builds by its version. The go command refuses to do that for a go.mod with
// replacements, so it has none; the workspace leads to the folders of what it requires.
const installed = "cmd/tollkeeper"

// requires is what each nested module may require directly, beside this repository and what the root requires.
var requires = map[string][]string{
	"argon2":     {"golang.org/x/sys"},
	"argon2/asm": {"github.com/mmcloughlin/avo"},
	"bench": {"github.com/aarondl/authboss/v3", "github.com/alexedwards/scs/v2", "github.com/go-chi/jwtauth/v5", "github.com/go-pkgz/auth",
		"github.com/jackc/pgx/v5", "github.com/redis/go-redis/v9", "github.com/shaj13/go-guardian/v2", "github.com/shaj13/libcache", "modernc.org/sqlite"},
	"browser":        {"github.com/chromedp/cdproto", "github.com/chromedp/chromedp"},
	"cmd/tollkeeper": {"github.com/jackc/pgx/v5", "github.com/redis/go-redis/v9"},
	"examples":       {"github.com/descope/virtualwebauthn", "github.com/jackc/pgx/v5"},
	"examples/frameworks": {"github.com/gin-gonic/gin", "github.com/go-chi/chi/v5", "github.com/labstack/echo/v4", "google.golang.org/grpc",
		"google.golang.org/protobuf"},
	"httpadapter/contract": {"github.com/getkin/kin-openapi", "github.com/go-chi/chi/v5"},
	"mail/smtp":            {"github.com/wneessen/go-mail"},
	"passkey":              {"github.com/descope/virtualwebauthn", "github.com/go-webauthn/webauthn"},
	"social":               {"golang.org/x/oauth2"},
	"store/postgres":       {"github.com/jackc/pgx/v5"},
	"store/redis":          {"github.com/redis/go-redis/v9"},
	"store/sqlite":         {"modernc.org/sqlite"},
	"tools":                {"github.com/santhosh-tekuri/jsonschema/v6", "golang.org/x/exp", "golang.org/x/mod"},
	"verify/interop":       {"github.com/lestrrat-go/jwx/v3"},
}

// goMod is what "go mod edit -json" prints, as far as it matters here.
type goMod struct {
	Module    struct{ Path string }
	Go        string
	Toolchain string
	Require   []struct {
		Path     string
		Indirect bool
	}
	Replace []struct {
		Old, New struct{ Path string }
	}
}

// moduleFolders lists the folders with a go.mod on disk, relative to the root.
func moduleFolders(t *testing.T) []string {
	t.Helper()
	var folders []string
	for _, file := range sources(t, "go.mod") {
		folders = append(folders, path.Dir(file.path))
	}
	slices.Sort(folders)
	return folders
}

// edit fills v with what the go command reads from a go.mod or go.work.
func edit(t *testing.T, v any, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", args...)
	command.Dir = root
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, errorOutput(err))
	}
	if err := json.Unmarshal(out, v); err != nil {
		t.Fatal(err)
	}
}

func errorOutput(err error) []byte {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.Stderr
	}
	return nil
}

// A module that go.work does not name is skipped by "go test work" without a word.
func TestWorkspaceNamesEveryModule(t *testing.T) {
	var work struct {
		Go  string
		Use []struct{ DiskPath string }
	}
	edit(t, &work, "work", "edit", "-json")
	if work.Go != goVersion {
		t.Errorf("go.work says go %s, want %s", work.Go, goVersion)
	}
	var used []string
	for _, use := range work.Use {
		used = append(used, path.Clean(use.DiskPath))
	}
	slices.Sort(used)
	onDisk := moduleFolders(t)
	for _, folder := range onDisk {
		if !slices.Contains(used, folder) {
			t.Errorf("go.work does not use ./%s", folder)
		}
	}
	for _, folder := range used {
		if !slices.Contains(onDisk, folder) {
			t.Errorf("go.work uses ./%s, which has no go.mod", folder)
		}
	}
}

func TestModules(t *testing.T) {
	for _, folder := range moduleFolders(t) {
		t.Run(folder, func(t *testing.T) {
			var mod goMod
			edit(t, &mod, "mod", "edit", "-json", filepath.Join(folder, "go.mod"))
			if want := path.Join(modulePath, folder); mod.Module.Path != want {
				t.Errorf("module is %s, want %s", mod.Module.Path, want)
			}
			if mod.Go != goVersion || mod.Toolchain != "" {
				t.Errorf("go %s, toolchain %q; want go %s and no toolchain", mod.Go, mod.Toolchain, goVersion)
			}
			checkReplacements(t, folder, mod)
		})
	}
}

// checkReplacements wants every module of this repository that is required to
// be replaced by its folder, so that a module also builds alone, and nothing
// else to be replaced: importers ignore replacements. The installed one wants none.
func checkReplacements(t *testing.T, folder string, mod goMod) {
	t.Helper()
	replaced := map[string]string{}
	for _, r := range mod.Replace {
		replaced[r.Old.Path] = r.New.Path
		if !within(r.Old.Path, modulePath) {
			t.Errorf("replaces %s", r.Old.Path)
		}
	}
	if folder == installed {
		if len(mod.Replace) > 0 {
			t.Error("replaces, so that go install refuses it")
		}
		return
	}
	for _, r := range mod.Require {
		if !within(r.Path, modulePath) {
			continue
		}
		target := path.Join(".", strings.TrimPrefix(r.Path, modulePath))
		if got := path.Join(folder, replaced[r.Path]); replaced[r.Path] == "" || path.Clean(got) != path.Clean("./"+target) {
			t.Errorf("requires %s but replaces it by %q", r.Path, replaced[r.Path])
		}
	}
}

// R90: a new dependency is a decision, written down here. What is required and no longer named in a go.mod goes.
func TestRequirements(t *testing.T) {
	for _, folder := range moduleFolders(t) {
		var mod goMod
		edit(t, &mod, "mod", "edit", "-json", filepath.Join(folder, "go.mod"))
		required := map[string]bool{}
		for _, r := range mod.Require {
			required[r.Path] = true
			if !r.Indirect && !within(r.Path, modulePath) && !slices.Contains(slices.Concat(rootRequires, requires[folder]), r.Path) {
				t.Errorf("%s requires %s directly", folder, r.Path)
			}
		}
		for _, name := range requires[folder] {
			if !required[name] {
				t.Errorf("%s no longer requires %s", folder, name)
			}
		}
	}
}

// Whoever runs a fleet reads which version still works on a schema, before they migrate.
func TestSchemasAreListed(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs/COMPATIBILITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range sources(t, ".sql") {
		row := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta("`"+file.path+"`") + ` \| v\d+\.\d+\.\d+ \| v\d+\.\d+\.\d+ \|$`)
		if strings.Contains(file.path, "/schema/") && !row.Match(page) {
			t.Errorf("docs/COMPATIBILITY.md does not say which version works on %s", file.path)
		}
	}
}
