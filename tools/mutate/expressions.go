package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
)

// expression notes the changes of an expression.
func (f *finder) expression(n ast.Expr) {
	tv := f.info.Types[n]
	if tv.IsType() || tv.IsBuiltin() {
		return
	}
	if f.decides(n) {
		f.condition(n)
	}
	if tv.Value != nil {
		f.fixed(n, tv)
		return
	}
	switch n := n.(type) {
	case *ast.BinaryExpr:
		f.binary(n)
	case *ast.UnaryExpr:
		if n.Op == token.NOT && !f.decides(n) && !f.joined() {
			f.add(n, f.info.TypeOf(n), f.source(n), f.source(n.X), f.source(n.X))
		}
	case *ast.CallExpr:
		f.call(n)
	}
}

// decides is whether the expression is the whole condition of a branch or a loop.
func (f *finder) decides(n ast.Expr) bool {
	switch p := f.parent().(type) {
	case *ast.IfStmt:
		return p.Cond == n
	case *ast.ForStmt:
		return p.Cond == n
	case *ast.CaseClause:
		sw, ok := f.stack[len(f.stack)-3].(*ast.SwitchStmt)
		return ok && sw.Tag == nil && slices.Contains(p.List, n)
	}
	return false
}

// condition makes a branch always and never taken, as far as no change of its parts does so.
func (f *finder) condition(n ast.Expr) {
	always, never := true, true
	if b, ok := ast.Unparen(n).(*ast.BinaryExpr); ok {
		always, never = b.Op != token.LAND, b.Op != token.LOR
	}
	if _, ok := f.parent().(*ast.ForStmt); ok {
		always = false
	}
	text := f.source(n)
	if text == "err != nil" {
		always = false // whatever calls the function tells that
	}
	if always {
		f.add(n, types.Typ[types.Bool], text, "true", "true")
	}
	if never {
		f.add(n, types.Typ[types.Bool], text, "false", "false")
	}
}

// binary changes an operator, or drops one side.
func (f *finder) binary(n *ast.BinaryExpr) {
	x, y, text, t := f.source(n.X), f.source(n.Y), f.source(n), f.info.TypeOf(n)
	if f.joined() && (n.Op == token.EQL || n.Op == token.NEQ) {
		return // a test that notices the term to be left out notices its opposite, too
	}
	with := func(op token.Token) { f.add(n, t, text, x+" "+op.String()+" "+y, "("+x+") "+op.String()+" ("+y+")") }
	switch n.Op {
	case token.LAND, token.LOR:
		f.add(n, t, text, x, x)
		if !f.decides(n) && !f.joined() {
			never := map[token.Token]string{token.LAND: "false", token.LOR: "true"}[n.Op]
			f.add(n, t, text, never, never)
		}
		if left, ok := n.X.(*ast.BinaryExpr); !ok || left.Op != n.Op {
			f.add(n, t, text, y, y)
		}
	case token.EQL, token.NEQ:
		if !f.decides(n) {
			with(map[token.Token]token.Token{token.EQL: token.NEQ, token.NEQ: token.EQL}[n.Op])
		}
	case token.LSS, token.LEQ, token.GTR, token.GEQ:
		with(map[token.Token]token.Token{token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR}[n.Op])
	case token.ADD, token.SUB, token.MUL, token.QUO:
		if isNumber(t) {
			with(map[token.Token]token.Token{token.ADD: token.SUB, token.SUB: token.ADD, token.MUL: token.QUO, token.QUO: token.MUL}[n.Op])
		}
	}
}

// call changes bounds that are told by functions: of moments, and the smaller or larger of two.
func (f *finder) call(n *ast.CallExpr) {
	text, t := f.source(n), f.info.TypeOf(n)
	switch {
	case f.isBuiltin(n, "min"), f.isBuiltin(n, "max"):
		now := map[string]string{"min": "max", "max": "min"}[f.source(n.Fun)] + text[3:]
		f.add(n, t, text, now, now)
	case f.isTime(n, "Before", "After"):
		sel := n.Fun.(*ast.SelectorExpr)
		other := map[string]string{"Before": "After", "After": "Before"}[sel.Sel.Name]
		now := "!" + f.source(sel.X) + "." + other + "(" + f.source(n.Args[0]) + ")"
		f.add(n, t, text, now, now)
	case f.isTime(n, "Add"):
		sel := n.Fun.(*ast.SelectorExpr)
		now := f.source(sel.X) + ".Add(-(" + f.source(n.Args[0]) + "))"
		f.add(n, t, text, now, now)
	}
}

func (f *finder) isTime(n *ast.CallExpr, names ...string) bool {
	sel, ok := n.Fun.(*ast.SelectorExpr)
	if !ok || !slices.Contains(names, sel.Sel.Name) {
		return false
	}
	named, ok := f.info.TypeOf(sel.X).(*types.Named)
	return ok && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == "time" && named.Obj().Name() == "Time"
}

// fixed changes a constant: a span of time to its half, a whole number to the next one, SQL by its own rules. Names
// of kinds and states are not numbers, and a constant of constants is changed as a whole.
func (f *finder) fixed(n ast.Expr, tv types.TypeAndValue) {
	if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && f.sql {
		f.query(lit)
		return
	}
	if p, ok := f.parent().(ast.Expr); ok && f.info.Types[p].Value != nil || f.inConst() {
		return
	}
	text := f.source(n)
	switch name, _ := f.typeName(tv.Type); {
	case name == "time.Duration" || name == "Duration" && f.path == "time":
		if constant.Sign(tv.Value) != 0 {
			f.add(n, tv.Type, text, text+" / 2", "("+text+") / 2")
		}
	case tv.Value.Kind() == constant.Int && isNumber(tv.Type) && isBasic(tv.Type):
		lit, ok := n.(*ast.BasicLit)
		if ok && lit.Kind != token.INT || f.obvious(n, !ok) {
			return
		}
		f.add(n, tv.Type, text, text+" + 1", name+"("+text+") + 1")
	}
}

// obvious is whether another change is noticed before that of a number: a named one is left out of its struct as a
// whole, and what is equal to a number is made always and never so.
func (f *finder) obvious(n ast.Expr, named bool) bool {
	switch p := f.parent().(type) {
	case *ast.KeyValueExpr:
		return named
	case *ast.BinaryExpr:
		return p.Op == token.EQL || p.Op == token.NEQ
	}
	return false
}

// joined is whether the walk is at a term of && or ||.
func (f *finder) joined() bool {
	for _, n := range slices.Backward(f.stack) {
		switch n := n.(type) {
		case *ast.ParenExpr:
			continue
		case *ast.BinaryExpr:
			return n.Op == token.LAND || n.Op == token.LOR
		}
		return false
	}
	return false
}

func isBasic(t types.Type) bool {
	_, ok := types.Unalias(t).(*types.Basic)
	return ok
}

func (f *finder) inConst() bool {
	return slices.ContainsFunc(f.stack, func(n ast.Node) bool {
		d, ok := n.(*ast.GenDecl)
		return ok && d.Tok == token.CONST
	})
}
