package strictjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"regexp"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tollkeeper/tollkeeper/internal/strictjson"
)

var errRefused = errors.New("refused")

// wellFormed holds the rules of the text against what encoding/json says of it.
func wellFormed(data []byte) bool {
	return utf8.Valid(data) && json.Valid(data) && pairedSurrogates(data) && uniqueKeys(data)
}

var escapes = regexp.MustCompile(`(?s)\\(?:u([0-9a-fA-F]{4})|.)`)

// pairedSurrogates reads valid JSON, where a backslash is always an escape.
func pairedSurrogates(data []byte) bool {
	var high rune
	end := -1
	for _, m := range escapes.FindAllSubmatchIndex(data, -1) {
		var r rune
		if m[2] >= 0 {
			for _, c := range data[m[2]:m[3]] {
				r = r<<4 | rune(bytes.IndexByte([]byte("0123456789abcdef"), lower(c)))
			}
		}
		if high != 0 {
			if m[0] != end || utf16.DecodeRune(high, r) == utf8.RuneError {
				return false
			}
			high = 0
		} else if utf16.IsSurrogate(r) {
			if r >= 0xdc00 {
				return false
			}
			high, end = r, m[1]
		}
	}
	return high == 0
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'F' {
		c += 'a' - 'A'
	}
	return c
}

// uniqueKeys walks the tokens of valid JSON and also holds the depth.
func uniqueKeys(data []byte) bool {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	type level struct {
		seen map[string]bool // nil in an array
		key  bool            // a key is next
	}
	var open []level
	for {
		token, err := d.Token()
		if err == io.EOF {
			return true
		}
		if err != nil {
			return false
		}
		top := len(open) - 1
		switch token {
		case json.Delim('}'), json.Delim(']'):
			open = open[:top]
			continue
		}
		if top >= 0 && open[top].seen != nil {
			if name, ok := token.(string); ok && open[top].key {
				if open[top].seen[name] {
					return false
				}
				open[top].seen[name], open[top].key = true, false
				continue
			}
			open[top].key = true
		}
		switch token {
		case json.Delim('{'):
			open = append(open, level{map[string]bool{}, true})
		case json.Delim('['):
			open = append(open, level{})
		}
		if len(open) > strictjson.MaxDepth {
			return false
		}
	}
}

// members splits an object by exact key; null has none.
type members map[string]json.RawMessage

func split(raw []byte) members {
	var m members
	if json.Unmarshal(raw, &m) != nil {
		panic(errRefused)
	}
	return m
}

func (m members) into(name string, dst any) {
	if raw, ok := m[name]; ok && json.Unmarshal(raw, dst) != nil {
		panic(errRefused)
	}
}

func (m members) person(name string) person {
	var p person
	if raw, ok := m[name]; ok {
		inner := split(raw)
		inner.into("email", &p.Email)
		inner.into("tok", &p.Token)
	}
	return p
}

// reference decodes a body by hand out of exact keys.
func reference(data []byte) (b body, err error) {
	defer func() {
		if r := recover(); r == errRefused {
			b, err = body{}, errRefused
		} else if r != nil {
			panic(r)
		}
	}()
	if !wellFormed(data) || bytes.TrimSpace(data)[0] != '{' {
		return body{}, errRefused
	}
	m := split(data)
	for name, dst := range map[string]any{"email": &b.Email, "password": &b.Password, "k": &b.Kelvin,
		"count": &b.Count, "on": &b.On, "note": &b.Note, "roles": &b.Roles, "extra": &b.Extra,
		"raw": &b.Raw, "since": &b.Since, "Untagged": &b.Untagged} {
		m.into(name, dst)
	}
	b.Owner = m.person("owner")
	if raw, ok := m["deputy"]; ok && string(raw) != "null" {
		p := m.person("deputy")
		b.Deputy = &p
	}
	var team []json.RawMessage
	m.into("team", &team)
	if team != nil {
		b.Team = []person{}
	}
	for _, raw := range team {
		b.Team = append(b.Team, members{"": raw}.person(""))
	}
	if raw, ok := m["tags"]; ok && string(raw) != "null" {
		b.Tags = map[string]person{}
		tags := split(raw)
		for name := range tags {
			b.Tags[name] = tags.person(name)
		}
	}
	return b, nil
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"email":"a@b.c","password":"p","EMAIL":"x","k":"\ud83d\ude00"}`,
		"{\"\u212a\":1,\"\\u006b\":\"v\",\"count\":-1e1,\"on\":true}",
		`{"owner":{"email":"a","TOK":1},"deputy":{"tok":"t"},"team":[{"tok":"a"},null]}`,
		`{"tags":{"a":{"email":"x"},"b":null},"roles":["a",null],"note":null}`,
		`{"extra":{"a":[1,2.5,{"b":[]}]},"raw":[ 1 ],"since":"2026-01-02T03:04:05Z"}`,
		`{"email":"a","\u0065mail":"b"}`, `{"a":{"b":1,"b":2}}`, `{"email":"\ud800"}`, `{} {}`, `null`,
		nest(8, `{"a":`, `[]`, `}`), nest(8, `{"a":`, `1`, `}`), "{\"email\":\"\xff\"}", `{"count":01}`,
		`{"email":["a",],}`, `{"Untagged":"\"\\\/\b\f\n\r\t"}`,
		`{"1":0,"2":0,"3":0,"4":0,"5":0,"6":0,"7":0,"8":0,"9":0,"10":0,"9":0}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got body
		err := strictjson.Decode(data, &got)
		var typed *strictjson.Error
		if err != nil && !errors.As(err, &typed) {
			t.Fatalf("untyped error %v", err)
		}
		want, refused := reference(data)
		if (err == nil) != (refused == nil) {
			t.Fatalf("Decode(%q): %v; reference: %v", data, err, refused)
		}
		if errors.Is(err, strictjson.ErrType) && !wellFormed(data) {
			t.Fatalf("Decode(%q) tells a type of a text that is not well-formed", data)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("Decode(%q)\n got %+v\nwant %+v", data, got, want)
		}
	})
}
