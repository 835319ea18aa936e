package postgres

import (
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// millis and moment carry times to and from the database: unix milliseconds, and 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

const dayMillis = 24 * 60 * 60 * 1000

// zeroMillis is the zero time where 0 is 1970: in times of creation.
var zeroMillis = time.Time{}.UnixMilli()

// moments gathers columns that hold times, because no time.Time can be scanned into from a bigint.
type moments []struct {
	ms   *int64
	to   *time.Time
	zero int64
}

// of returns where to scan a time to, ofCreation one that lists are ordered by; fill moves what was scanned.
func (m *moments) of(t *time.Time) *int64         { return m.add(t, 0) }
func (m *moments) ofCreation(t *time.Time) *int64 { return m.add(t, zeroMillis) }

func (m *moments) add(t *time.Time, zero int64) *int64 {
	ms := new(int64)
	*m = append(*m, struct {
		ms   *int64
		to   *time.Time
		zero int64
	}{ms, t, zero})
	return ms
}

func (m moments) fill() {
	for _, x := range m {
		if *x.to = time.UnixMilli(*x.ms).UTC(); *x.ms == x.zero {
			*x.to = time.Time{}
		}
	}
}

// id and ids make pgx send a uuid in its binary form.
func id(u uuid.UUID) [16]byte { return u }

func idTo(u *uuid.UUID) *[16]byte { return (*[16]byte)(u) }

// What is empty is kept out: of unique indexes, of comparisons, of rows.

func idOrNull(u uuid.UUID) *[16]byte {
	if u == uuid.Nil {
		return nil
	}
	return (*[16]byte)(&u)
}

// countOrNull returns n, unless it is what NULL stands for.
func countOrNull(n, null int64) *int64 {
	if n == null {
		return nil
	}
	return &n
}

func saltOrNull(b [16]byte) []byte {
	if b == ([16]byte{}) {
		return nil
	}
	return b[:]
}

func bytesOrNull(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}

func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func digestOrNull(d store.Digest) []byte {
	if d == (store.Digest{}) {
		return nil
	}
	return d[:]
}

// jsonOrNull returns the JSON of what v points to; nil: NULL.
func jsonOrNull[T any](v *T) (*string, error) {
	if v == nil {
		return nil, nil
	}
	b, err := json.Marshal(v)
	s := string(b)
	return &s, err
}

// fromJSON is the way back.
func fromJSON[T any](b []byte) (*T, error) {
	if b == nil {
		return nil, nil
	}
	v := new(T)
	return v, json.Unmarshal(b, v)
}

// storable returns s, or, if no text column can hold it, a text that none has.
func storable(s string) string {
	if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		return "\uFFFD"
	}
	return s
}
