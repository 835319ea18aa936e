package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tollkeeper/tollkeeper/tools/internal/workspace"
)

// module is one that "go list" tells of.
type module struct {
	Path, Version string
	Dir           string // empty: not in the module cache
	Sum           string // of go.sum
	Main          bool
	Replace       *module
}

// pkg is a package that is built.
type pkg struct {
	ImportPath string
	Imports    []string
	Module     *module // nil: the standard library
}

// mains returns the modules of go.work, the root first.
func mains() ([]module, error) {
	found, err := list[module]("", "list", "-m", "-json")
	slices.SortFunc(found, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	return found, err
}

// built returns the packages of m and all that they import, without the workspace, as importers see it.
func built(m module, root string) ([]pkg, error) {
	folder, err := filepath.Rel(root, m.Dir)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "sbom-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	modfile, err := workspace.Alone(root, folder, dir)
	if err != nil {
		return nil, err
	}
	return list[pkg](m.Dir, "list", "-modfile", modfile, "-deps", "-json=ImportPath,Imports,Module", "./...")
}

// list runs the go command in dir and reads its stream of values. A dir is asked without the workspace.
func list[T any](dir string, args ...string) ([]T, error) {
	command := exec.Command("go", args...)
	if dir != "" {
		command.Dir = dir
		command.Env = append(os.Environ(), "GOWORK=off", "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	}
	out, err := command.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, exit.Stderr)
	}
	if err != nil {
		return nil, err
	}
	var values []T
	for stream := json.NewDecoder(strings.NewReader(string(out))); ; {
		var v T
		if err := stream.Decode(&v); err == io.EOF {
			return values, nil
		} else if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
}
