package sqlite

import (
	"database/sql/driver"

	"github.com/tollkeeper/tollkeeper/internal/named"
)

// Statements with many parameters name what they take from an A.
type (
	statement[A any] = named.Statement[A]
	values[A any]    = named.Values[A]
)

func prepare[A any](sql string, groups ...values[A]) statement[A] {
	return named.Prepare(named.Question, sql, groups...)
}

func field[A, T any](of func(*A) T) named.Value[A] { return named.Field(of) }

// execNamed runs a statement that returns no rows and tells how many it changed.
func execNamed[A any](c *conn, s statement[A], a *A) (int64, error) {
	c.args = c.args[:0]
	for i, v := range s.Args(a) {
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return c.run(s.Text, c.args)
}
