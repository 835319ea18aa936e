package postgres_test

import (
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/timing"
)

func TestTiming(t *testing.T) {
	t.Parallel()
	s, _ := migrated(t, database(t))
	timing.Run(t, s)
}
