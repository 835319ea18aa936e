package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// listed is what "go list -json" tells of a package.
type listed struct {
	Dir, ImportPath, Name, Export string
	GoFiles                       []string
}

// unit is a package with its files, checked.
type unit struct {
	listed
	positions *token.FileSet
	text      map[string][]byte // by absolute path
	files     map[string]*ast.File
	pkg       *types.Package
	info      *types.Info
	imports   types.Importer
}

// load checks the packages in these folders below root.
func load(ctx context.Context, root string, folders []string) ([]*unit, error) {
	var units []*unit
	for _, folder := range folders {
		u, err := loadOne(ctx, filepath.Join(root, filepath.FromSlash(folder)))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", folder, err)
		}
		units = append(units, u)
	}
	return units, nil
}

func loadOne(ctx context.Context, dir string) (*unit, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-export", "-deps", "-json=Dir,ImportPath,Name,Export,GoFiles", ".", "os", "strconv", "sync") // what the switch imports
	cmd.Dir = dir
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, &errs)
	}
	exports := map[string]string{}
	u := &unit{positions: token.NewFileSet(), text: map[string][]byte{}}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		if err := d.Decode(&l); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		exports[l.ImportPath] = l.Export
		if l.Dir == dir {
			u.listed = l
		}
	}
	u.imports = importer.ForCompiler(u.positions, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	for _, name := range u.GoFiles {
		path := filepath.Join(u.Dir, name)
		if u.text[path], err = os.ReadFile(path); err != nil {
			return nil, err
		}
	}
	files, pkg, info, mistakes := u.check(u.text)
	if len(mistakes) > 0 {
		return nil, mistakes[0]
	}
	u.files, u.pkg, u.info = files, pkg, info
	return u, nil
}

// check parses and checks a version of the package.
func (u *unit) check(text map[string][]byte) (map[string]*ast.File, *types.Package, *types.Info, []error) {
	files := map[string]*ast.File{}
	var list []*ast.File
	for _, name := range u.GoFiles {
		path := filepath.Join(u.Dir, name)
		f, err := parser.ParseFile(u.positions, path, text[path], parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, nil, nil, []error{err}
		}
		files[path], list = f, append(list, f)
	}
	if extra, ok := text[switchFile]; ok {
		f, err := parser.ParseFile(u.positions, switchFile, extra, parser.SkipObjectResolution)
		if err != nil {
			return nil, nil, nil, []error{err}
		}
		list = append(list, f)
	}
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
	}
	var mistakes []error
	config := types.Config{Importer: u.imports, Error: func(err error) { mistakes = append(mistakes, err) }}
	pkg, _ := config.Check(u.ImportPath, u.positions, list, info) // its error is the first of mistakes
	return files, pkg, info, mistakes
}
