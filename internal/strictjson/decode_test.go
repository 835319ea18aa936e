package strictjson_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/strictjson"
)

type person struct {
	Email string `json:"email"`
	Token string `json:"tok"`
}

type body struct {
	Email    string            `json:"email"`
	Password string            `json:"password,omitempty"`
	Kelvin   string            `json:"k"`
	Count    int8              `json:"count"`
	On       bool              `json:"on"`
	Note     *string           `json:"note"`
	Roles    []string          `json:"roles"`
	Owner    person            `json:"owner"`
	Deputy   *person           `json:"deputy"`
	Team     []person          `json:"team"`
	Tags     map[string]person `json:"tags"`
	Extra    any               `json:"extra"`
	Raw      json.RawMessage   `json:"raw"`
	Since    time.Time         `json:"since"`
	Untagged string
	Hidden   string `json:"-"`
	private  string
}

func nest(n int, open, inner, closing string) string {
	return strings.Repeat(open, n) + inner + strings.Repeat(closing, n)
}

func TestDecodeRefuses(t *testing.T) {
	many := make([]string, 0, 40)
	for i := range 40 {
		many = append(many, `"x`+strings.Repeat("y", i)+`":0`)
	}
	for name, c := range map[string]struct {
		in    string
		kind  strictjson.Kind
		field string
	}{
		"empty":                    {``, strictjson.ErrSyntax, ""},
		"only space":               {" \n", strictjson.ErrSyntax, ""},
		"NUL":                      {"\x00", strictjson.ErrSyntax, ""},
		"byte order mark":          {"\ufeff{}", strictjson.ErrSyntax, ""},
		"two values":               {`{}{}`, strictjson.ErrSyntax, ""},
		"trailing byte":            {`{} x`, strictjson.ErrSyntax, ""},
		"trailing NUL":             {"{}\x00", strictjson.ErrSyntax, ""},
		"form feed is no space":    {"{\f}", strictjson.ErrSyntax, ""},
		"unclosed object":          {`{"email":"a"`, strictjson.ErrSyntax, ""},
		"unclosed array":           {`{"roles":["a"`, strictjson.ErrSyntax, "roles"},
		"unclosed string":          {`{"email":"a`, strictjson.ErrSyntax, "email"},
		"ends in an escape":        {`{"email":"a\`, strictjson.ErrSyntax, "email"},
		"no value":                 {`{"email":}`, strictjson.ErrSyntax, "email"},
		"no colon":                 {`{"email" "a"}`, strictjson.ErrSyntax, ""},
		"no key":                   {`{:1}`, strictjson.ErrSyntax, ""},
		"key without quotes":       {`{email:"a"}`, strictjson.ErrSyntax, ""},
		"key in single quotes":     {`{'email':"a"}`, strictjson.ErrSyntax, ""},
		"comma at the end":         {`{"email":"a",}`, strictjson.ErrSyntax, ""},
		"comma at the start":       {`{,"email":"a"}`, strictjson.ErrSyntax, ""},
		"comma missing":            {`{"email":"a" "k":"b"}`, strictjson.ErrSyntax, ""},
		"array comma at the end":   {`{"roles":["a",]}`, strictjson.ErrSyntax, "roles"},
		"array comma missing":      {`{"roles":["a" "b"]}`, strictjson.ErrSyntax, "roles"},
		"brackets crossed":         {`{"roles":["a"}]`, strictjson.ErrSyntax, "roles"},
		"comment":                  {`{/**/}`, strictjson.ErrSyntax, ""},
		"control in string":        {"{\"email\":\"a\nb\"}", strictjson.ErrSyntax, "email"},
		"unknown escape":           {`{"email":"\x41"}`, strictjson.ErrSyntax, "email"},
		"short unicode escape":     {`{"email":"\u12"}`, strictjson.ErrSyntax, "email"},
		"bad hex":                  {`{"email":"\u12g4"}`, strictjson.ErrSyntax, "email"},
		"leading zero":             {`{"count":01}`, strictjson.ErrSyntax, ""},
		"plus sign":                {`{"count":+1}`, strictjson.ErrSyntax, "count"},
		"bare minus":               {`{"count":-}`, strictjson.ErrSyntax, "count"},
		"bare point":               {`{"count":1.}`, strictjson.ErrSyntax, "count"},
		"no whole part":            {`{"count":.5}`, strictjson.ErrSyntax, "count"},
		"bare exponent":            {`{"count":1e+}`, strictjson.ErrSyntax, "count"},
		"hex number":               {`{"count":0x1}`, strictjson.ErrSyntax, ""},
		"NaN":                      {`{"count":NaN}`, strictjson.ErrSyntax, "count"},
		"literal in capitals":      {`{"on":True}`, strictjson.ErrSyntax, "on"},
		"literal cut":              {`{"on":tru`, strictjson.ErrSyntax, "on"},
		"literal too long":         {`{"on":truer}`, strictjson.ErrSyntax, ""},
		"syntax under unknown key": {`{"zz":[1,{"a":}]}`, strictjson.ErrSyntax, ""},
		"syntax outranks type":     {`{"email":1,"k":}`, strictjson.ErrSyntax, "k"},

		"bad UTF-8 in value":       {"{\"email\":\"a\xff\"}", strictjson.ErrEncoding, "email"},
		"bad UTF-8 in key":         {"{\"e\xff\":1}", strictjson.ErrEncoding, ""},
		"bad UTF-8 under unknown":  {"{\"zz\":\"\xc0\xaf\"}", strictjson.ErrEncoding, ""},
		"surrogate in UTF-8":       {"{\"email\":\"\xed\xa0\x80\"}", strictjson.ErrEncoding, "email"},
		"lone high surrogate":      {`{"email":"\ud800"}`, strictjson.ErrEncoding, "email"},
		"high surrogate then text": {`{"email":"\ud800abcdefg"}`, strictjson.ErrEncoding, "email"},
		"two high surrogates":      {`{"email":"\ud800\ud800"}`, strictjson.ErrEncoding, "email"},
		"lone low surrogate":       {`{"email":"\udc00"}`, strictjson.ErrEncoding, "email"},
		"lone surrogate in key":    {`{"\uD800":1}`, strictjson.ErrEncoding, ""},

		"depth nine objects":  {nest(9, `{"a":`, `1`, `}`), strictjson.ErrDepth, ""},
		"depth nine arrays":   {`{"zz":` + nest(8, `[`, ``, `]`) + `}`, strictjson.ErrDepth, ""},
		"depth in a field":    {`{"extra":` + nest(8, `[`, ``, `]`) + `}`, strictjson.ErrDepth, "extra"},
		"depth never closed":  {strings.Repeat(`{"a":[`, 100000), strictjson.ErrDepth, ""},
		"depth outranks type": {`{"email":` + nest(8, `[`, ``, `]`) + `}`, strictjson.ErrDepth, "email"},

		"duplicate field":           {`{"email":"a","email":"b"}`, strictjson.ErrDuplicate, "email"},
		"duplicate of equal values": {`{"email":"a","email":"a"}`, strictjson.ErrDuplicate, "email"},
		"duplicate null":            {`{"email":"a","email":null}`, strictjson.ErrDuplicate, "email"},
		"duplicate by escape":       {`{"email":"a","\u0065mail":"b"}`, strictjson.ErrDuplicate, "email"},
		"duplicate unknown":         {`{"zz":1,"zz":2}`, strictjson.ErrDuplicate, ""},
		"duplicate empty key":       {`{"":1,"":2}`, strictjson.ErrDuplicate, ""},
		"duplicate under unknown":   {`{"zz":[{"a":1,"a":2}]}`, strictjson.ErrDuplicate, ""},
		"duplicate in struct":       {`{"owner":{"email":"a","email":"b"}}`, strictjson.ErrDuplicate, "owner.email"},
		"duplicate in slice":        {`{"team":[{},{"tok":"a","tok":"b"}]}`, strictjson.ErrDuplicate, "team.tok"},
		"duplicate in map":          {`{"tags":{"a":{},"a":{}}}`, strictjson.ErrDuplicate, "tags"},
		"duplicate in any":          {`{"extra":{"a":1,"a":1}}`, strictjson.ErrDuplicate, "extra"},
		"duplicate in raw":          {`{"raw":{"a":1,"a":1}}`, strictjson.ErrDuplicate, "raw"},
		"duplicate far apart":       {`{` + strings.Join(many, ",") + `,"xyyy":1}`, strictjson.ErrDuplicate, ""},
		"duplicate past the list":   {`{` + strings.Join(many, ",") + `,` + many[39] + `}`, strictjson.ErrDuplicate, ""},
		"duplicate outranks type":   {`{"email":1,"k":"a","k":"b"}`, strictjson.ErrDuplicate, "k"},

		"top-level null":        {`null`, strictjson.ErrType, ""},
		"top-level array":       {`[{}]`, strictjson.ErrType, ""},
		"top-level string":      {`"a"`, strictjson.ErrType, ""},
		"top-level number":      {`1`, strictjson.ErrType, ""},
		"number for string":     {`{"email":1}`, strictjson.ErrType, "email"},
		"true for string":       {`{"email":true}`, strictjson.ErrType, "email"},
		"array for string":      {`{"email":["a"]}`, strictjson.ErrType, "email"},
		"object for string":     {`{"email":{"$ne":""}}`, strictjson.ErrType, "email"},
		"string for number":     {`{"count":"1"}`, strictjson.ErrType, "count"},
		"fraction for integer":  {`{"count":1.5}`, strictjson.ErrType, "count"},
		"overflow":              {`{"count":128}`, strictjson.ErrType, "count"},
		"float overflow in any": {`{"extra":1e999}`, strictjson.ErrType, "extra"},
		"string for bool":       {`{"on":"true"}`, strictjson.ErrType, "on"},
		"number for pointer":    {`{"note":1}`, strictjson.ErrType, "note"},
		"string for slice":      {`{"roles":"a"}`, strictjson.ErrType, "roles"},
		"number in slice":       {`{"roles":["a",1]}`, strictjson.ErrType, "roles"},
		"string for struct":     {`{"owner":"a"}`, strictjson.ErrType, "owner"},
		"type in struct":        {`{"owner":{"email":1}}`, strictjson.ErrType, "owner.email"},
		"type in pointer":       {`{"deputy":{"tok":1}}`, strictjson.ErrType, "deputy.tok"},
		"type in slice":         {`{"team":[{"tok":"a"},{"tok":1}]}`, strictjson.ErrType, "team.tok"},
		"array for map":         {`{"tags":[]}`, strictjson.ErrType, "tags"},
		"type in map":           {`{"tags":{"a":{"tok":1}}}`, strictjson.ErrType, "tags.tok"},
		"bad time":              {`{"since":"yesterday"}`, strictjson.ErrType, "since"},
		"first of two":          {`{"k":[],"email":1}`, strictjson.ErrType, "k"},
	} {
		t.Run(name, func(t *testing.T) {
			got := body{Email: "preset"}
			err := strictjson.Decode([]byte(c.in), &got)
			var e *strictjson.Error
			if !errors.As(err, &e) || !errors.Is(err, c.kind) || e.Kind != c.kind || e.Field != c.field {
				t.Fatalf("Decode(%.60q) = %v, want %q in %q", c.in, err, c.kind, c.field)
			}
			if !reflect.DeepEqual(got, body{}) {
				t.Errorf("after the error the destination is %+v, want zero", got)
			}
		})
	}
}

func TestDecodeAccepts(t *testing.T) {
	note := "n"
	for name, c := range map[string]struct {
		in   string
		want body
	}{
		"empty object":          {`{}`, body{}},
		"white space":           {" \t\r\n{ \"email\" :\n\"a\" } \n", body{Email: "a"}},
		"flat":                  {`{"email":"a@b.c","password":"p w"}`, body{Email: "a@b.c", Password: "p w"}},
		"other case is unknown": {`{"EMAIL":"x","Email":"y","email":"a"}`, body{Email: "a"}},
		"other case of a type":  {`{"EMAIL":1,"COUNT":"x"}`, body{}},
		"kelvin does not fold":  {"{\"\u212a\":\"x\",\"to\u212a\":1}", body{}},
		"kelvin below":          {"{\"owner\":{\"to\u212a\":\"x\",\"TOK\":\"y\",\"tok\":\"a\"}}", body{Owner: person{Token: "a"}}},
		"no tag: exact name":    {`{"Untagged":"a","untagged":"b"}`, body{Untagged: "a"}},
		"hidden and private":    {`{"Hidden":"a","-":"b","private":"c"}`, body{}},
		"escaped key":           {`{"\u0065mail":"a"}`, body{Email: "a"}},
		"escapes":               {`{"email":"\"\\\/\b\f\n\r\t\u00e9\u0000"}`, body{Email: "\"\\/\b\f\n\r\té\x00"}},
		"surrogate pair":        {`{"email":"\ud83d\uDE00"}`, body{Email: "😀"}},
		"replacement character": {"{\"email\":\"\ufffd\\ufffd\"}", body{Email: "\ufffd\ufffd"}},
		"raw UTF-8":             {`{"email":"ü😀"}`, body{Email: "ü😀"}},
		"null changes nothing":  {`{"email":null,"count":null,"on":null,"owner":null}`, body{}},
		"null is nil":           {`{"note":null,"roles":null,"tags":null,"deputy":null,"extra":null}`, body{}},
		"pointer":               {`{"note":"n"}`, body{Note: &note}},
		"pointer to struct":     {`{"deputy":{"tok":"t"}}`, body{Deputy: &person{Token: "t"}}},
		"numbers":               {`{"count":-12,"on":true,"extra":-0.5E+1}`, body{Count: -12, On: true, Extra: -5.0}},
		"huge unknown number":   {`{"zz":1e999}`, body{}},
		"slice":                 {`{"roles":["a",null,"b"]}`, body{Roles: []string{"a", "", "b"}}},
		"empty slice and map":   {`{"roles":[],"tags":{}}`, body{Roles: []string{}, Tags: map[string]person{}}},
		"slice of structs":      {`{"team":[{"email":"a"},{}]}`, body{Team: []person{{Email: "a"}, {}}}},
		"map of structs":        {`{"tags":{"a":{"tok":"t"},"\u0062":{}}}`, body{Tags: map[string]person{"a": {Token: "t"}, "b": {}}}},
		"any":                   {`{"extra":{"A":[1,"x",null]}}`, body{Extra: map[string]any{"A": []any{1.0, "x", nil}}}},
		"raw":                   {`{"raw": {"a" : 1} }`, body{Raw: json.RawMessage(`{"a" : 1}`)}},
		"time":                  {`{"since":"2026-01-02T03:04:05Z"}`, body{Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}},
		"equal keys apart":      {`{"email":"a","owner":{"email":"b"},"zz":[{"a":1},{"a":1}]}`, body{Email: "a", Owner: person{Email: "b"}}},
		"depth eight objects":   {nest(8, `{"a":`, `1`, `}`), body{}},
		"depth eight arrays":    {`{"zz":` + nest(7, `[`, ``, `]`) + `}`, body{}},
		"wide, not deep":        {`{"zz":[` + strings.Repeat(`[],`, 50) + `[]]}`, body{}},
	} {
		t.Run(name, func(t *testing.T) {
			var got body
			if err := strictjson.Decode([]byte(c.in), &got); err != nil {
				t.Fatalf("Decode(%q): %v", c.in, err)
			}
			if !reflect.DeepEqual(got, c.want) || got.private != "" {
				t.Errorf("Decode(%q)\n got %+v\nwant %+v", c.in, got, c.want)
			}
		})
	}
}

func TestDecodeKeepsPresets(t *testing.T) {
	note, other := "old", &person{Email: "mine"}
	got := body{Email: "kept", Password: "kept", Note: &note, Roles: []string{"old"}, Extra: other}
	err := strictjson.Decode([]byte(`{"email":null,"note":"new","roles":[],"extra":{"email":"theirs"}}`), &got)
	if err != nil {
		t.Fatal(err)
	}
	if got.Email != "kept" || got.Password != "kept" || len(got.Roles) != 0 || *got.Note != "new" {
		t.Errorf("got %+v", got)
	}
	if note != "old" || other.Email != "mine" {
		t.Errorf("what the fields pointed to was overwritten: %q, %q", note, other.Email)
	}
}

func TestDecodeKeepsNoReference(t *testing.T) {
	data := []byte(`{"email":"abc","tags":{"key":{}},"raw":"raw"}`)
	var got body
	if err := strictjson.Decode(data, &got); err != nil {
		t.Fatal(err)
	}
	clear(data)
	if _, ok := got.Tags["key"]; !ok || got.Email != "abc" || string(got.Raw) != `"raw"` {
		t.Errorf("after the buffer was reused: %+v", got)
	}
}
