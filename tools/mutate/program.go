package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// program is all changed packages.
type program struct {
	root    string
	mutants []*mutant
	numbers int               // of mutants and entries; the first is 1
	changed map[string][]byte // files by absolute path
}

// entry is a function, which notes that it is reached.
type entry struct {
	id   int
	body *ast.BlockStmt
}

// mutateAll finds the changes of all files of the groups and compiles them in.
func mutateAll(ctx context.Context, root string, groups []group) (*program, error) {
	p := &program{root: root, changed: map[string][]byte{}}
	tests := map[string][]string{}
	var folders []string
	for _, g := range groups {
		for _, f := range g.files {
			tests[f] = g.tests
			if folder := path.Dir(f); !slices.Contains(folders, folder) {
				folders = append(folders, folder)
			}
		}
	}
	units, err := load(ctx, root, folders)
	if err != nil {
		return nil, err
	}
	for _, u := range units {
		m := &mutation{unit: u, program: p, tests: tests, sites: map[string][]*site{}, entries: map[string][]entry{}, ids: map[types.Object]int{}}
		if err := m.make(); err != nil {
			return nil, fmt.Errorf("%s: %w", u.ImportPath, err)
		}
	}
	slices.SortStableFunc(p.mutants, func(a, b *mutant) int { return cmp.Or(strings.Compare(a.file, b.file), cmp.Compare(a.line, b.line)) })
	seen := map[string]int{}
	for _, m := range p.mutants {
		seen[m.key()]++
		m.nth = seen[m.key()]
	}
	return p, nil
}

// mutation is a package being changed.
type mutation struct {
	*unit
	program *program
	tests   map[string][]string
	sites   map[string][]*site // by absolute path
	entries map[string][]entry
	ids     map[types.Object]int // of entries
}

func (m *mutation) make() error {
	sql := hasSQL(m.files)
	for _, name := range slices.Sorted(maps.Keys(m.files)) {
		m.enter(name)
		rel, err := filepath.Rel(m.program.root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if m.tests[rel] == nil {
			continue
		}
		f := finder{unit: m.unit, text: m.text[name], file: m.files[name], path: rel, sql: sql}
		f.find()
		for _, s := range f.sites {
			for _, c := range s.choices {
				m.program.numbers++
				c.m.id, c.m.tests = m.program.numbers, m.tests[rel]
			}
		}
		m.sites[name] = f.sites
	}
	m.findUsers()
	text, err := m.compile()
	if err != nil {
		return err
	}
	maps.Copy(m.program.changed, text)
	for _, name := range slices.Sorted(maps.Keys(m.sites)) {
		for _, s := range m.sites[name] {
			m.program.mutants = append(m.program.mutants, s.mutants()...)
		}
	}
	return nil
}

// enter notes the functions of a file.
func (m *mutation) enter(name string) {
	for _, d := range m.files[name].Decls {
		if d, ok := d.(*ast.FuncDecl); ok && d.Body != nil {
			m.program.numbers++
			m.ids[m.info.Defs[d.Name]] = m.program.numbers
			m.entries[name] = append(m.entries[name], entry{m.program.numbers, d.Body})
		}
	}
}

// findUsers tells what is reached while variables are made by the functions that use the variables: all others than
// those reach it without a difference. What other packages may use is left to the numbers of the changes themselves.
func (m *mutation) findUsers() {
	uses := m.uses()
	for _, name := range slices.Sorted(maps.Keys(m.files)) {
		for _, d := range m.files[name].Decls {
			for _, o := range m.declared(d) {
				users, atInit := m.usersOf(o, uses)
				for _, s := range m.sites[name] {
					if !m.declares(d, s, o) {
						continue
					}
					for _, c := range s.choices {
						c.m.users = users
						c.m.atInit = (c.m.atInit || isFunc(o)) && atInit
					}
				}
			}
		}
	}
}

func isFunc(o types.Object) bool { _, ok := o.(*types.Func); return ok }

// declared are the functions, variables and constants of a declaration.
func (m *mutation) declared(d ast.Decl) (list []types.Object) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return []types.Object{m.info.Defs[d.Name]}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			if s, ok := s.(*ast.ValueSpec); ok {
				for _, n := range s.Names {
					if o := m.info.Defs[n]; o != nil {
						list = append(list, o)
					}
				}
			}
		}
	}
	return list
}

// declares is whether the site stands in what declares the object.
func (m *mutation) declares(d ast.Decl, s *site, o types.Object) bool {
	g, ok := d.(*ast.GenDecl)
	if !ok {
		return d.Pos() <= s.node.Pos() && s.node.End() <= d.End()
	}
	for _, spec := range g.Specs {
		if v, ok := spec.(*ast.ValueSpec); ok && v.Pos() <= s.node.Pos() && s.node.End() <= v.End() {
			return slices.ContainsFunc(v.Names, func(n *ast.Ident) bool { return m.info.Defs[n] == o })
		}
	}
	return false
}

// uses maps what the package declares to what uses it.
func (m *mutation) uses() map[types.Object][]types.Object {
	uses := map[types.Object][]types.Object{}
	for _, f := range m.files {
		for _, d := range f.Decls {
			note := func(n ast.Node, by []types.Object) {
				ast.Inspect(n, func(n ast.Node) bool {
					if id, ok := n.(*ast.Ident); ok {
						if o := m.info.Uses[id]; o != nil && o.Pkg() == m.pkg {
							uses[o] = append(uses[o], by...)
						}
					}
					return true
				})
			}
			switch d := d.(type) {
			case *ast.FuncDecl:
				note(d, m.declared(d))
			case *ast.GenDecl:
				for _, s := range d.Specs {
					note(s, m.declared(&ast.GenDecl{Specs: []ast.Spec{s}}))
				}
			}
		}
	}
	return uses
}

// usersOf are the entries of functions that use the object, also by variables. atInit: the object is a variable or is
// used by one, and none of those is exported, so that these entries are all of its uses.
func (m *mutation) usersOf(o types.Object, uses map[types.Object][]types.Object) (ids []int, atInit bool) {
	variable, exported := !isFunc(o), !isFunc(o) && o.Exported()
	known := map[types.Object]bool{o: true}
	for next := []types.Object{o}; len(next) > 0; next = next[1:] {
		for _, by := range uses[next[0]] {
			if known[by] {
				continue
			}
			known[by] = true
			if isFunc(by) {
				ids = append(ids, m.ids[by])
				if !isFunc(next[0]) || next[0] != o {
					continue
				}
			} else {
				variable, exported = true, exported || by.Exported()
			}
			next = append(next, by)
		}
	}
	slices.Sort(ids)
	return ids, variable && !exported
}

// compile renders the package, dropping changes that do not compile until it does.
func (m *mutation) compile() (map[string][]byte, error) {
	for range 100 {
		text := maps.Clone(m.text)
		spans := map[string][]span{}
		chosen := m.chosen()
		for name, f := range m.files {
			file := m.positions.File(f.Pos())
			source := slices.Clone(m.text[name])
			var plain []insertion
			for _, d := range f.Decls {
				if d, ok := d.(*ast.GenDecl); ok && d.Tok == token.CONST {
					list, blanks := variables(file, d, chosen)
					plain = append(plain, list...)
					for _, b := range blanks {
						copy(source[b[0]:b[1]], "      ")
					}
				}
			}
			text[name], spans[name] = render(source, file, m.sites[name], m.entries[name], plain)
		}
		text[switchFile] = switchSource(m.Name)
		_, _, _, mistakes := m.check(text)
		if len(mistakes) == 0 {
			text[filepath.Join(m.Dir, switchFile)] = text[switchFile]
			delete(text, switchFile)
			return text, nil
		}
		if err := m.drop(spans, mistakes); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("the changes never compile")
}

// drop takes out the changes that mistakes point to.
func (m *mutation) drop(spans map[string][]span, mistakes []error) error {
	bad := map[*mutant]bool{}
	for _, err := range mistakes {
		e, ok := errors.AsType[types.Error](err)
		if !ok {
			return err
		}
		at := e.Fset.Position(e.Pos)
		for _, x := range blamed(spans[at.Filename], at.Offset) {
			bad[x] = true
		}
	}
	if len(bad) == 0 {
		return mistakes[0]
	}
	for _, list := range m.sites {
		for _, s := range list {
			s.choices = slices.DeleteFunc(s.choices, func(c choice) bool { return bad[c.m] })
		}
	}
	return nil
}

// chosen tells which constants must be variables: those that a change stands in, and those made of them.
func (m *mutation) chosen() func(*ast.ValueSpec) bool {
	specs := map[types.Object]*ast.ValueSpec{}
	changed := map[*ast.ValueSpec]bool{}
	for name, f := range m.files {
		for _, d := range f.Decls {
			d, ok := d.(*ast.GenDecl)
			if !ok || d.Tok != token.CONST {
				continue
			}
			for _, s := range d.Specs {
				s := s.(*ast.ValueSpec)
				for _, n := range s.Names {
					specs[m.info.Defs[n]] = s
				}
				changed[s] = slices.ContainsFunc(m.sites[name], func(x *site) bool {
					return len(x.choices) > 0 && s.Pos() <= x.node.Pos() && x.node.End() <= s.End()
				})
			}
		}
	}
	for again := true; again; {
		again = false
		for _, s := range specs {
			if changed[s] {
				continue
			}
			for _, v := range s.Values {
				ast.Inspect(v, func(n ast.Node) bool {
					if id, ok := n.(*ast.Ident); ok && changed[specs[m.info.Uses[id]]] && specs[m.info.Uses[id]] != nil {
						changed[s], again = true, true
					}
					return true
				})
			}
		}
	}
	return func(s *ast.ValueSpec) bool { return changed[s] }
}

// overlay writes the changed files below dir and returns the file that tells the go command of them.
func (p *program) overlay(dir string) (string, error) {
	replace := map[string]string{}
	for i, name := range slices.Sorted(maps.Keys(p.changed)) {
		copied := filepath.Join(dir, fmt.Sprintf("%d.go", i))
		if err := os.WriteFile(copied, p.changed[name], 0o600); err != nil {
			return "", err
		}
		replace[name] = copied
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "overlay.json")
	return name, os.WriteFile(name, text, 0o600)
}
