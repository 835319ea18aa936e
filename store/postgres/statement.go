package postgres

import (
	"maps"
	"sync"

	"github.com/tollkeeper/tollkeeper/internal/named"
)

// Statements with many parameters, and those that share pieces with them, name what they take from an A.
type (
	statement[A any] = named.Statement[A]
	values[A any]    = named.Values[A]
)

func prepare[A any](sql string, groups ...values[A]) statement[A] {
	return named.Prepare(named.Dollar, sql, groups...)
}

// field is a parameter: a field of one, or a [column] of many.
func field[A, T any](of func(*A) T) named.Value[A] {
	if many := columnOf[A](of); many != nil {
		return named.Column(of, many)
	}
	return named.Field(of)
}

// parts are what a call needs of a statement besides what every call of it needs.
type parts uint16

const (
	paying    parts = 1 << iota // a charge
	logging                     // one event
	listing                     // any number of events
	mailing                     // mail
	telling                     // of what a payment crosses
	reporting                   // of a month that was closed
	using                       // a factor
	spending                    // what serves once
	linked                      // an identity
	enrolling                   // credentials of a new account
	claiming                    // clients of a new organization
	forgiving                   // attempts
	showing                     // credentials
)

// has reports whether p has all of q.
func (p parts) has(q parts) bool { return p&q == q }

// when returns q if it is needed.
func (q parts) when(needed bool) parts {
	if needed {
		return q
	}
	return 0
}

// assembly is a statement of parts. What a call does not need costs it nothing. Each combination is prepared when it is
// first needed.
type assembly[A any] struct {
	possible parts
	text     func(parts) (sql string, groups []values[A])
	cached   sync.Map
}

func assemble[A any](possible parts, text func(parts) (string, []values[A])) *assembly[A] {
	return &assembly[A]{possible: possible, text: text}
}

// of returns the statement with these parts.
func (a *assembly[A]) of(p parts) statement[A] {
	if s, ok := a.cached.Load(p); ok {
		return s.(statement[A])
	}
	sql, groups := a.text(p)
	s := prepare(sql, groups...)
	a.cached.Store(p, s)
	return s
}

// texts returns every statement that it can be.
func (a *assembly[A]) texts() (list []string) {
	for p := range a.possible + 1 {
		if a.possible.has(p) {
			list = append(list, a.of(p).Text)
		}
	}
	return list
}

// writer gathers the text of a statement and the values of its parameters.
type writer[A any] struct {
	text   string
	groups []values[A]
}

// add goes on with a text and the values that come with it.
func (w *writer[A]) add(sql string, groups ...values[A]) {
	w.text += sql
	w.groups = append(w.groups, groups...)
}

func (w *writer[A]) done() (string, []values[A]) { return w.text, w.groups }

// merged returns one group of several.
func merged[A any](groups ...values[A]) values[A] {
	all := values[A]{}
	for _, g := range groups {
		maps.Copy(all, g)
	}
	return all
}
