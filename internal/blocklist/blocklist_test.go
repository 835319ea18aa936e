package blocklist_test

import (
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/blocklist"
)

func TestCommon(t *testing.T) {
	cases := []struct {
		name, password string
		want           bool
	}{
		{"lower case", "password1", true},
		{"title case", "Password1", true},
		{"upper case", "TRUSTNO1", true},
		{"one of a year that is new", "Admin@123", true},
		{"beyond ASCII", "contraseña", true},
		{"beyond ASCII in upper case", "CONTRASEÑA", true},
		{"twice", "passwordPASSWORD", true},
		{"twice and a half", "passwordpasswordpass", true},
		{"and somebody's own words", "password of my cats", false},
		{"empty", "", false},
		{"newline only", "\n", false},
		{"two listed lines", "password\npassword1", false},
		{"what stands in the file", "\x00password", false},
		{"random", "vT9qk2LmZx0e", false},
		{"random words", "correct horse battery staple", false},
		{"Kelvin sign is not k", "bac\u212Ayard", false},
		{"no text", "pass\xffword", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := blocklist.Common(c.password); got != c.want {
				t.Errorf("Common(%.40q) = %v, want %v", c.password, got, c.want)
			}
		})
	}
}

func TestPredictable(t *testing.T) {
	cases := map[string][]string{
		"a piece repeated":           {"aaaaaaaa", "AAAAaaaa", "abcabcabc", "abcabcab", "12121212", "hunter2hunter2", "ййййийййййи", "        "},
		"a run":                      {"87654321", "abcdefgh", "ZYXWVUTS", "qwertyuiop", "poiuytrewq", "asdfghjkl;'", "!@#$%^&*", "йцукенгш", "azertyuiop", "qwertzui"},
		"runs":                       {"aaaa1111", "abcd1234", "1234qwer", "abc123xyz789", "1qaz2wsx", "!QAZ2wsx", "qazwsxedc", "zaq1xsw2", "123454321", "11112222333"},
		"runs with little besides":   {"aaaaaaa1", "12345678a", "qwertyuiop1!", "a1234567", "abcdefgh-1", strings.Repeat("x", 1022) + "ab"},
		"runs woven into each other": {"1a2b3c4d", "1q2w3e4r", "q1w2e3r4t5", "a b c d e f g"},
	}
	for what, passwords := range cases {
		for _, p := range passwords {
			if !blocklist.Predictable(p) {
				t.Errorf("%s: %q is not refused", what, p)
			}
		}
	}
	for _, p := range []string{
		"correct horse battery staple", "vT9qk2LmZx0e", "horse1234", "aaa battery", "abcd-horse", "tiger2000", "1984 by Orwell",
		"hello world", "battery battery", "battery 9 battery 9 ", "qwertyhorse", "asdfghowl", "пароль кота", "犬猫鳥魚馬牛羊豚",
	} {
		if blocklist.Predictable(p) || blocklist.Common(p) {
			t.Errorf("%q is refused", p)
		}
	}
}

func BenchmarkCommon(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		blocklist.Common("vT9qk2LmZx0e")
	}
}

// The longest that a policy takes, and nothing in it ends the search early.
func BenchmarkPredictableLong(b *testing.B) {
	long := strings.Repeat("abc", 340) + "xyzq"
	b.ReportAllocs()
	for b.Loop() {
		blocklist.Predictable(long)
	}
}
