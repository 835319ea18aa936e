package strictjson_test

import (
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tollkeeper/tollkeeper/internal/strictjson"
)

func TestRead(t *testing.T) {
	broken := errors.New("connection reset")
	for name, c := range map[string]struct {
		r     io.Reader
		limit int64
		want  string
		err   error
	}{
		"under":           {strings.NewReader("abc"), 4, "abc", nil},
		"at the limit":    {strings.NewReader("abcd"), 4, "abcd", nil},
		"one over":        {strings.NewReader("abcde"), 4, "", strictjson.ErrTooLarge},
		"byte by byte":    {iotest.OneByteReader(strings.NewReader("abcde")), 4, "", strictjson.ErrTooLarge},
		"empty":           {strings.NewReader(""), 0, "", nil},
		"zero limit":      {strings.NewReader("a"), 0, "", strictjson.ErrTooLarge},
		"negative limit":  {strings.NewReader("a"), -5, "", strictjson.ErrTooLarge},
		"largest limit":   {strings.NewReader("a"), math.MaxInt64, "a", nil},
		"broken":          {io.MultiReader(strings.NewReader("ab"), iotest.ErrReader(broken)), 4, "", broken},
		"cut by the peer": {iotest.ErrReader(io.ErrUnexpectedEOF), 4, "", io.ErrUnexpectedEOF},
	} {
		got, err := strictjson.Read(make([]byte, 1, 3), c.r, c.limit)
		if string(got) != c.want || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
			t.Errorf("%s: %q, %v; want %q, %v", name, got, err, c.want, c.err)
		}
	}
}

func TestReadStopsAtTheLimit(t *testing.T) {
	endless := strings.NewReader(strings.Repeat("x", 1<<20))
	if _, err := strictjson.Read(nil, endless, 16<<10); !errors.Is(err, strictjson.ErrTooLarge) {
		t.Fatal(err)
	}
	if read := 1<<20 - endless.Len(); read != 16<<10+1 {
		t.Errorf("read %d bytes of an endless body", read)
	}
}
