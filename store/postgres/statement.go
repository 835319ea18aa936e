package postgres

import "github.com/tollkeeper/tollkeeper/internal/named"

// Statements with many parameters, and those that share pieces with them, name what they take from an A.
type (
	statement[A any] = named.Statement[A]
	values[A any]    = named.Values[A]
)

func prepare[A any](sql string, groups ...values[A]) statement[A] {
	return named.Prepare(named.Dollar, sql, groups...)
}

func field[A, T any](of func(*A) T) named.Value[A] { return named.Field(of) }
