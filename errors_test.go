package tollkeeper_test

import (
	"errors"
	"testing"

	"github.com/tollkeeper/tollkeeper"
)

// Errors compare by code, and by field where the sentinel has one; every code is listed once.
func TestErrors(t *testing.T) {
	seen := map[tollkeeper.Code]bool{}
	for _, c := range tollkeeper.Codes() {
		if seen[c] || c == "" {
			t.Errorf("%q twice or empty", c)
		}
		seen[c] = true
	}
	if errors.Is(tollkeeper.ErrConflict, tollkeeper.ErrEmailTaken) || !errors.Is(&tollkeeper.Error{Code: "conflict", Field: "x"}, tollkeeper.ErrConflict) {
		t.Error("errors.Is does not look at codes")
	}
	if (&tollkeeper.Error{Code: "some_code"}).Error() != "some code" {
		t.Error("a code without a text must speak for itself")
	}
}
