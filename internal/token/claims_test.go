package token_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/token"
)

// The ids of a token are read in one spelling, and to what package uuid reads there.
func TestIDsAreReadInOneSpelling(t *testing.T) {
	good := account.String()
	for i := range len(good) {
		for c := range 256 {
			text := good[:i] + string([]byte{byte(c)}) + good[i+1:]
			want, err := uuid.Parse(text)
			id, ok := token.ParseID(text)
			if ok != (err == nil && want.String() == text) || ok && id != want {
				t.Fatalf("%q is read as %s, %t", text, id, ok)
			}
		}
	}
	for _, text := range []string{"", good[1:], good + "0", "{" + good + "}", "urn:uuid:" + good, strings.ReplaceAll(good, "-", "")} {
		if _, ok := token.ParseID(text); ok {
			t.Errorf("%q is read", text)
		}
	}
}
