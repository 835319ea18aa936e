package canon_test

import (
	"net/mail"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/canon"
)

func TestEmail(t *testing.T) {
	long := func(local, domain int) string {
		return strings.Repeat("l", local) + "@" + strings.Repeat("d", domain-len(".example")) + ".example"
	}
	for s, want := range map[string]string{
		"a@b.c":                           "a@b.c",
		"A.B+c@Example.COM":               "a.b+c@example.com",
		"!#$%&'*+-/=?^_`{|}~@example.com": "!#$%&'*+-/=?^_`{|}~@example.com",
		"a@xn--e1afmkfd.xn--p1ai":         "a@xn--e1afmkfd.xn--p1ai",
		"a@1.example":                     "a@1.example",
		"a@127.0.0.1.example":             "a@127.0.0.1.example",
		"a@example.x1":                    "a@example.x1",
		"=?x@example.com":                 "=?x@example.com",
		"x?=y=?z@example.com":             "x?=y=?z@example.com",
		long(64, 20):                      long(64, 20),
		long(65, 20):                      "",
		long(1, 71):                       long(1, 71), // a label of 63
		long(1, 72):                       "",
		long(64, 20) + strings.Repeat(".example", 21):        long(64, 20) + strings.Repeat(".example", 21), // 253
		long(64, 20) + strings.Repeat(".example", 21) + ".a": "",
		"":                                "",
		"@":                               "",
		"a":                               "",
		"@b.c":                            "",
		"a@":                              "",
		"a@b":                             "", // no dot: a machine of somebody's network
		"a@@b.c":                          "",
		"a@b@c.d":                         "",
		" a@b.c":                          "",
		"a@b.c\r\n":                       "",
		"a b@c.d":                         "",
		"\"a\"@b.c":                       "",
		"x <a@b.c>":                       "",
		"a(x)@b.c":                        "",
		".a@b.c":                          "",
		"a.@b.c":                          "",
		"a..b@c.d":                        "",
		"a@.b.c":                          "",
		"a@b..c":                          "",
		"a@b.c.":                          "",
		"a@-b.c":                          "",
		"a@b-.c":                          "",
		"a@b_c.d":                         "",
		"a@[127.0.0.1]":                   "",
		"=?utf-8?q?a?=@b.c":               "",
		"x=?utf-8?q?a=40c.d=3e=00?=y@b.c": "",
		"=?x?=@b.c":                       "",
		"a@127.0.0.1":                     "",
		"a@10.1":                          "",
		"a@example.1":                     "",
		"\u212a@b.c":                      "", // a Kelvin sign, which Unicode folds onto k
		"a@b\u212a.c":                     "",
		"\xff@b.c":                        "",
		"\ufffd@b.c":                      "",
		"a@b.c\x00":                       "",
		"a@ex\u00e4mple.com":              "",
		"a@example\u3002com":              "",
		"a\u200b@example.com":             "",
	} {
		if got, ok := canon.Email(s); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %t, want %q", s, got, ok, want)
		}
	}
}

// What is accepted is one plain address in one canonical form, which is stable and which net/mail reads the same.
func FuzzEmail(f *testing.F) {
	for _, s := range []string{"a@b.c", "A.B+c@Example.COM", "a@b", "@", "a@@b.c", "a b@c.d", "\"a\"@b.c", "a@[127.0.0.1]", "a@-b.c", ".a@b.c", "K@b.c", "\u212a@b.c", "a@b.c\r\n", "a@xn--e1afmkfd.xn--p1ai", "x <a@b.c>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		key, ok := canon.Email(s)
		if !ok {
			if key != "" {
				t.Fatalf("%q is refused and gives %q", s, key)
			}
			return
		}
		again, ok := canon.Email(key)
		if !ok || again != key || !strings.EqualFold(s, key) || len(key) != len(s) || strings.Count(key, "@") != 1 {
			t.Fatalf("%q became %q, then %q (%t)", s, key, again, ok)
		}
		if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"(),:;<>[\\]", r) }) {
			t.Fatalf("%q has a character that needs quoting", key)
		}
		if a, err := mail.ParseAddress(s); err != nil || a.Address != s || a.Name != "" {
			t.Fatalf("net/mail reads %q as %v (%v)", s, a, err)
		}
	})
}
