package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// site is a place of a file with all changes that can be made to it.
type site struct {
	node    ast.Node
	typ     string // of an expression; empty: it is a statement
	choices []choice
}

// choice is a change of a site: the text in its place. That of a statement may be empty.
type choice struct {
	m    *mutant
	text string
}

// finder finds the sites of a file.
type finder struct {
	*unit
	text  []byte
	file  *ast.File
	path  string // below the root
	names map[string]string
	sites []*site
	of    map[ast.Node]*site
	stack []ast.Node
	sql   bool
}

// find walks over the file.
func (f *finder) find() {
	f.names, f.of = map[string]string{}, map[ast.Node]*site{}
	for _, s := range f.file.Imports {
		path := strings.Trim(s.Path.Value, `"`)
		for _, p := range f.pkg.Imports() {
			if p.Path() == path {
				f.names[path] = p.Name()
			}
		}
		if s.Name != nil {
			f.names[path] = s.Name.Name
		}
	}
	ast.PreorderStack(f.file, nil, func(n ast.Node, stack []ast.Node) bool {
		f.stack = stack
		if f.skips(n) {
			return false
		}
		switch n := n.(type) {
		case ast.Stmt:
			f.statement(n)
		case *ast.KeyValueExpr:
			f.field(n)
		case ast.Expr:
			f.expression(n)
		}
		return true
	})
}

// skips leaves out what decides nothing: types, declarations of constants, what is only logged, and how much memory is
// asked for in advance. SQL stands in constants, too.
func (f *finder) skips(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GenDecl:
		return n.Tok == token.IMPORT || n.Tok == token.TYPE || n.Tok == token.CONST && !f.sql
	case *ast.ArrayType:
		return true
	case *ast.ExprStmt:
		call, ok := n.X.(*ast.CallExpr)
		return ok && f.logs(call)
	case *ast.DeferStmt:
		name, ok := n.Call.Fun.(*ast.Ident)
		return ok && name.Name == "cancel" // frees a timer
	case *ast.BasicLit:
		if call, ok := f.parent().(*ast.CallExpr); ok {
			return f.isBuiltin(call, "make")
		}
	case *ast.BinaryExpr:
		if call, ok := f.parent().(*ast.CallExpr); ok {
			return f.isBuiltin(call, "make")
		}
	}
	return false
}

func (f *finder) parent() ast.Node {
	if len(f.stack) == 0 {
		return nil
	}
	return f.stack[len(f.stack)-1]
}

func (f *finder) logs(call *ast.CallExpr) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	s := f.info.Selections[sel]
	return s != nil && s.Obj().Pkg() != nil && s.Obj().Pkg().Path() == "log/slog"
}

func (f *finder) isBuiltin(call *ast.CallExpr, names ...string) bool {
	name, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok {
		return false
	}
	_, ok = f.info.Uses[name].(*types.Builtin)
	return ok && slices.Contains(names, name.Name)
}

func (f *finder) source(n ast.Node) string {
	file := f.positions.File(n.Pos())
	return string(f.text[file.Offset(n.Pos()):file.Offset(n.End())])
}

// typeName is how the file may name the type; false: it cannot.
func (f *finder) typeName(t types.Type) (string, bool) {
	if t == nil {
		return "", false
	}
	ok := true
	name := types.TypeString(t, func(p *types.Package) string {
		if p == f.pkg {
			return ""
		}
		if f.names[p.Path()] == "" || f.names[p.Path()] == "_" {
			ok = false
		}
		return f.names[p.Path()]
	})
	return name, ok && !strings.Contains(name, "untyped")
}

// add notes a change of an expression of type t.
func (f *finder) add(n ast.Expr, t types.Type, was, now, text string) {
	if name, ok := f.typeName(t); ok {
		f.note(n, name, was, now, text)
	}
}

func (f *finder) note(n ast.Node, typ, was, now, text string) {
	s := f.of[n]
	if s == nil {
		s = &site{node: n, typ: typ}
		f.of[n], f.sites = s, append(f.sites, s)
	}
	m := &mutant{file: f.path, fn: f.within(), line: f.positions.Position(n.Pos()).Line, was: short(was), now: short(now), atInit: f.atInit()}
	s.choices = append(s.choices, choice{m, text})
}

// within names the declaration that the walk is in.
func (f *finder) within() string {
	for _, n := range f.stack {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv == nil {
				return n.Name.Name
			}
			recv := n.Recv.List[0].Type
			if star, ok := recv.(*ast.StarExpr); ok {
				recv = star.X
			}
			if index, ok := recv.(*ast.IndexExpr); ok {
				recv = index.X
			}
			return fmt.Sprint(recv) + "." + n.Name.Name
		case *ast.ValueSpec:
			return n.Names[0].Name
		}
	}
	return "?"
}

// atInit is whether the walk is in what is evaluated while variables are made.
func (f *finder) atInit() bool {
	for _, n := range f.stack {
		switch n.(type) {
		case *ast.FuncDecl, *ast.FuncLit:
			return false
		}
	}
	return true
}

func (f *finder) statement(n ast.Stmt) {
	switch p := f.parent().(type) {
	case *ast.BlockStmt, *ast.CaseClause:
	case *ast.CommClause:
		if p.Comm == n {
			return // a case without it is none
		}
	default:
		return
	}
	text := f.source(n)
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok == token.DEFINE || !slices.ContainsFunc(n.Lhs, func(x ast.Expr) bool { return fmt.Sprint(x) != "_" }) {
			return
		}
		f.note(n, "", text, "nothing", "")
		if other, ok := map[token.Token]string{token.ADD_ASSIGN: "-=", token.SUB_ASSIGN: "+="}[n.Tok]; ok {
			left, right := f.source(n.Lhs[0]), f.source(n.Rhs[0])
			f.note(n, "", text, left+" "+other+" "+right, left+" "+other+" "+right)
		}
	case *ast.IncDecStmt, *ast.ExprStmt, *ast.SendStmt, *ast.GoStmt, *ast.DeferStmt, *ast.BranchStmt:
		f.note(n, "", text, "nothing", "")
	case *ast.ReturnStmt:
		f.returns(n, text)
	}
}

// returns changes what a function returns: an error to none, a truth to its opposite.
func (f *finder) returns(n *ast.ReturnStmt, text string) {
	if len(n.Results) == 0 {
		f.note(n, "", text, "nothing", "")
		return
	}
	last := n.Results[len(n.Results)-1]
	for _, x := range n.Results {
		if t := f.info.TypeOf(x); t != nil && isBool(t) && (!isError(f.result()) || f.source(last) == "nil") {
			f.truth(x) // beside an error it tells nothing
		}
	}
	if isError(f.result()) && f.source(last) != "nil" && len(n.Results) == f.results() && !f.passesOn() {
		var list []string
		for _, x := range n.Results[:len(n.Results)-1] {
			list = append(list, f.source(x))
		}
		now := "return " + strings.Join(append(list, "nil"), ", ")
		f.note(n, "", text, now, now)
	}
}

// passesOn is whether the walk is in what is done only when an error came: that it is seen at all is a change already.
func (f *finder) passesOn() bool {
	branch, ok := f.stack[len(f.stack)-2].(*ast.IfStmt)
	return ok && f.source(branch.Cond) == "err != nil"
}

// truth negates what no other change of an expression does.
func (f *finder) truth(x ast.Expr) {
	switch b := ast.Unparen(x).(type) {
	case *ast.BinaryExpr:
		return
	case *ast.UnaryExpr:
		return
	case *ast.CallExpr:
		if f.isTime(b, "Before", "After") {
			return
		}
	}
	text := f.source(x)
	switch text {
	case "true":
		f.add(x, types.Typ[types.Bool], text, "false", "false")
	case "false":
		f.add(x, types.Typ[types.Bool], text, "true", "true")
	default:
		f.add(x, f.info.TypeOf(x), text, "!("+text+")", "!("+text+")")
	}
}

// signature is that of the function around.
func (f *finder) signature() *types.Signature {
	for _, n := range slices.Backward(f.stack) {
		switch n := n.(type) {
		case *ast.FuncLit:
			s, _ := f.info.TypeOf(n).(*types.Signature)
			return s
		case *ast.FuncDecl:
			s, _ := f.info.Defs[n.Name].Type().(*types.Signature)
			return s
		}
	}
	return nil
}

func (f *finder) results() int {
	if s := f.signature(); s != nil {
		return s.Results().Len()
	}
	return 0
}

// result is the type of the last one.
func (f *finder) result() types.Type {
	if n := f.results(); n > 0 {
		return f.signature().Results().At(n - 1).Type()
	}
	return nil
}

func isError(t types.Type) bool {
	return t != nil && types.Identical(t, types.Universe.Lookup("error").Type())
}

func isBool(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsBoolean != 0
}

func isNumber(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsNumeric != 0
}

// field leaves a field out of a struct.
func (f *finder) field(n *ast.KeyValueExpr) {
	lit, ok := f.parent().(*ast.CompositeLit)
	if !ok {
		return
	}
	key, ok := n.Key.(*ast.Ident)
	if !ok {
		return
	}
	v, ok := f.info.Uses[key].(*types.Var)
	if !ok || !v.IsField() {
		return
	}
	if _, ok := f.info.TypeOf(lit).Underlying().(*types.Struct); !ok || isZero(f.source(n.Value)) {
		return
	}
	if name, ok := f.typeName(v.Type()); ok {
		f.note(n.Value, name, f.source(n), "no "+key.Name, "*new("+name+")")
	}
}

func isZero(text string) bool {
	return slices.Contains([]string{"0", `""`, "nil", "false", "``"}, text)
}
