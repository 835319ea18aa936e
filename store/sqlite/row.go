package sqlite

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// row reads the columns of one row from left to right. The first one that is not what was asked for stays in err.
type row struct {
	values []driver.Value
	next   int
	err    error
}

func column[T any](r *row) (v T, set bool) {
	if r.next >= len(r.values) {
		r.err = fmt.Errorf("sqlite: no column %d", r.next)
		return v, false
	}
	raw := r.values[r.next]
	r.next++
	if raw == nil {
		return v, false
	}
	v, ok := raw.(T)
	if !ok && r.err == nil {
		r.err = fmt.Errorf("sqlite: column %d is %T, want %T", r.next-1, raw, v)
	}
	return v, ok
}

func (r *row) int() int64          { v, _ := column[int64](r); return v }
func (r *row) bool() bool          { return r.int() != 0 }
func (r *row) text() string        { v, _ := column[string](r); return v }
func (r *row) bytes() []byte       { v, _ := column[[]byte](r); return v }
func (r *row) value() driver.Value { v, _ := column[driver.Value](r); return v }
func (r *row) null() bool          { return r.next < len(r.values) && r.values[r.next] == nil }
func (r *row) skip(n int) *row     { r.next += n; return r }

func (r *row) time() time.Time {
	if ms, set := column[int64](r); set {
		return time.UnixMilli(ms).UTC()
	}
	return time.Time{}
}

func (r *row) id() (id uuid.UUID) {
	if b, set := column[[]byte](r); set && copy(id[:], b) != len(id) && r.err == nil {
		r.err = fmt.Errorf("sqlite: column %d is no id", r.next-1)
	}
	return id
}

func (r *row) digest() (d store.Digest) {
	if b, set := column[[]byte](r); set && copy(d[:], b) != len(d) && r.err == nil {
		r.err = fmt.Errorf("sqlite: column %d is no digest", r.next-1)
	}
	return d
}

// json reads a JSON column into v, which stays as it is when the column is NULL.
func (r *row) json(v any) {
	s, set := column[string](r)
	if !set {
		return
	}
	if err := json.Unmarshal([]byte(s), v); err != nil && r.err == nil {
		r.err = fmt.Errorf("sqlite: column %d: %w", r.next-1, err)
	}
}

// The following make the values of parameters; what the contract calls zero becomes NULL.

func millis(t time.Time) driver.Value {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

func flag(b bool) driver.Value {
	if b {
		return int64(1)
	}
	return int64(0)
}

func optional(s string) driver.Value {
	if s == "" {
		return nil
	}
	return s
}

func optionalID(id uuid.UUID) driver.Value {
	if id == uuid.Nil {
		return nil
	}
	return id[:]
}

func optionalDigest(d store.Digest) driver.Value {
	if d == (store.Digest{}) {
		return nil
	}
	return d[:]
}

func optionalBytes(b []byte) driver.Value {
	if len(b) == 0 {
		return nil
	}
	return b
}

// document returns v as JSON. Only values of this module's own types get here; they always encode.
func document(v any) (driver.Value, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return string(b), nil
}
