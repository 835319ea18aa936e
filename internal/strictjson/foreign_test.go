package strictjson_test

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path"
	"reflect"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/strictjson"
)

// jsonTestSuite returns the texts of nst/JSONTestSuite by their names; testdata/README.md.
func jsonTestSuite(t *testing.T) map[string][]byte {
	t.Helper()
	file, err := os.Open("testdata/JSONTestSuite.tar.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string][]byte{}
	for archive := tar.NewReader(unpacked); ; {
		header, err := archive.Next()
		if err == io.EOF {
			return texts
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		if texts[path.Base(header.Name)], err = io.ReadAll(archive); err != nil {
			t.Fatal(err)
		}
	}
}

// What the suite leaves open, by the beginning of the name; y_ is taken and n_ refused. Nil is taken.
var leftOpen = []struct {
	name string
	want error
	why  string
}{
	{"y_object_duplicated_key", strictjson.ErrDuplicate, "RFC 8259 4 allows it, and readers differ about which value counts"},
	{"object_same_key_", strictjson.ErrDuplicate, "as above"},
	{"object_key_nf", nil, "two keys: text is compared as it is, not as Unicode would compose it"},
	{"i_structure_500_nested_arrays", strictjson.ErrDepth, "MaxDepth"},
	{"i_structure_UTF-8_BOM", strictjson.ErrSyntax, "RFC 8259 8.1 allows to refuse the mark"},
	{"i_string_UTF-16", strictjson.ErrSyntax, "RFC 8259 8.1 asks for UTF-8"},
	{"i_string_utf16", strictjson.ErrSyntax, "as above"},
	{"i_string_", strictjson.ErrEncoding, "a lone surrogate or no UTF-8: readers differ about what it becomes"},
	{"i_object_key_lone_2nd_surrogate", strictjson.ErrEncoding, "as above"},
	{"string_with_escaped_NULL", nil, "any character may be in a string"},
	{"string_", strictjson.ErrEncoding, "a lone surrogate or no UTF-8"},
	{"i_number_huge_exp", strictjson.ErrType, "no float64 is so large: as encoding/json"},
	{"i_number_neg_int_huge_exp", strictjson.ErrType, "as above"},
	{"i_number_pos_double_huge_exp", strictjson.ErrType, "as above"},
	{"i_number_real_neg_overflow", strictjson.ErrType, "as above"},
	{"i_number_real_pos_overflow", strictjson.ErrType, "as above"},
	{"i_number_", nil, "rounded to a float64: as encoding/json"},
	{"number_", nil, "as above"},
}

// expected returns what becomes of a text of the suite; any refusal will do for n_.
func expected(t *testing.T, name string) error {
	t.Helper()
	for _, c := range leftOpen {
		if strings.HasPrefix(name, c.name) {
			return c.want
		}
	}
	switch {
	case strings.HasPrefix(name, "y_"):
		return nil
	case !strings.HasPrefix(name, "n_"):
		t.Errorf("%s: nothing says what is expected", name)
	}
	return errAny
}

var errAny = errors.New("any refusal but that of a type")

func matches(got, want error) bool {
	if want == errAny {
		return got != nil && !errors.Is(got, strictjson.ErrType)
	}
	return errors.Is(got, want)
}

// Every text of the suite, as the value of a field that is read, of one kept as text, and of one that is not known.
func TestJSONTestSuite(t *testing.T) {
	texts := jsonTestSuite(t)
	if len(texts) != 340 {
		t.Fatalf("%d texts, want 340", len(texts))
	}
	for name, text := range texts {
		want := expected(t, name)
		wrapped := append(append([]byte(`{"a":`), text...), '}')
		var read, plain struct {
			A any `json:"a"`
		}
		var kept struct {
			A json.RawMessage `json:"a"`
		}
		if err := strictjson.Decode(wrapped, &read); !matches(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		} else if err == nil {
			if err := json.Unmarshal(wrapped, &plain); err != nil || !reflect.DeepEqual(read, plain) {
				t.Errorf("%s: %v, and encoding/json reads %v, %v", name, read.A, plain.A, err)
			}
		}
		if want == strictjson.ErrType { // who does not read the number does not mind
			want = nil
		}
		for what, err := range map[string]error{"kept": strictjson.Decode(wrapped, &kept), "unknown": strictjson.Decode(wrapped, &struct{}{})} {
			if !matches(err, want) {
				t.Errorf("%s, %s: %v, want %v", name, what, err, want)
			}
		}
		// As a whole body. A value that is no object is of the wrong type, which is told of a text that keeps every rule.
		if err := strictjson.Decode(text, &read); !matches(err, want) && !(want == nil && errors.Is(err, strictjson.ErrType)) {
			t.Errorf("%s as a body: %v, want %v", name, err, want)
		}
	}
}
