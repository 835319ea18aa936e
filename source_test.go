package tollkeeper_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"iter"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// What the files of a package declare, for tests that must not miss what is added to it.

// specs are the declarations of that kind on the top level of a package.
func specs(t *testing.T, folder string, kind token.Token) iter.Seq[ast.Spec] {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(folder, err)
	}
	return func(yield func(ast.Spec) bool) {
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				group, ok := d.(*ast.GenDecl)
				if !ok || group.Tok != kind {
					continue
				}
				for _, spec := range group.Specs {
					if !yield(spec) {
						return
					}
				}
			}
		}
	}
}

// declaredTypes lists the exported types, without aliases and interfaces.
func declaredTypes(t *testing.T, folder string) (names []string) {
	t.Helper()
	for s := range specs(t, folder, token.TYPE) {
		spec := s.(*ast.TypeSpec)
		if _, role := spec.Type.(*ast.InterfaceType); spec.Name.IsExported() && !spec.Assign.IsValid() && !role {
			names = append(names, spec.Name.Name)
		}
	}
	return names
}

// declaredErrors lists the exported variables that are errors by their name, each with what it is made of.
func declaredErrors(t *testing.T, folder string) map[string]ast.Expr {
	t.Helper()
	found := map[string]ast.Expr{}
	for s := range specs(t, folder, token.VAR) {
		for i, name := range s.(*ast.ValueSpec).Names {
			if strings.HasPrefix(name.Name, "Err") {
				found[name.Name] = s.(*ast.ValueSpec).Values[i]
			}
		}
	}
	return found
}

// constants lists the values of the constants of a type of texts, in the order of the files.
func constants[T ~string](t *testing.T, folder, typ string) (values []T) {
	t.Helper()
	for s := range specs(t, folder, token.CONST) {
		spec := s.(*ast.ValueSpec)
		if name, ok := spec.Type.(*ast.Ident); !ok || name.Name != typ {
			continue
		}
		for _, v := range spec.Values {
			text, err := strconv.Unquote(v.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, T(text))
		}
	}
	if len(values) == 0 {
		t.Fatalf("%s declares no constant of type %s", folder, typ)
	}
	return values
}

// codeIn returns the code of an error that is made by a literal.
func codeIn(t *testing.T, made ast.Expr) (code string) {
	t.Helper()
	ast.Inspect(made, func(n ast.Node) bool {
		if pair, ok := n.(*ast.KeyValueExpr); ok && pair.Key.(*ast.Ident).Name == "Code" {
			code, _ = strconv.Unquote(pair.Value.(*ast.BasicLit).Value)
		}
		return true
	})
	return code
}
