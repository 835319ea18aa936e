package family

import (
	"bytes"
	"strings"
	"testing"
)

// What a request was read into, and what its answer was written on, is the next one's: nothing of a password or a token
// is left there.
func TestMemoryOfARequestIsWiped(t *testing.T) {
	body := new(room)
	for i := range body {
		body[i] = 's'
	}
	body.free()
	if n := left(body[:]); n > 0 {
		t.Errorf("%d bytes of a body are left", n)
	}
	for _, size := range []int{1, 2 << 10, 2 * largeSheet} {
		s, err := encode(strings.Repeat("s", size))
		if err != nil {
			t.Fatal(err)
		}
		written := s.Bytes()
		if len(written) <= size {
			t.Fatalf("%d bytes are written of %d", len(written), size)
		}
		s.free()
		if n := left(written); n > 0 {
			t.Errorf("%d bytes of an answer of %d are left", n, size)
		}
	}
}

// left counts the bytes that are not zero.
func left(b []byte) int { return len(b) - bytes.Count(b, []byte{0}) }
