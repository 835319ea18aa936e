package strictjson_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/strictjson"
)

type tree struct {
	Name     string           `json:"name"`
	Children []tree           `json:"children"`
	Next     *tree            `json:"next"`
	ByName   map[string]*tree `json:"byName"`
}

func TestDecodeRecursiveType(t *testing.T) {
	var got tree
	err := strictjson.Decode([]byte(`{"name":"a","children":[{"name":"b"}],"next":{"next":{"name":"c"}},"byName":{"d":{"name":"d"},"e":null}}`), &got)
	if err != nil {
		t.Fatal(err)
	}
	want := tree{Name: "a", Children: []tree{{Name: "b"}}, Next: &tree{Next: &tree{Name: "c"}},
		ByName: map[string]*tree{"d": {Name: "d"}, "e": nil}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	err = strictjson.Decode([]byte(`{"next":{"next":{"next":{"next":{"next":{"next":{"next":{"name":1}}}}}}}}`), &got)
	if want := "strictjson: value of the wrong type in next.next.next.next.next.next.next.name"; err == nil || err.Error() != want {
		t.Errorf("at the full depth: %v, want %s", err, want)
	}
}

type shout string

func (s *shout) UnmarshalText(b []byte) error { *s = shout(b) + "!"; return nil }

type role string

func TestDecodeNamedTypes(t *testing.T) {
	var got struct {
		Shout  shout           `json:"shout"`
		Shouts []*shout        `json:"shouts"`
		Role   role            `json:"role"`
		Counts map[role]uint16 `json:"counts"`
		Key    []byte          `json:"key"`
		Amount json.Number     `json:"amount"`
		person `json:"-"`
		Tagged `json:"tagged"`
	}
	in := `{"shout":"a","shouts":["b",null],"role":"owner","counts":{"owner":2},"key":"AQI=","amount":12.50,"tagged":{"V":"v"},"person":{"tok":"t"}}`
	if err := strictjson.Decode([]byte(in), &got); err != nil {
		t.Fatal(err)
	}
	if got.Shout != "a!" || *got.Shouts[0] != "b!" || got.Shouts[1] != nil || got.Role != "owner" ||
		got.Counts["owner"] != 2 || string(got.Key) != "\x01\x02" || got.V != "v" || got.Token != "" || got.Amount != "12.50" {
		t.Errorf("got %+v", got)
	}
}

type Tagged struct{ V string }

// A map sees every key, where a struct drops those that it does not name.
func TestDecodeIntoAMap(t *testing.T) {
	got := map[string]string{"old": "x"}
	if err := strictjson.Decode([]byte(`{"a":"1","\u0062":null,"B":"2"}`), &got); err != nil || len(got) != 3 || got["a"] != "1" || got["B"] != "2" {
		t.Errorf("%v, %v", got, err)
	}
	for text, want := range map[string]error{
		`{"a":"1","\u0061":"2"}`: strictjson.ErrDuplicate, `{"a":1}`: strictjson.ErrType, `null`: strictjson.ErrType, `[]`: strictjson.ErrType, `{`: strictjson.ErrSyntax,
	} {
		if err := strictjson.Decode([]byte(text), &got); !errors.Is(err, want) || got != nil {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestDecodeUnsupportedDestination(t *testing.T) {
	var wide []reflect.StructField
	for i := range 65 {
		wide = append(wide, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: reflect.TypeFor[string]()})
	}
	twice := []reflect.StructField{
		{Name: "A", Type: reflect.TypeFor[string](), Tag: `json:"a"`},
		{Name: "B", Type: reflect.TypeFor[string](), Tag: `json:"a"`},
	}
	var nothing *body
	for name, v := range map[string]any{
		"nil":              nil,
		"nil pointer":      nothing,
		"struct":           body{},
		"pointer to any":   new(any),
		"map of int keys":  new(map[int]string),
		"pointer twice":    &nothing,
		"embedded":         &struct{ Tagged }{},
		"embedded private": &struct{ person }{},
		"string option": &struct {
			N int `json:"n,omitempty,string"`
		}{},
		"same name twice":   reflect.New(reflect.StructOf(twice)).Interface(),
		"array":             &struct{ A [2]string }{},
		"channel":           &struct{ C chan int }{},
		"interface":         &struct{ E error }{},
		"map with int keys": &struct{ M map[int]string }{},
		"map with own keys": &struct{ M map[shout]string }{},
		"deep inside": &struct {
			M map[string][]*struct{ F func() }
		}{},
		"too many fields": reflect.New(reflect.StructOf(wide)).Interface(),
	} {
		if err := strictjson.Decode([]byte(`{}`), v); !errors.Is(err, strictjson.ErrTarget) {
			t.Errorf("%s: %v, want ErrTarget", name, err)
		}
	}
	full := reflect.New(reflect.StructOf(wide[:64]))
	if err := strictjson.Decode([]byte(`{"F0":"a","F63":"b"}`), full.Interface()); err != nil || full.Elem().Field(63).String() != "b" {
		t.Errorf("64 fields: %v, %v", full.Elem(), err)
	}
	if err := strictjson.Decode([]byte(`{"F63":"a","F63":"b"}`), full.Interface()); !errors.Is(err, strictjson.ErrDuplicate) {
		t.Errorf("64 fields, the last twice: %v", err)
	}
}

func TestDecodeConcurrently(t *testing.T) {
	type fresh struct {
		Name  string  `json:"name"`
		Inner []fresh `json:"inner"`
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			var got fresh
			if err := strictjson.Decode([]byte(`{"inner":[{"name":"a"}]}`), &got); err != nil || got.Inner[0].Name != "a" {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	wg.Wait()
}
