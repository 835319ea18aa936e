package record

import "go/types"

// show remembers the unexported types of the package that t names, wherever in it.
func (w *writer) show(t types.Type, seen map[types.Type]bool) {
	if t == nil || seen[t] {
		return
	}
	seen[t] = true
	for _, part := range w.parts(t) {
		w.show(part, seen)
	}
}

// parts returns the types that t is written with. A named type is written by its name, and with its arguments.
func (w *writer) parts(t types.Type) (parts []types.Type) {
	switch t := t.(type) {
	case *types.Named:
		w.name(t.Obj())
		return arguments(t.TypeArgs())
	case *types.Alias:
		w.name(t.Obj())
		return arguments(t.TypeArgs())
	case *types.Map:
		return []types.Type{t.Key(), t.Elem()}
	case interface{ Elem() types.Type }: // pointers, slices, arrays, channels
		return []types.Type{t.Elem()}
	case *types.Tuple:
		for v := range t.Variables() {
			parts = append(parts, v.Type())
		}
	case *types.Signature:
		parts = []types.Type{t.Params(), t.Results()}
		for p := range t.TypeParams().TypeParams() {
			parts = append(parts, p.Constraint())
		}
	case *types.Struct:
		for f := range t.Fields() {
			parts = append(parts, f.Type())
		}
	case *types.Interface:
		for e := range t.EmbeddedTypes() {
			parts = append(parts, e)
		}
		for m := range t.ExplicitMethods() {
			parts = append(parts, m.Type())
		}
	case *types.Union:
		for term := range t.Terms() {
			parts = append(parts, term.Type())
		}
	}
	return parts
}

func (w *writer) name(o *types.TypeName) {
	if o.Pkg() == w.of && !o.Exported() {
		w.shown[o.Name()] = o
	}
}

func arguments(list *types.TypeList) (all []types.Type) {
	for t := range list.Types() {
		all = append(all, t)
	}
	return all
}
