package sqlite_test

import (
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/timing"
)

func TestTiming(t *testing.T) {
	t.Parallel()
	timing.Run(t, open(t, file(t)))
}
