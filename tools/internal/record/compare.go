package record

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/tollkeeper/tollkeeper/tools/internal/workspace"
	"golang.org/x/exp/apidiff"
)

// API is the text of each package, by its path.
type API map[string]string

// Change is one difference of a package.
type Change struct {
	Package    string // its path
	Message    string
	Compatible bool // whoever imports it still compiles
}

// String is the line that people read.
func (c Change) String() string {
	kind := "incompatible"
	if c.Compatible {
		kind = "compatible"
	}
	return kind + ": " + strings.TrimPrefix(c.Package, path.Dir(workspace.Root)+"/") + ": " + c.Message
}

// Compare returns what changed from one state of the API to another, what is incompatible first. Both may only import
// what t knows, beside packages of their own. Names of parameters are no change.
func (t *Tree) Compare(from, to API) []Change {
	older, newer := reader{t, from, map[string]*types.Package{}}, reader{t, to, map[string]*types.Package{}}
	both := maps.Clone(from)
	maps.Copy(both, to)
	var changes []Change
	for _, pkg := range slices.Sorted(maps.Keys(both)) {
		switch {
		case from[pkg] == to[pkg]:
		case from[pkg] == "":
			changes = append(changes, Change{pkg, "a new package", true})
		case to[pkg] == "":
			changes = append(changes, Change{pkg, "the package is gone", false})
		default:
			changes = append(changes, between(pkg, older, newer)...)
		}
	}
	slices.SortStableFunc(changes, func(a, b Change) int {
		switch {
		case a.Compatible == b.Compatible:
			return 0
		case b.Compatible:
			return -1
		}
		return 1
	})
	return changes
}

// between compares a package that both have. A record that cannot be read, as it names what is gone elsewhere, is an
// incompatible change.
func between(pkg string, older, newer reader) (changes []Change) {
	from, err := older.Import(pkg)
	if err != nil {
		return []Change{{pkg, err.Error(), false}}
	}
	to, err := newer.Import(pkg)
	if err != nil {
		return []Change{{pkg, err.Error(), false}}
	}
	for _, c := range apidiff.Changes(from, to).Changes {
		changes = append(changes, Change{pkg, c.Message, c.Compatible})
	}
	return changes
}

// reader makes packages of an API again. Those that it does not have are the tree's.
type reader struct {
	tree *Tree
	api  API
	read map[string]*types.Package
}

// Import implements [types.Importer].
func (r reader) Import(path string) (*types.Package, error) {
	text, ok := r.api[path]
	if !ok {
		return r.tree.imports.Import(path)
	}
	if p := r.read[path]; p != nil {
		return p, nil
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("the record: %w", err)
	}
	var first error
	config := types.Config{Importer: r, IgnoreFuncBodies: true, Error: func(err error) {
		if e, ok := err.(types.Error); first == nil && !(ok && e.Soft) { // soft: a generic function has no body
			first = fmt.Errorf("the record: %w", err)
		}
	}}
	p, _ := config.Check(path, files, []*ast.File{file}, nil) // every error was handed to Error
	if first != nil {
		return nil, first
	}
	r.read[path] = p
	return p, nil
}
