package blocklist_test

import (
	"bytes"
	"compress/gzip"
	"flag"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tollkeeper/tollkeeper/internal/blocklist"
)

var update = flag.Bool("update", false, "write passwords.bin and words.bin anew from the lists in testdata")

const (
	least   = 8  // bytes of a password that can be one
	longest = 21 // bytes of the longest that is listed
	whole   = 32 // of so many words at least one is written whole
)

// source returns the words of a list in testdata that have so many bytes, as they stand there.
func source(t *testing.T, name string, shortest int) []string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(name, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(raw))
		if err == nil {
			raw, err = io.ReadAll(z)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var words []string
	for line := range strings.Lines(string(raw)) {
		if word := strings.TrimRight(line, "\r\n"); len(word) >= shortest && utf8.ValidString(word) {
			words = append(words, word)
		}
	}
	return words
}

// sources lists the lists and how many passwords of each can be one. README.md says where each comes from.
var sources = map[string]int{
	"seclists-top-100000.txt.gz": 39_330,
	"seclists-2025-199.txt":      146,
	"django.txt.gz":              8_479,
	"zxcvbn.txt.gz":              11_611,
}

// list returns every password of the sources, as it is listed.
func list(t *testing.T) []string {
	t.Helper()
	words := map[string]bool{}
	for name := range sources {
		for _, w := range source(t, name, least) {
			words[strings.ToLower(w)] = true
		}
	}
	return slices.Sorted(maps.Keys(words))
}

// encode writes sorted words as passwords.bin has them.
func encode(t *testing.T, words []string) []byte {
	t.Helper()
	var out []byte
	before := ""
	for i, w := range words {
		if len(w) > longest || strings.ContainsFunc(w, func(r rune) bool { return r < ' ' }) {
			t.Fatalf("%q cannot be written", w)
		}
		shared := 0
		for i%whole != 0 && shared < min(len(w), len(before)) && w[shared] == before[shared] {
			shared++
		}
		out = append(append(out, byte(shared)), w[shared:]...)
		before = w
	}
	return out
}

// The lists are those in testdata, and nothing else.
func TestListIsMadeOfItsSources(t *testing.T) {
	for name, list := range map[string][]string{"passwords.bin": list(t), "words.bin": words(t)} {
		want := encode(t, list)
		if *update {
			if err := os.WriteFile(name, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not made of testdata: go test ./internal/blocklist -update", name)
		}
	}
}

// Every password of every source that has eight bytes is refused, however it is written.
func TestEveryListedPasswordIsCommonInAnyCase(t *testing.T) {
	for name, count := range sources {
		words := source(t, name, least)
		if len(words) != count {
			t.Errorf("%s has %d passwords, want %d", name, len(words), count)
		}
		for _, w := range words {
			_, size := utf8.DecodeRuneInString(w)
			title := strings.ToUpper(w[:size]) + w[size:]
			for _, spelling := range []string{w, strings.ToLower(w), strings.ToUpper(w), title} {
				if !blocklist.Common(spelling) {
					t.Errorf("%s: %q is not refused", name, spelling)
				}
			}
		}
	}
}

func TestOtherPasswordsAreNotCommon(t *testing.T) {
	words := list(t)
	known := make(map[string]bool, len(words))
	for _, w := range words {
		known[w] = true
	}
	for _, w := range words {
		for _, other := range []string{w[:7], w + "~", "!" + w, w + "\n", w[:len(w)-1], "\x00" + w, w + "\x00" + w} {
			if !known[other] && blocklist.Common(other) && !known[other[:min(8, len(other))]] {
				t.Errorf("%q is refused and not listed", other)
			}
		}
	}
}
