//go:build race

package tollkeeper_test

import (
	"flag"
	"log"
	"os"
	"testing"
)

// TestMain leaves the examples out below the race detector, where what they hash at full cost takes ten times as long,
// and what writes megabytes: they do one thing after the other, and scripts/check runs them without.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.skip", "^Example|^TestFiftyPasskeysMove$"); err != nil {
		log.Fatal(err)
	}
	os.Exit(m.Run())
}
