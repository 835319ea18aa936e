package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"

	"github.com/tollkeeper/tollkeeper/tools/internal/workspace"
)

// listed is a package as "go list" tells of it.
type listed struct {
	ImportPath, Name string
	Export           string // the compiler's file of what it exports
	Module           *struct{ Path string }
}

// released tells whether others can import p.
func (p listed) released() bool {
	if p.Module == nil || p.Name == "main" || slices.Contains(strings.Split(p.ImportPath, "/"), "internal") {
		return false
	}
	folder, ours := workspace.Folder(p.Module.Path)
	return ours && slices.Contains(workspace.Released, folder)
}

// Tree is what the compiler knows of the packages below a root and of all that they import.
type Tree struct {
	packages []listed
	imports  types.Importer
}

// Load asks the compiler about the released modules of the workspace at root.
func Load(root string) (*Tree, error) {
	args := []string{"list", "-export", "-deps", "-json=ImportPath,Name,Export,Module"}
	for _, folder := range workspace.Released {
		args = append(args, "./"+path.Join(folder, "..."))
	}
	command := exec.Command("go", args...)
	command.Dir = root
	out, err := command.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, fmt.Errorf("go list: %w: %s", err, exit.Stderr)
	}
	if err != nil {
		return nil, err
	}
	t := &Tree{}
	export := map[string]string{}
	for stream := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := stream.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		t.packages = append(t.packages, p)
		export[p.ImportPath] = p.Export
	}
	t.imports = importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		if export[path] == "" {
			return nil, fmt.Errorf("nothing imports %s", path)
		}
		return os.Open(export[path])
	})
	return t, nil
}

// API returns the record of each released package as it is now.
func (t *Tree) API() (API, error) {
	a := API{}
	for _, p := range t.packages {
		if !p.released() {
			continue
		}
		loaded, err := t.imports.Import(p.ImportPath)
		if err != nil {
			return nil, err
		}
		a[p.ImportPath] = Text(loaded)
	}
	return a, nil
}
