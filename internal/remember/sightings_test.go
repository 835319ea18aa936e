package remember_test

import (
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/remember"
)

func TestSightings(t *testing.T) {
	var s remember.Sightings
	slots := uint64(len(s))
	for i, step := range []struct {
		hash  uint64
		again bool
	}{
		{1, false}, {1, true}, {1, true},
		{2, false}, {1, true}, // another slot
		{1 + slots, false}, {1, false}, {1 + slots, false}, {1 + slots, true}, // the same one
	} {
		if got := s.Again(step.hash); got != step.again {
			t.Errorf("step %d: %t", i, got)
		}
	}
}
