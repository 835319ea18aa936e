// Package workspace knows the modules of this repository: which folder has which, what is released of them, and how to
// build one alone.
package workspace

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// Root is the path of the root module. The path of a nested one continues it by its folder.
const Root = "github.com/tollkeeper/tollkeeper"

// Released are the folders of the modules that others import or install: those that a release tags, with one version.
// A module stands behind those of these that it requires.
var Released = []string{".", "argon2", "mail/smtp", "passkey", "social", "store/postgres", "store/redis", "store/sqlite", "cmd/tollkeeper"}

// Private are the folders of the modules that serve this repository alone.
var Private = []string{
	"argon2/asm", "bench", "browser", "clients/typescript", "examples", "examples/frameworks", "httpadapter/contract", "tools",
	"verify/interop",
}

// Path returns the path of the module in folder.
func Path(folder string) string { return path.Join(Root, folder) }

// Folder returns the folder of a module by its path, and whether it is one of this repository.
func Folder(module string) (string, bool) {
	if module == Root {
		return ".", true
	}
	return strings.CutPrefix(module, Root+"/")
}

// Tag returns the tag by which the go command finds a version of the module in folder.
func Tag(folder, version string) string { return strings.TrimPrefix(path.Join(folder, version), "./") }

// Mod reads the go.mod of the module in folder, below root.
func Mod(root, folder string) (*modfile.File, error) {
	name := filepath.Join(root, folder, "go.mod")
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return modfile.Parse(name, text, nil)
}

// Folders returns the folders that go.work uses, in the order of their names.
func Folders(root string) ([]string, error) {
	name := filepath.Join(root, "go.work")
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	work, err := modfile.ParseWork(name, text, nil)
	if err != nil {
		return nil, err
	}
	var folders []string
	for _, use := range work.Use {
		folders = append(folders, path.Clean(use.Path))
	}
	slices.Sort(folders)
	return folders, nil
}

// Alone writes go.mod and go.sum of the module in folder into dir, for -modfile. Each module of this repository that it
// requires is replaced by its folder, so that the go command builds it without the workspace although no version that
// it requires is published yet. It returns the name of the go.mod.
func Alone(root, folder, dir string) (string, error) {
	mod, err := Mod(root, folder)
	if err != nil {
		return "", err
	}
	absolute, err := filepath.Abs(root)
	if err != nil {
		return "", err
	}
	for _, r := range mod.Require {
		if required, ours := Folder(r.Mod.Path); ours {
			err = errors.Join(err, mod.AddReplace(r.Mod.Path, "", filepath.Join(absolute, required), ""))
		}
	}
	text, formatErr := mod.Format()
	sums, sumErr := os.ReadFile(filepath.Join(root, folder, "go.sum"))
	if errors.Is(sumErr, os.ErrNotExist) {
		sumErr = nil // it requires nothing
	}
	name := filepath.Join(dir, "go.mod")
	if err := errors.Join(err, formatErr, sumErr); err != nil {
		return "", fmt.Errorf("%s: %w", folder, err)
	}
	return name, errors.Join(os.WriteFile(name, text, 0o600), os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o600))
}
