package workspace_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/tools/internal/workspace"
)

const root = "../../.."

// A new module is either released or not: nobody forgets to decide.
func TestEveryModuleIsReleasedOrPrivate(t *testing.T) {
	folders, err := workspace.Folders(root)
	if err != nil {
		t.Fatal(err)
	}
	decided := slices.Sorted(slices.Values(slices.Concat(workspace.Released, workspace.Private)))
	if !slices.Equal(folders, decided) {
		t.Errorf("go.work uses %v, decided are %v", folders, decided)
	}
}

// Dependabot looks at the modules that it is told of.
func TestEveryModuleIsKeptUpToDate(t *testing.T) {
	text, err := os.ReadFile(root + "/.github/dependabot.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range slices.Concat(workspace.Released, workspace.Private) {
		if line := "      - /" + strings.TrimPrefix(folder, ".") + "\n"; !strings.Contains(string(text), line) {
			t.Errorf("dependabot.yml does not name %s", folder)
		}
	}
}

// An importer cannot have what is not released, nor an order in which a module stands before what it requires.
func TestReleasedModulesRequireReleasedOnes(t *testing.T) {
	for i, folder := range workspace.Released {
		mod, err := workspace.Mod(root, folder)
		if err != nil {
			t.Fatal(err)
		}
		if mod.Module.Mod.Path != workspace.Path(folder) {
			t.Errorf("%s is the module %s", folder, mod.Module.Mod.Path)
		}
		for _, r := range mod.Require {
			if required, ours := workspace.Folder(r.Mod.Path); ours && !slices.Contains(workspace.Released[:i], required) {
				t.Errorf("%s requires %s, which is not released before it", folder, required)
			}
		}
	}
}

func TestTag(t *testing.T) {
	for folder, want := range map[string]string{".": "v0.1.0", "store/sqlite": "store/sqlite/v0.1.0"} {
		if got := workspace.Tag(folder, "v0.1.0"); got != want {
			t.Errorf("the tag of %s is %s, want %s", folder, got, want)
		}
	}
}

func TestFolder(t *testing.T) {
	for module, want := range map[string]string{
		workspace.Root: ".", workspace.Root + "/store/sqlite": "store/sqlite",
		workspace.Root + "er": "", "golang.org/x/mod": "",
	} {
		if got, ours := workspace.Folder(module); ours != (want != "") || ours && got != want {
			t.Errorf("the folder of %s is %q, %v", module, got, ours)
		}
	}
}

// The server requires versions that may not be published: alone, it builds on the folders beside it.
func TestAloneBuildsOnTheFolders(t *testing.T) {
	modfile, err := workspace.Alone(root, "cmd/tollkeeper", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	list := exec.CommandContext(t.Context(), "go", "list", "-C", root+"/cmd/tollkeeper", "-modfile", modfile,
		"-f", "{{.Replace.Dir}}", "-m", workspace.Path("store/sqlite"))
	list.Env = append(list.Environ(), "GOWORK=off")
	out, err := list.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if want, _ := exec.CommandContext(t.Context(), "realpath", root+"/store/sqlite").Output(); string(out) != string(want) {
		t.Errorf("it builds on %s, want %s", out, want)
	}
}
