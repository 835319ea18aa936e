package passhash_test

import (
	"os"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/passhash"
)

// Every row of the table is told of where hosts look.
func TestTheGuideNamesEveryFormat(t *testing.T) {
	guide, err := os.ReadFile("../../docs/guides/import.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, prefix := range passhash.Prefixes() {
		general := strings.NewReplacer(".HEX}", "}", ".B64}", "}").Replace(prefix) // told of for all digests at once
		if !strings.Contains(strings.ToUpper(string(guide)), "`"+strings.ToUpper(general)) {
			t.Errorf("%s is not in docs/guides/import.md", prefix)
		}
	}
}
