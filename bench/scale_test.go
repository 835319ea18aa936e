package bench_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/bench"
)

// TestScale measures nothing: it shows that each store is filled and swept, and that every cell of a row gets a value.
func TestScale(t *testing.T) {
	for _, part := range bench.ScaleParts() {
		t.Run(part.Name, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			s.Small = true
			tables, err := part.Measure(t.Context(), s, 600)
			if errors.Is(err, bench.ErrNoServer) && os.Getenv("TOLLKEEPER_TEST_STRICT") != "1" {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			for name, table := range tables {
				if !strings.Contains(table, "| ") || strings.Contains(table, "–") || strings.Contains(table, " 0 B ") {
					t.Errorf("%s:\n%s", name, table)
				}
			}
		})
	}
}
