package lint_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"
)

const longestFunction = 60 // lines, from func to the closing brace; some 40 as a rule

// Tests are left out: a table of cases may be as long as it needs to be.
func TestFunctionLength(t *testing.T) {
	for _, file := range sources(t, ".go") {
		if file.isTest() || file.generated() {
			continue
		}
		positions := token.NewFileSet()
		name := filepath.Join(root, filepath.FromSlash(file.path))
		parsed, err := parser.ParseFile(positions, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range parsed.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok {
				continue
			}
			first, last := positions.Position(function.Pos()).Line, positions.Position(function.End()).Line
			if lines := last - first + 1; lines > longestFunction {
				t.Errorf("%s:%d: %s has %d lines, more than %d", file.path, first, function.Name.Name, lines, longestFunction)
			}
		}
	}
}
