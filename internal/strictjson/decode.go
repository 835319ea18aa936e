// Package strictjson is the one JSON decoder for request bodies (SECURITY.md F6 and R62, docs/WIRE.md section 0).
//
// encoding/json lets the last of two equal keys win, matches keys without regard to case (and folds U+212A to k),
// repairs broken Unicode silently and nests ten thousand deep: two readers of one body may see two bodies. Decode
// refuses what is ambiguous, and for everything it accepts the meaning is that of encoding/json with exact keys.
package strictjson

import (
	"encoding/json"
	"reflect"
	"strings"
)

// Decode fills the struct that v points to, or a map with string keys, from
// data, which must hold exactly one JSON object and then, save white space, end.
//
//   - Keys match the json tag (or, without one, the field name) byte for byte,
//     in nested structs too. Unknown keys, such as one in another case, are
//     dropped, but their values must keep every rule.
//   - No object has a key twice, compared after unescaping.
//   - Strings, keys included, are valid UTF-8 without lone surrogate escapes.
//     A string may hold any character, U+0000 too; that is the caller's rule.
//   - At most [MaxDepth] objects and arrays are open at once.
//   - null sets a pointer, slice, map or interface to nil and leaves any other
//     field, a string for one, as it was: as if the key were absent.
//   - A key that is absent leaves its field as it was.
//
// Fields may be strings, booleans, numbers, any, []byte (base64), types with
// UnmarshalJSON or UnmarshalText, and structs, slices, pointers and maps with
// string keys of these. A type with UnmarshalJSON gets checked text but
// matches its own keys. Embedded structs without a tag, the option ",string",
// fixed-size arrays and more than 64 fields in a struct are not supported.
//
// The error is nil or an *Error. [ErrType] is reported only for a text that keeps
// every other rule, and names the first field that does not fit. After an
// error *v is zero. Decode keeps no reference to data, starts no goroutine and
// is safe for concurrent use with distinct v.
func Decode(data []byte, v any) error { return decode(data, v, false) }

// DecodeKnown is [Decode], but an object with a key that its struct does not declare is [ErrUnknown], and [Error.Key]
// says which: for files of the caller's own, where a misspelt key would lose something.
func DecodeKnown(data []byte, v any) error { return decode(data, v, true) }

func decode(data []byte, v any, known bool) error {
	ptr := reflect.ValueOf(v)
	if ptr.Kind() != reflect.Pointer || ptr.IsNil() {
		return &Error{Kind: ErrTarget}
	}
	pl := planOf(ptr.Type().Elem())
	if pl == nil {
		return &Error{Kind: ErrTarget}
	}
	d := decoder{scanner: scanner{data: data}, known: known}
	if err := d.document(ptr.Elem(), pl); err != nil {
		ptr.Elem().SetZero()
		return err
	}
	return nil
}

type decoder struct {
	scanner
	mismatch error // the first value that did not fit its field
	known    bool  // a key that is not declared is an error
}

func (d *decoder) document(dst reflect.Value, pl *plan) error {
	// Unlike in a field, null is not an absent body.
	if d.peek() == 'n' {
		d.misfit()
		pl = drop
	}
	if err := d.value(dst, pl); err != nil {
		return err
	}
	if d.peek(); d.pos != len(d.data) {
		return d.fail(ErrSyntax)
	}
	return d.mismatch
}

func (d *decoder) value(dst reflect.Value, pl *plan) error {
	c := d.peek()
	switch {
	case pl.class == opaque:
		return d.opaque(dst)
	case c == 'n':
		if pl.class == pointer || pl.class == list || pl.class == mapping {
			dst.SetZero()
		}
		return d.scalar(c)
	case pl.class == pointer:
		target := reflect.New(dst.Type().Elem())
		dst.Set(target)
		return d.value(target.Elem(), pl.elem)
	case c == '"':
		return d.text(dst, d.fit(pl, text))
	case c == '{' && pl.class == mapping:
		dst.Set(reflect.MakeMap(dst.Type()))
		return d.object(dst, pl)
	case c == '{':
		return d.object(dst, d.fit(pl, object))
	case c == '[':
		return d.list(dst, d.fit(pl, list))
	default:
		if pl.class != skipped {
			d.misfit()
		}
		return d.scalar(c)
	}
}

// fit returns pl if it takes a value of class got. If not, it notes the mismatch and has the value checked and dropped,
// so that a breach of syntax later in the text still outranks it.
func (d *decoder) fit(pl *plan, got class) *plan {
	if pl.class == got || pl.class == skipped {
		return pl
	}
	d.misfit()
	return drop
}

func (d *decoder) misfit() {
	if d.mismatch == nil {
		d.mismatch = d.fail(ErrType)
	}
}

func (d *decoder) opaque(dst reflect.Value) error {
	start := d.pos
	if err := d.value(reflect.Value{}, drop); err != nil {
		return err
	}
	if dst.Kind() == reflect.Interface {
		dst.SetZero() // or encoding/json would fill what it points to
	}
	raw, target := d.data[start:d.pos], dst.Addr().Interface()
	var err error
	if u, ok := target.(json.Unmarshaler); ok { // as encoding/json would, which would scan the text again
		err = u.UnmarshalJSON(raw)
	} else {
		err = json.Unmarshal(raw, target)
	}
	if err != nil {
		d.misfit()
	}
	return nil
}

func (d *decoder) text(dst reflect.Value, pl *plan) error {
	s, err := d.str()
	if err == nil && pl.class == text {
		dst.SetString(s.String())
	}
	return err
}

func (d *decoder) list(dst reflect.Value, pl *plan) error {
	if err := d.open(); err != nil {
		return err
	}
	elem, keep := drop, pl.class == list
	var item reflect.Value
	if keep {
		elem = pl.elem
		dst.Set(reflect.MakeSlice(dst.Type(), 0, 0))
	}
	for n := 0; ; n++ {
		more, err := d.more(']', n == 0)
		if !more {
			return err
		}
		if keep {
			dst.Grow(1)
			dst.SetLen(n + 1)
			item = dst.Index(n)
			item.SetZero()
		}
		if err := d.value(item, elem); err != nil {
			return err
		}
	}
}

func (d *decoder) object(dst reflect.Value, pl *plan) error {
	if err := d.open(); err != nil {
		return err
	}
	var seen keys
	for first := true; ; first = false {
		more, err := d.more('}', first)
		if !more {
			return err
		}
		key, err := d.key()
		if err != nil {
			return err
		}
		if err := d.member(dst, pl, key, &seen); err != nil {
			return err
		}
	}
}

// unknown refuses a key that is not declared, at which an error of syntax further on no longer counts.
func (d *decoder) unknown(key span) error {
	return &Error{Kind: ErrUnknown, Field: strings.Join(d.path[:d.named], "."), Key: key.String()}
}

func (d *decoder) member(dst reflect.Value, pl *plan, key span, seen *keys) error {
	for i := range pl.fields {
		f := &pl.fields[i]
		if string(key.text) != f.name {
			continue
		}
		d.push(f.name)
		if !seen.mark(i) {
			return d.fail(ErrDuplicate)
		}
		err := d.value(dst.Field(f.index), f.plan)
		if err == nil {
			d.pop()
		}
		return err
	}
	if !seen.add(key.text) {
		return d.fail(ErrDuplicate)
	}
	if d.known && pl.class == object {
		return d.unknown(key)
	}
	if pl.class != mapping {
		return d.value(reflect.Value{}, drop)
	}
	item := reflect.New(dst.Type().Elem()).Elem()
	if err := d.value(item, pl.elem); err != nil {
		return err
	}
	name := reflect.ValueOf(string(key.text)).Convert(dst.Type().Key())
	dst.SetMapIndex(name, item)
	return nil
}
