package canon_test

import (
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/canon"
)

func TestFormsOfCodesAndTokens(t *testing.T) {
	long, short := strings.Repeat("aZ0_-7x", 7)[:43], "ABCXYZ012789"
	for name, form := range map[string]struct {
		valid func(string) bool
		good  string
		bad   []string
	}{
		"code":        {canon.ValidCode, "012345", []string{"12345", "1234567", "12345a", " 12345", "12345\n", "١٢٣٤٥٦", "+12345"}},
		"token":       {canon.ValidToken, long, []string{long[1:], long + "A", long[1:] + "+", long[1:] + "=", long[1:] + "\n", short}},
		"short token": {canon.ValidShortToken, short, []string{short[1:], short + "A", strings.ToLower(short), short[1:] + "-", short[1:] + "\n", long}},
	} {
		if !form.valid(form.good) {
			t.Errorf("%q is no %s", form.good, name)
		}
		for _, s := range append(form.bad, "") {
			if form.valid(s) {
				t.Errorf("%q is a %s", s, name)
			}
		}
	}
}

func TestRecoveryCode(t *testing.T) {
	const plain = "abcdefghijkl2345"
	for s, want := range map[string]string{
		plain: plain, "abcd-efgh-ijkl-2345": plain, "ABCD EFGH IJKL 2345": plain, "  a-b-c-dEFGHijkl2345-": plain,
		"": "", "abcd": "", plain + "x": "", plain[1:]: "", "abcd\tefgh\tijkl\t2345": plain, "abcd.efgh.ijkl.2345": "",
		"abcd\u00a0efgh\u202fijkl\u00a02345\n": plain, "abcd\u2011efgh\u2010ijkl\u20112345": plain, "abcdefghijkl\uff12\uff13\uff14\uff15": plain,
		"ABCD EFGH\u2010ijkl-\uff123\uff145": plain, "abcd\u2013efgh\u2013ijkl\u20132345": "", "\uff41bcdefghijkl2345": "", "abcdefghijkl\u0662345": "",
		plain + strings.Repeat(" ", 112): plain, plain + strings.Repeat(" ", 113): "",
	} {
		if got, ok := canon.RecoveryCode(s); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %t, want %q", s, got, ok, want)
		}
	}
}
