package strictjson

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"sync"
)

type class uint8

const (
	skipped class = iota // checked, then dropped
	text
	object
	list
	mapping
	pointer
	opaque // left to encoding/json, which has no keys to match here
)

// plan says how one Go type is filled. It is immutable once built.
type plan struct {
	class  class
	elem   *plan   // of list, mapping and pointer
	fields []field // of object, at most maxFields
}

type field struct {
	name  string
	index int
	plan  *plan
}

// maxFields is the width of the set in which an object marks the fields it has
// seen.
const maxFields = 64

var (
	unmarshaler     = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	number          = reflect.TypeFor[json.Number]()

	drop = &plan{class: skipped}

	// plans caches reflect.Type -> *plan; a nil plan marks an unsupported type.
	plans sync.Map
)

// planOf returns the plan of a struct type or a map, or nil if it is not supported.
func planOf(t reflect.Type) *plan {
	if known, ok := plans.Load(t); ok {
		return known.(*plan)
	}
	b := builder{}
	built, ok := b.build(t)
	if !ok || built.class != object && built.class != mapping {
		built = nil
	}
	plans.Store(t, built)
	return built
}

// builder remembers the types under way, so that a type may contain itself.
type builder map[reflect.Type]*plan

func (b builder) build(t reflect.Type) (*plan, bool) {
	if p, ok := b[t]; ok {
		return p, true
	}
	p := &plan{}
	b[t] = p
	ok := true
	switch {
	case decodesItself(t) || t == number:
		p.class = opaque
	case t.Kind() == reflect.String:
		p.class = text
	case t.Kind() == reflect.Struct:
		p.class = object
		p.fields, ok = b.fields(t)
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		p.class = opaque // base64
	case t.Kind() == reflect.Slice:
		p.class = list
		p.elem, ok = b.build(t.Elem())
	case t.Kind() == reflect.Map && t.Key().Kind() == reflect.String && !decodesItself(t.Key()):
		p.class = mapping
		p.elem, ok = b.build(t.Elem())
	case t.Kind() == reflect.Pointer:
		p.class = pointer
		p.elem, ok = b.build(t.Elem())
	default:
		p.class = opaque
		ok = scalar(t)
	}
	return p, ok
}

func (b builder) fields(t reflect.Type) ([]field, bool) {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		if tag == "-" || !f.IsExported() && !f.Anonymous {
			continue
		}
		// Promotion has rules of precedence that a request body has no use
		// for, and ",string" would be a second decoder inside a string.
		if f.Anonymous && (name == "" || !f.IsExported()) || strings.Contains(","+options+",", ",string,") {
			return nil, false
		}
		if name == "" {
			name = f.Name
		}
		elem, ok := b.build(f.Type)
		if !ok || declared(fields, name) || len(fields) == maxFields {
			return nil, false
		}
		fields = append(fields, field{name: name, index: i, plan: elem})
	}
	return fields, true
}

func declared(fields []field, name string) bool {
	for i := range fields {
		if fields[i].name == name {
			return true
		}
	}
	return false
}

func decodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(unmarshaler) || p.Implements(textUnmarshaler)
}

func scalar(t reflect.Type) bool {
	switch k := t.Kind(); k {
	case reflect.Bool, reflect.Float32, reflect.Float64:
		return true
	case reflect.Interface:
		return t.NumMethod() == 0
	default:
		return k >= reflect.Int && k <= reflect.Uint64
	}
}
