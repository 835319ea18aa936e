package postgres

import (
	"github.com/jackc/pgx/v5/pgtype"
)

// column is a field of many as an array parameter. The driver asks for one element after the other, and finds each in
// the same cell: neither an array nor a copy of an element is made. To encode slices cost a batch of sign-ins more than
// all else that its caller does.
type column[A, T, C any] struct {
	list []A
	of   func(*A) T
	put  func(cell *C, v T) bool // false: NULL
	cell C
}

var _ pgtype.ArrayGetter = (*column[int, int64, pgtype.Int8])(nil)

// Dimensions meets [pgtype.ArrayGetter].
func (c *column[A, T, C]) Dimensions() []pgtype.ArrayDimension {
	return []pgtype.ArrayDimension{{Length: int32(len(c.list)), LowerBound: 1}}
}

// Index meets [pgtype.ArrayGetter]. What it returns holds until the next call.
func (c *column[A, T, C]) Index(i int) any {
	if !c.put(&c.cell, c.of(&c.list[i])) {
		return nil
	}
	return &c.cell
}

// IndexType meets [pgtype.ArrayGetter].
func (c *column[A, T, C]) IndexType() any { return &c.cell }

// columnOf returns what makes a column of a field; nil: there is no cell for its type.
func columnOf[A, T any](of func(*A) T) func([]A) any {
	switch of := any(of).(type) {
	case func(*A) [16]byte:
		return columns(of, putID)
	case func(*A) *[16]byte:
		return columns(of, optional(putID))
	case func(*A) int64:
		return columns(of, putNumber)
	case func(*A) int:
		return columns(of, func(c *pgtype.Int8, v int) bool { return putNumber(c, int64(v)) })
	case func(*A) *int64:
		return columns(of, optional(putNumber))
	case func(*A) string:
		return columns(of, putText)
	case func(*A) *string:
		return columns(of, optional(putText))
	case func(*A) []byte:
		return columns(of, putOctets)
	}
	return nil
}

func columns[A, T, C any](of func(*A) T, put func(*C, T) bool) func([]A) any {
	return func(list []A) any { return &column[A, T, C]{list: list, of: of, put: put} }
}

// optional makes NULL of nil.
func optional[T, C any](put func(*C, T) bool) func(*C, *T) bool {
	return func(c *C, v *T) bool { return v != nil && put(c, *v) }
}

func putID(c *pgtype.UUID, v [16]byte) bool {
	c.Bytes, c.Valid = v, true
	return true
}

func putNumber(c *pgtype.Int8, v int64) bool {
	c.Int64, c.Valid = v, true
	return true
}

func putText(c *pgtype.Text, v string) bool {
	c.String, c.Valid = v, true
	return true
}

func putOctets(c *octets, v []byte) bool {
	*c = v
	return v != nil
}

// octets are the cell of a bytea.
type octets []byte

// BytesValue meets [pgtype.BytesValuer].
func (o *octets) BytesValue() ([]byte, error) { return *o, nil }
