package lint_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// fence opens a block that quotes a file, named behind the language, or those of its declarations that are named behind it.
var fence = regexp.MustCompile("^```go (\\S+\\.go)((?: \\S+)*)$")

// A page that walks through code shows it as it is.
func TestQuotedCodeIsTheCode(t *testing.T) {
	code := map[string]source{}
	for _, s := range sources(t, ".go") {
		code[s.path] = s
	}
	quotes := 0
	for _, page := range sources(t, ".md") {
		for n, line := range page.lines {
			m := fence.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			quotes++
			written, err := quotation(code[m[1]], strings.Fields(m[2]))
			if err != nil {
				t.Errorf("%s:%d: %v", page.path, n+1, err)
			}
			shown := page.lines[n+1:]
			shown = shown[:max(0, slices.Index(shown, "```"))]
			if err == nil && !slices.Equal(shown, written) {
				t.Errorf("%s:%d does not quote%s of %s as it is:\n%s", page.path, n+1, m[2], m[1], strings.Join(written, "\n"))
			}
		}
	}
	if quotes == 0 {
		t.Error("no page quotes any code")
	}
}

// scriptFence opens a block that quotes a part of a script.
var scriptFence = regexp.MustCompile("^```js (\\S+\\.js)$")

func TestQuotedScriptsAreTheScripts(t *testing.T) {
	scripts := map[string]string{}
	for _, s := range sources(t, ".js") {
		scripts[s.path] = strings.Join(s.lines, "\n") + "\n"
	}
	quotes := 0
	for _, page := range sources(t, ".md") {
		for n, line := range page.lines {
			m := scriptFence.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			quotes++
			shown := page.lines[n+1:]
			shown = shown[:max(0, slices.Index(shown, "```"))]
			if !strings.Contains(scripts[m[1]], strings.Join(shown, "\n")+"\n") {
				t.Errorf("%s:%d does not quote %s as it is", page.path, n+1, m[1])
			}
		}
	}
	if quotes == 0 {
		t.Error("no page quotes any script")
	}
}

// kitTest is the name of a test of the kit in backquotes. What has a "<" in it is a key of a store.
var kitTest = regexp.MustCompile("`((?:accounts|sessions|secrets|attempts|credits|outbox|sweep|everywhere)/[^`<]+)`")

func TestNamedTestsOfTheKitExist(t *testing.T) {
	var kit strings.Builder
	for _, s := range sources(t, ".go") {
		if path.Dir(s.path) == "store/storetest" && !s.isTest() {
			kit.WriteString(strings.Join(s.lines, "\n"))
		}
	}
	page := document(t, "docs/STORE.md")
	named := 0
	for n, line := range page.lines {
		for _, m := range kitTest.FindAllStringSubmatch(line, -1) {
			named++
			for part := range strings.SplitSeq(m[1], "/") {
				if !strings.Contains(kit.String(), strconv.Quote(part)) {
					t.Errorf("%s:%d names %s, and the kit has no %q", page.path, n+1, m[1], part)
				}
			}
		}
	}
	if named == 0 {
		t.Error("the page names no test of the kit")
	}
}

// quotation returns the lines of the file, or of the declarations with their comments, an empty one between them.
func quotation(s source, names []string) ([]string, error) {
	if len(names) == 0 {
		return s.lines, nil
	}
	positions := token.NewFileSet()
	parsed, err := parser.ParseFile(positions, s.path, strings.Join(s.lines, "\n"), parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var lines []string
	for i, name := range names {
		at := slices.IndexFunc(parsed.Decls, func(d ast.Decl) bool { return declares(d, name) })
		if at < 0 {
			return nil, fmt.Errorf("%s has no %s", s.path, name)
		}
		if i > 0 {
			lines = append(lines, "")
		}
		d := parsed.Decls[at]
		first := positions.Position(d.Pos()).Line
		if text := commentOf(d); text != nil {
			first = positions.Position(text.Pos()).Line
		}
		lines = append(lines, s.lines[first-1:positions.Position(d.End()).Line]...)
	}
	return lines, nil
}

// declares tells whether the declaration is that of a function, a method such as Store.Take, a type, or a variable.
func declares(d ast.Decl, name string) bool {
	if f, ok := d.(*ast.FuncDecl); ok {
		return strings.TrimPrefix(receiver(f)+"."+f.Name.Name, ".") == name
	}
	general, ok := d.(*ast.GenDecl)
	return ok && slices.ContainsFunc(general.Specs, func(spec ast.Spec) bool {
		if v, ok := spec.(*ast.ValueSpec); ok {
			return v.Names[0].Name == name
		}
		t, ok := spec.(*ast.TypeSpec)
		return ok && t.Name.Name == name
	})
}

// receiver returns the name of the method's type, or "".
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	of := f.Recv.List[0].Type
	if pointer, ok := of.(*ast.StarExpr); ok {
		of = pointer.X
	}
	if name, ok := of.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

func commentOf(d ast.Decl) *ast.CommentGroup {
	if f, ok := d.(*ast.FuncDecl); ok {
		return f.Doc
	}
	return d.(*ast.GenDecl).Doc
}

func TestQuotations(t *testing.T) {
	file := source{"page.go", strings.Split("package p\n\n// T is one.\ntype T struct{}\n\nfunc f() {}\n\n// f is\n// another.\nfunc (t *T) f() {\n}\n\nvar v = 1", "\n")}
	for names, want := range map[string]string{
		"T":     "// T is one.\ntype T struct{}",
		"f":     "func f() {}",
		"v":     "var v = 1",
		"T.f f": "// f is\n// another.\nfunc (t *T) f() {\n}\n\nfunc f() {}",
		"":      strings.Join(file.lines, "\n"),
	} {
		if got, err := quotation(file, strings.Fields(names)); err != nil || strings.Join(got, "\n") != want {
			t.Errorf("%q quotes %q, %v", names, strings.Join(got, "\n"), err)
		}
	}
	if got, err := quotation(file, []string{"g"}); err == nil {
		t.Errorf("a function that is not there quotes %q", got)
	}
}
