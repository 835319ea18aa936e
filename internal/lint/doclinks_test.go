package lint_test

import (
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strings"
	"testing"
)

// documented is a package with all that its comments link to.
type documented struct {
	links   []writtenLink
	resolve *comment.Parser // as go doc and pkg.go.dev resolve links
}

// writtenLink is a text in square brackets that has the form of a doc link.
type writtenLink struct {
	position token.Position
	target   *comment.DocLink // ImportPath is what was written, perhaps the name of an import only
}

func (l writtenLink) String() string {
	parts := slices.DeleteFunc([]string{l.target.ImportPath, l.target.Recv, l.target.Name}, func(s string) bool { return s == "" })
	return "[" + strings.Join(parts, ".") + "]"
}

func TestDocLinksResolve(t *testing.T) {
	packages := documentedPackages(t)
	for _, p := range packages {
		for _, link := range p.links {
			if !p.resolves(link.target, packages) {
				t.Errorf("%s: %s leads nowhere", link.position, link)
			}
		}
	}
}

// resolves tells whether the link names what is there: in p, or in a package of this repository that p imports. Of other
// imported packages the name suffices.
func (p documented) resolves(link *comment.DocLink, packages map[string]documented) bool {
	if link.ImportPath == "" {
		return p.resolve.LookupSym(link.Recv, link.Name)
	}
	imported, ok := p.resolve.LookupPackage(link.ImportPath)
	switch {
	case strings.Contains(link.ImportPath, "/"):
		imported = link.ImportPath
	case !ok:
		return false
	case imported == "": // p itself, by its name
		return p.resolve.LookupSym(link.Recv, link.Name)
	}
	if !within(imported, modulePath) {
		return true
	}
	target, ok := packages[imported]
	return ok && target.resolve.LookupSym(link.Recv, link.Name)
}

// documentedPackages reads the packages of all modules, by import path. Test files document nothing.
func documentedPackages(t *testing.T) map[string]documented {
	t.Helper()
	positions := token.NewFileSet()
	files := map[string][]*ast.File{}
	for _, s := range sources(t, ".go") {
		if s.isTest() {
			continue
		}
		file, err := parser.ParseFile(positions, s.path, strings.Join(s.lines, "\n"), parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		importPath := path.Join(modulePath, path.Dir(s.path))
		files[importPath] = append(files[importPath], file)
	}
	packages := map[string]documented{}
	for importPath, files := range files {
		var links []writtenLink
		for _, file := range files {
			for _, group := range file.Comments {
				for _, link := range linksIn(group.Text()) {
					links = append(links, writtenLink{positions.Position(group.Pos()), link})
				}
			}
		}
		p, err := doc.NewFromFiles(positions, files, importPath)
		if err != nil {
			t.Fatal(err)
		}
		packages[importPath] = documented{links, p.Parser()}
	}
	return packages
}

// linksIn returns all that is a doc link if only what it names is there. A lower-case word alone, such as [redacted], is
// left out: it could be the name of a package, and rarely is.
func linksIn(text string) []*comment.DocLink {
	anything := &comment.Parser{
		LookupPackage: func(name string) (string, bool) { return name, true },
		LookupSym:     func(string, string) bool { return true },
	}
	links := linksOf(anything.Parse(text).Content)
	return slices.DeleteFunc(links, func(link *comment.DocLink) bool { return link.Name == "" })
}

func linksOf(blocks []comment.Block) []*comment.DocLink {
	var links []*comment.DocLink
	add := func(texts []comment.Text) {
		for _, text := range texts {
			if link, ok := text.(*comment.DocLink); ok {
				links = append(links, link)
			}
		}
	}
	for _, block := range blocks {
		switch block := block.(type) {
		case *comment.Paragraph:
			add(block.Text)
		case *comment.Heading:
			add(block.Text)
		case *comment.List:
			for _, item := range block.Items {
				links = append(links, linksOf(item.Content)...)
			}
		}
	}
	return links
}

func TestLinksIn(t *testing.T) {
	tests := map[string]string{
		"SignIn returns [ErrLocked], see [Authenticator.SignIn].":         "[ErrLocked] [Authenticator.SignIn]",
		"a [*Error], a [store.Store], an [http.Client.Do]":                "[Error] [store.Store] [http.Client.Do]",
		"[redacted], []byte, [A-Z], map[string]Limit and [5]Limit":        "",
		"Text.\n\n  - a list with [Limit]\n\nAnd:\n\n\tcode with [Limit]": "[Limit]",
		"See [the page] and [RFC 6238].\n\n[the page]: https://x":         "",
	}
	for text, want := range tests {
		var got []string
		for _, link := range linksIn(text) {
			got = append(got, writtenLink{target: link}.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q links to %v, want %q", text, got, want)
		}
	}
}
