package passhash_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/passhash"
)

// withoutEncoding takes away what Dovecot says of all digests alike.
var withoutEncoding = strings.NewReplacer(".HEX}", "}", ".B64}", "}", ".BASE64}", "}")

// Every row of the table is told of where hosts look.
func TestTheGuideNamesEveryFormat(t *testing.T) {
	guide, err := os.ReadFile("../../docs/guides/hashes.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ToUpper(strings.ReplaceAll(string(guide), `\|`, "|")) // as tables have it
	for _, prefix := range passhash.Prefixes() {
		if !strings.Contains(text, "`"+strings.ToUpper(withoutEncoding.Replace(prefix))) {
			t.Errorf("%s is not in docs/guides/hashes.md", prefix)
		}
	}
}

// foreignHash is a hash of formats.json.
type foreignHash struct {
	Format, Password, Hash, Source, Pepper string
	Long, Extra                            bool
}

// Every format that is read is read as its program writes it, and takes one password. Each hash names its source.
func TestHashesOfEveryFormat(t *testing.T) {
	text, err := os.ReadFile("testdata/hashes/formats.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []foreignHash
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	var begun []string
	tried := 0
	for _, s := range all {
		h, err := passhash.Parse(passhash.Bcrypt{Pepper: s.Pepper, Cut: s.Long}.Of(s.Hash))
		if s.Extra && err != nil {
			continue
		}
		if err != nil || !h.Verify(s.Password) {
			t.Errorf("%s, %s: %s: %v", s.Format, s.Source, s.Hash, err)
			continue
		}
		tried++
		if h.Verify("x" + s.Password) {
			t.Errorf("%s, %s: %s takes another password", s.Format, s.Source, s.Hash)
		}
		begun = append(begun, strings.ToUpper(s.Hash))
	}
	for _, s := range foreignSamples(t) {
		if s.Expect == "ok" {
			begun = append(begun, strings.ToUpper(s.Hash))
		}
	}
	for _, prefix := range passhash.Prefixes() {
		prefix = withoutEncoding.Replace(prefix)
		ours := strings.HasPrefix(prefix, "$wrapped$") || strings.HasPrefix(prefix, "$bcrypt-cut") || strings.HasPrefix(prefix, "$bcrypt-pepper")
		if !ours && !slices.ContainsFunc(begun, func(text string) bool { return strings.HasPrefix(text, strings.ToUpper(prefix)) }) {
			t.Errorf("no hash begins with %s", prefix)
		}
	}
	if tried < 180 {
		t.Errorf("only %d of %d hashes were tried", tried, len(all))
	}
}
