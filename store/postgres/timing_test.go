package postgres_test

import (
	"os"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/timing"
)

func TestTiming(t *testing.T) {
	if os.Getenv("TOLLKEEPER_TIMING") == "" {
		t.Skip("TOLLKEEPER_TIMING is no number: time is told on store/memory alone")
	}
	t.Parallel()
	s, _ := migrated(t, database(t))
	timing.Run(t, s)
}
