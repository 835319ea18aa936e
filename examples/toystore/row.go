package toystore

import (
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// row is what stands below one key, with the keys that lead to it. Below each of those stands the row's own key.
type row interface {
	key() string
	index() []string
}

// write puts next in the place of was, in all indexes, too. Nil is no row.
func write[R row](t *tx, was, next *R) {
	if was != nil {
		for _, k := range (*was).index() {
			t.Delete(k)
		}
		t.Delete((*was).key())
	}
	if next != nil {
		for _, k := range (*next).index() {
			t.Put(k, []byte((*next).key()))
		}
		t.save((*next).key(), next)
	}
}

// load returns the row with the key; nil: there is none.
func load[R any](t *tx, key string) *R {
	value, ok := t.Get(key)
	if !ok {
		return nil
	}
	r := new(R)
	if x, ok := any(r).(json.Unmarshaler); ok {
		t.keep(x.UnmarshalJSON(value)) // which json would call only after a walk over all of the text
	} else {
		t.keep(json.Unmarshal(value, r))
	}
	return r
}

// through returns the row that a key of an index leads to; nil: there is none.
func through[R row](t *tx, index string) *R {
	key, ok := t.Get(index)
	if !ok {
		return nil
	}
	return load[R](t, string(key))
}

// rows walks over the rows that the keys of an index lead to.
func rows[R row](t *tx, index, after string) iter.Seq2[string, *R] {
	return func(yield func(string, *R) bool) {
		for k, key := range t.Scan(index, after) {
			if r := load[R](t, string(key)); r != nil && !yield(k, r) {
				return
			}
		}
	}
}

func (t *tx) save(key string, value any) {
	b, err := json.Marshal(value)
	t.keep(err)
	t.Put(key, b)
}

// keep keeps the first error.
func (t *tx) keep(err error) {
	if t.err == nil {
		t.err = err
	}
}

func (t *tx) has(key string) bool {
	_, ok := t.Get(key)
	return ok
}

// path makes a key of its parts. They are separated by a byte that is in no text, so that "a" and "a/b" stay apart. An
// empty last part makes a prefix. Numbers and times have a fixed width: their order is that of the bytes.
func path(parts ...any) string {
	var b strings.Builder
	for i, part := range parts {
		if i > 0 {
			b.WriteByte(0)
		}
		switch p := part.(type) {
		case string:
			b.WriteString(p)
		case time.Time:
			fmt.Fprintf(&b, "%016x", uint64(p.UnixMilli())^1<<63)
		case int:
			fmt.Fprintf(&b, "%016x", uint64(p)^1<<63)
		case []byte:
			fmt.Fprintf(&b, "%x", p)
		case store.Digest:
			fmt.Fprintf(&b, "%x", p[:])
		default:
			fmt.Fprint(&b, p)
		}
	}
	return b.String()
}
