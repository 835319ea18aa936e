// Package record writes down what packages export, as text that a reviewer reads and the type checker reads back, and
// tells what a change of it breaks.
package record

import (
	"fmt"
	"go/constant"
	"go/types"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Text returns the exported API of p as declarations of Go: constants and variables with their types, functions without
// bodies, types with the exported methods. Unexported types stand there where something exported shows them, unexported
// fields as one blank field, which is comparable if they are. The same API gives the same text, whatever the order in
// the sources and the names of the unexported.
func Text(p *types.Package) string {
	w := &writer{of: p, names: map[string]string{}, shown: map[string]*types.TypeName{}}
	scope := p.Scope()
	var blocks []string
	for _, name := range scope.Names() {
		if object := scope.Lookup(name); object.Exported() {
			blocks = append(blocks, w.object(object))
		}
	}
	for done := map[string]bool{}; len(done) < len(w.shown); {
		for _, name := range slices.Sorted(maps.Keys(w.shown)) {
			if !done[name] {
				done[name] = true
				blocks = append(blocks, w.object(w.shown[name]))
			}
		}
	}
	var text strings.Builder
	fmt.Fprintf(&text, "// What %s exports; written by make api.\npackage %s\n\n", p.Path(), p.Name())
	for _, path := range slices.Sorted(maps.Keys(w.names)) {
		text.WriteString("import " + named(w.names[path], path) + "\n")
	}
	for _, block := range blocks {
		text.WriteString("\n" + block + "\n")
	}
	return text.String()
}

// named is an import, with the name where the path does not end in it.
func named(name, from string) string {
	if name == path.Base(from) {
		return strconv.Quote(from)
	}
	return name + " " + strconv.Quote(from)
}

type writer struct {
	of    *types.Package
	names map[string]string          // of imported packages, by their paths
	shown map[string]*types.TypeName // unexported types that something exported shows
}

// object is the declaration of o, with the methods if it is a type.
func (w *writer) object(o types.Object) string {
	switch o := o.(type) {
	case *types.Const:
		return w.constant(o)
	case *types.Var:
		return "var " + o.Name() + " " + w.typ(o.Type())
	case *types.Func:
		return "func " + o.Name() + w.signature(o)
	case *types.TypeName:
		return w.declaration(o)
	}
	panic(fmt.Sprintf("%s is a %T", o.Name(), o)) // nothing else has an exported name
}

func (w *writer) constant(c *types.Const) string {
	typ := ""
	if basic, ok := c.Type().(*types.Basic); !ok || basic.Info()&types.IsUntyped == 0 {
		typ = " " + w.typ(c.Type())
	}
	value := c.Val().ExactString()
	if c.Val().Kind() == constant.Float {
		value = strings.Replace(value, "/", ".0/", 1)
	}
	return "const " + c.Name() + typ + " = " + value
}

func (w *writer) declaration(o *types.TypeName) string {
	if alias, ok := o.Type().(*types.Alias); ok {
		return "type " + o.Name() + w.parameters(alias.TypeParams()) + " = " + w.typ(alias.Rhs())
	}
	named, ok := o.Type().(*types.Named)
	if !ok {
		return "type " + o.Name() + " = " + w.typ(o.Type())
	}
	block := "type " + o.Name() + w.parameters(named.TypeParams()) + " " + w.underlying(named.Underlying())
	var methods []string
	for m := range named.Methods() {
		if m.Exported() {
			receiver := w.typ(m.Signature().Recv().Type())
			methods = append(methods, "\nfunc ("+receiver+") "+m.Name()+w.signature(m))
		}
	}
	slices.Sort(methods)
	return block + strings.Join(methods, "")
}

func (w *writer) parameters(list *types.TypeParamList) string {
	var all []string
	for p := range list.TypeParams() {
		all = append(all, p.Obj().Name()+" "+w.typ(p.Constraint()))
	}
	if len(all) == 0 {
		return ""
	}
	return "[" + strings.Join(all, ", ") + "]"
}

func (w *writer) signature(f *types.Func) string {
	return strings.TrimPrefix(w.typ(f.Signature()), "func")
}

// underlying writes fields and methods of a declared type on lines of their own.
func (w *writer) underlying(t types.Type) string {
	switch t := t.(type) {
	case *types.Struct:
		return w.fields(t)
	case *types.Interface:
		return w.members(t)
	}
	return w.typ(t)
}

func (w *writer) fields(s *types.Struct) string {
	var lines []string
	hidden, comparable := false, true
	for i := range s.NumFields() {
		f := s.Field(i)
		if !f.Exported() && !f.Embedded() {
			hidden, comparable = true, comparable && types.Comparable(f.Type())
			continue
		}
		line := "\t" + f.Name() + " " + w.typ(f.Type())
		if f.Embedded() {
			line = "\t" + w.typ(f.Type())
		}
		if tag := s.Tag(i); tag != "" {
			line += " " + literal(tag)
		}
		lines = append(lines, line)
	}
	if hidden && comparable {
		lines = append(lines, "\t_ struct{} // unexported")
	} else if hidden {
		lines = append(lines, "\t_ [0]func() // unexported, not comparable")
	}
	return block("struct", lines)
}

// literal spells a text as it is where that is possible.
func literal(text string) string {
	if strconv.CanBackquote(text) {
		return "`" + text + "`"
	}
	return strconv.Quote(text)
}

func (w *writer) members(i *types.Interface) string {
	var lines []string
	for embedded := range i.EmbeddedTypes() {
		lines = append(lines, "\t"+w.typ(embedded))
	}
	for m := range i.ExplicitMethods() {
		lines = append(lines, "\t"+m.Name()+w.signature(m))
	}
	slices.Sort(lines)
	return block("interface", lines)
}

func block(kind string, lines []string) string {
	if len(lines) == 0 {
		return kind + "{}"
	}
	return kind + " {\n" + strings.Join(lines, "\n") + "\n}"
}

// typ writes t, and remembers what it names: packages to import and unexported types to declare.
func (w *writer) typ(t types.Type) string {
	w.show(t, map[types.Type]bool{})
	return types.TypeString(t, w.qualify)
}

// qualify returns the name of p in the text, which is its own unless another import has it.
func (w *writer) qualify(p *types.Package) string {
	if p == w.of {
		return ""
	}
	if name, ok := w.names[p.Path()]; ok {
		return name
	}
	name := p.Name()
	for slices.Contains(slices.Collect(maps.Values(w.names)), name) {
		name += "_"
	}
	w.names[p.Path()] = name
	return name
}
