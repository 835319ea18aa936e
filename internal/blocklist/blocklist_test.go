package blocklist_test

import (
	_ "embed"
	"slices"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/blocklist"
)

//go:embed passwords.txt
var file string

func lines(t *testing.T) []string {
	t.Helper()
	text, ok := strings.CutSuffix(file, "\n")
	if !ok {
		t.Fatal("the list does not end in a newline")
	}
	return strings.Split(text, "\n")
}

func TestListIsWellFormed(t *testing.T) {
	words := lines(t)
	if len(words) < 3000 {
		t.Fatalf("%d entries, want at least 3000", len(words))
	}
	if !slices.IsSorted(words) {
		t.Error("the list is not sorted by bytes")
	}
	for i, w := range words {
		if i > 0 && w == words[i-1] {
			t.Errorf("%q is listed twice", w)
		}
		if len(w) < 8 {
			t.Errorf("%q is shorter than 8", w)
		}
		if w != strings.ToLower(w) {
			t.Errorf("%q is not in lower case", w)
		}
		if strings.IndexFunc(w, func(r rune) bool { return r <= ' ' || r > '~' }) >= 0 {
			t.Errorf("%q is not printable ASCII", w)
		}
	}
}

func TestEveryListedPasswordIsCommonInAnyCase(t *testing.T) {
	for _, w := range lines(t) {
		title := strings.ToUpper(w[:1]) + w[1:]
		for _, spelling := range []string{w, strings.ToUpper(w), title} {
			if !blocklist.Common(spelling) {
				t.Errorf("%q is not refused", spelling)
			}
		}
	}
}

func TestOtherPasswordsAreNotCommon(t *testing.T) {
	words := lines(t)
	known := make(map[string]bool, len(words))
	for _, w := range words {
		known[w] = true
	}
	for _, w := range words {
		for _, other := range []string{w[:7], w + "~", "!" + w, w + "\n", w[:len(w)-1]} {
			if !known[other] && blocklist.Common(other) {
				t.Errorf("%q is refused and not listed", other)
			}
		}
	}
}

func TestCommon(t *testing.T) {
	cases := []struct {
		name, password string
		want           bool
	}{
		{"lower case", "password1", true},
		{"title case", "Password1", true},
		{"upper case", "TRUSTNO1", true},
		{"empty", "", false},
		{"newline only", "\n", false},
		{"two listed lines", "password\npassword1", false},
		{"random", "vT9qk2LmZx0e", false},
		{"random words", "correct horse battery staple", false},
		{"Kelvin sign is not k", "bac\u212Ayard", false},
		{"very long", strings.Repeat("password", 1<<17), false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := blocklist.Common(c.password); got != c.want {
				t.Errorf("Common(%.40q) = %v, want %v", c.password, got, c.want)
			}
		})
	}
}

func BenchmarkCommon(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		blocklist.Common("vT9qk2LmZx0e")
	}
}
