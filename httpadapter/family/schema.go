package family

import (
	"encoding"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// object is a part of a document.
type object = map[string]any

// schemas makes JSON Schemas (2020-12) of the types that bodies are of. Named structs become components.
type schemas struct {
	components object
	names      map[role]string
}

// role is a type as it is sent one way: of a request only what is needed is required, of an answer all that is not left
// out on purpose.
type role struct {
	reflect.Type
	request bool
}

func newSchemas() *schemas { return &schemas{object{}, map[role]string{}} }

// typed is a type that says itself what it is in JSON, since it encodes itself.
type typed interface{ JSONType() []string }

var (
	typedType       = reflect.TypeFor[typed]()
	marshalerType   = reflect.TypeFor[json.Marshaler]()
	unmarshalerType = reflect.TypeFor[json.Unmarshaler]()
	textType        = reflect.TypeFor[encoding.TextMarshaler]()

	known = map[reflect.Type]object{
		reflect.TypeFor[uuid.UUID]():       {"type": "string", "format": "uuid"},
		reflect.TypeFor[time.Time]():       {"type": "string", "format": "date-time"},
		reflect.TypeFor[json.Number]():     {"type": "number"},
		reflect.TypeFor[json.RawMessage](): {"type": "object", "additionalProperties": true},
		reflect.TypeFor[Email]():           {"type": "string"},
		reflect.TypeFor[Code]():            {"type": "string"},
	}
)

// of returns the schema of a type. What encodes itself and does not say as what may be anything.
func (s *schemas) of(t reflect.Type, request bool) object {
	if is, ok := known[t]; ok {
		return is
	}
	if t == nil || t.Kind() == reflect.Interface {
		return object{}
	}
	switch {
	case t.Kind() == reflect.Pointer:
		return nullable(s.of(t.Elem(), request))
	case t.Implements(typedType):
		return object{"type": oneOrMore(reflect.Zero(t).Interface().(typed).JSONType())}
	case t.Implements(marshalerType) || request && reflect.PointerTo(t).Implements(unmarshalerType):
		return object{}
	case t.Implements(textType):
		return object{"type": "string"}
	}
	switch t.Kind() {
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return object{"type": "integer", "minimum": 0}
	case reflect.Float32, reflect.Float64:
		return object{"type": "number"}
	case reflect.Slice, reflect.Array:
		if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
			return object{"type": "string", "contentEncoding": "base64"}
		}
		return object{"type": "array", "items": s.of(t.Elem(), request)}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.of(t.Elem(), request)}
	case reflect.Struct:
		return s.ofStruct(role{t, request})
	}
	return object{}
}

func (s *schemas) ofStruct(r role) object {
	plain := plainName(r.Name())
	if plain == "" {
		return s.members(r)
	}
	name, ok := s.names[r]
	if !ok {
		name = s.name(r, plain)
		s.names[r] = name
		s.components[name] = object{} // taken, while its members are looked at
		s.components[name] = s.members(r)
	}
	return object{"$ref": "#/components/schemas/" + name}
}

// plainName makes the name of a component of a type's: that of an envelope[user] is UserEnvelope, that of an
// envelope[[]user] UserListEnvelope. Only a type without a name has none, so that none of a name is looked into twice.
func plainName(name string) string {
	if list, ok := strings.CutPrefix(name, "[]"); ok {
		return plainName(list) + "List"
	}
	outer, inner, generic := strings.Cut(name, "[")
	outer, _, _ = strings.Cut(outer[strings.LastIndexByte(outer, '.')+1:], "·") // of a type that is declared in a function
	if short := strings.TrimSuffix(outer, "Body"); short != "" {
		outer = short
	}
	if outer = upperFirst(strings.Map(nameRune, outer)); generic {
		outer = plainName(strings.TrimSuffix(inner, "]")) + outer
	}
	return outer
}

// nameRune drops what may not stand in the name of a component.
func nameRune(r rune) rune {
	if r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) {
		return r
	}
	return -1
}

// name returns one that is not taken: the plain one, or with its package's before it.
func (s *schemas) name(r role, name string) string {
	if r.request {
		name += "Request"
	}
	for _, taken := s.components[name]; taken; _, taken = s.components[name] {
		name = upperFirst(r.PkgPath()[strings.LastIndexByte(r.PkgPath(), '/')+1:]) + name
	}
	return name
}

func (s *schemas) members(r role) object {
	properties, required := object{}, []string{}
	for _, f := range reflect.VisibleFields(r.Type) {
		name := jsonName(f)
		if f.Anonymous || !f.IsExported() || name == "-" {
			continue
		}
		options := f.Tag.Get("json")
		optional := strings.Contains(options, ",omitempty") || strings.Contains(options, ",omitzero")
		kind := f.Type
		if optional && kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
		}
		is := described(s.of(kind, r.request), f.Tag)
		_, needed := f.Tag.Lookup("need")
		if needed && kind.Kind() == reflect.String {
			is["minLength"] = 1
		}
		properties[name] = is
		if needed || !optional && !r.request {
			required = append(required, name)
		}
	}
	is := object{"type": "object", "properties": properties}
	if len(required) > 0 {
		slices.Sort(required)
		is["required"] = required
	}
	return is
}

// described adds what the tags of a field say: about, and the values of an enum, which are of a list's members.
func described(is object, tag reflect.StructTag) object {
	more := maps.Clone(is) // known schemas are shared
	if about := tag.Get("about"); about != "" {
		more["description"] = about
	}
	if values := tag.Get("enum"); values != "" {
		of := more
		if items, ok := is["items"].(object); ok {
			of = maps.Clone(items)
			more["items"] = of
		}
		of["enum"] = strings.Split(values, ",")
	}
	return more
}

func nullable(is object) object {
	if kind, ok := is["type"].(string); ok {
		is = maps.Clone(is) // known schemas are shared
		is["type"] = []string{kind, "null"}
		return is
	}
	return object{"anyOf": []object{is, {"type": "null"}}}
}

func oneOrMore(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	return list
}

// jsonName is the name of a field in JSON.
func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "" {
		return f.Name
	}
	return name
}

func upperFirst(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}
