package client

import (
	"encoding/json"
	"reflect"
	"strings"
)

// plain returns a request as JSON takes it, with its secrets, which encode themselves nowhere else. Zero fields are
// left out; a pointer that is set is sent also when it points to nothing, as what takes a name away.
func plain(body any) map[string]any {
	v := reflect.ValueOf(body)
	fields := map[string]any{}
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if f := v.Field(i); !f.IsZero() {
			fields[name] = plainValue(f)
		}
	}
	return fields
}

func plainValue(v reflect.Value) any {
	if text, ok := v.Interface().(json.RawMessage); ok {
		return text
	}
	switch v.Kind() {
	case reflect.Pointer:
		return plainValue(v.Elem())
	case reflect.String:
		return v.String()
	case reflect.Struct:
		return plain(v.Interface())
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = plainValue(v.Index(i))
		}
		return list
	}
	return v.Interface()
}
