package bench_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/bench"
)

// TestLists fills a store as a console may have to show it, and wants each page within a tenth of a second. With
// TOLLKEEPER_BENCH_LISTS it does so with a million of everything, and prints the table of docs/PERFORMANCE.md.
func TestLists(t *testing.T) {
	n := 2_000
	if os.Getenv("TOLLKEEPER_BENCH_LISTS") != "" {
		n = 1_000_000
	}
	all, err := bench.Lists(t.Context(), setup(t), n)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range all {
		t.Logf("| %s, %s | %d | %v | %v |", l.Store, l.What, l.Rows, l.Median.Round(10*time.Microsecond), l.First.Round(10*time.Microsecond))
		once := strings.Contains(l.What, "sums") || strings.Contains(l.What, "how many") // which the core remembers
		if n == 1_000_000 && l.Median > 100*time.Millisecond && !once {
			t.Errorf("%s, %s takes %v", l.Store, l.What, l.Median)
		}
	}
}
