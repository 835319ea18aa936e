// Package named lets SQL name its parameters, and numbers them once, when a program starts.
//
//	var rename = named.Prepare(named.Dollar, `UPDATE people SET name = @name WHERE id = @id`, named.Values[person]{
//		"id":   named.Field(func(p *person) int64 { return p.ID }),
//		"name": named.Field(func(p *person) string { return p.Name }),
//	})
//
//	db.Exec(rename.Text, rename.Args(&person{ID: 7, Name: "Ada"})...)
package named

import (
	"fmt"
	"regexp"
	"strings"
)

// Statement is SQL that is run with the values of an A. Its parameters have names in the source and numbers in
// [Statement.Text]. Running it parses nothing and looks no name up.
type Statement[A any] struct {
	Text   string
	values []Value[A] // of the parameters 1, 2, …
}

// Values are what parameters stand for, by their names.
type Values[A any] map[string]Value[A]

// Value is what a parameter stands for: a field of one A, or an array with that field of many.
type Value[A any] struct {
	one  func(*A) any
	many func([]A) any
}

// Field makes a Value of what of returns.
func Field[A, T any](of func(*A) T) Value[A] {
	return Value[A]{
		one: func(a *A) any { return of(a) },
		many: func(list []A) any {
			column := make([]T, len(list))
			for i := range list {
				column[i] = of(&list[i])
			}
			return column
		},
	}
}

// Column is [Field] where many makes the array of its own way.
func Column[A, T any](of func(*A) T, many func(list []A) any) Value[A] {
	return Value[A]{one: func(a *A) any { return of(a) }, many: many}
}

// Mark is what a database writes before the number of a parameter.
type Mark string

// The marks of PostgreSQL and of SQLite.
const (
	Dollar   Mark = "$"
	Question Mark = "?"
)

// Prepare makes a Statement of SQL that names its parameters (@account). Values come in groups, because statements
// share them. It panics when a name has no value, or two, and when a value has no name: as a variable of a package, a
// wrong statement lets no program start, and no test pass.
func Prepare[A any](mark Mark, sql string, groups ...Values[A]) Statement[A] {
	s, err := Bind(mark, sql, groups...)
	if err != nil {
		panic("named: " + err.Error() + " in\n" + sql)
	}
	return s
}

// Bind is [Prepare] with an error.
func Bind[A any](mark Mark, sql string, groups ...Values[A]) (s Statement[A], err error) {
	unused := Values[A]{}
	for _, group := range groups {
		for name, v := range group {
			if _, twice := unused[name]; twice {
				return s, fmt.Errorf("two values for @%s", name)
			}
			unused[name] = v
		}
	}
	text, names, err := number(mark, sql)
	if err != nil {
		return s, err
	}
	for _, name := range names {
		v, ok := unused[name]
		if !ok {
			return s, fmt.Errorf("no value for @%s", name)
		}
		s.values = append(s.values, v)
		delete(unused, name)
	}
	for name := range unused {
		return s, fmt.Errorf("no place for the value of @%s", name)
	}
	s.Text = text
	return s, nil
}

// Args returns the parameters of the statement about a.
func (s Statement[A]) Args(a *A) []any {
	args := make([]any, len(s.values))
	for i, v := range s.values {
		args[i] = v.one(a)
	}
	return args
}

// Arrays returns the parameters of the statement about all of list: an array each.
func (s Statement[A]) Arrays(list []A) []any {
	args := make([]any, len(s.values))
	for i, v := range s.values {
		args[i] = v.many(list)
	}
	return args
}

// token finds names, and before them what may hold an @ that begins no name: texts, quoted identifiers and comments.
var token = regexp.MustCompile(`'[^']*'|"[^"]*"|--[^\n]*|@[\p{L}_][\p{L}\p{N}_]*`)

// number returns the SQL with numbers in the place of names, and the names in that order. A name that comes again has
// the number that it had. What number does not understand is an error: numbers among the names, dollar quotes, escapes,
// and comments in /* */, which nest.
func number(mark Mark, sql string) (text string, names []string, err error) {
	for _, foreign := range []string{"$", "?", `\`, "/*"} {
		if strings.Contains(sql, foreign) {
			return "", nil, fmt.Errorf("a statement with names may not hold %s", foreign)
		}
	}
	numbers := map[string]string{}
	text = token.ReplaceAllStringFunc(sql, func(t string) string {
		if t[0] != '@' {
			return t
		}
		name := t[1:]
		if numbers[name] == "" {
			names = append(names, name)
			numbers[name] = fmt.Sprint(mark, len(names))
		}
		return numbers[name]
	})
	return text, names, nil
}
