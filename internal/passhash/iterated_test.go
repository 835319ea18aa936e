package passhash_test

import (
	"strings"
	"testing"
)

// What is digested again in each round costs rounds times its length: long passwords are refused, and not cut. The
// hashes are of glibc's crypt(3).
func TestIteratedDigestsTakePasswordsOf256Bytes(t *testing.T) {
	long := strings.Repeat("a long password of many words, ", 10)
	for _, c := range []struct {
		length  int
		encoded string
		want    bool
	}{
		{256, "$1$saltsalt$aVUOkioAF4Vrha0hzBI.b0", true},
		{257, "$1$saltsalt$h07kbNcQ5voD9Esmrf5l/0", false},
		{256, "$5$rounds=1000$saltsalt$suUCnHQYyha1cySMzd2VRfq44KUcaaevOsFeFYHe4E8", true},
		{257, "$5$rounds=1000$saltsalt$6B3yHDxb0ifBtAZWt0kFb4WVZcoR5ellOI.L2C91ui3", false},
	} {
		h := parse(t, c.encoded)
		if got := h.Verify(long[:c.length]); got != c.want {
			t.Errorf("%s: %d bytes: %t", c.encoded, c.length, got)
		}
		if !h.Weak() {
			continue
		}
		text, err := h.Wrap(nil, wrapping)
		if err != nil {
			t.Fatal(err)
		}
		if got := parse(t, text).Verify(long[:c.length]); got != c.want {
			t.Errorf("%s, wrapped: %d bytes: %t", c.encoded, c.length, got)
		}
	}
}
