package canon_test

import (
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/canon"
)

func TestLower(t *testing.T) {
	for s, want := range map[string]string{
		"": "", "AZaz09[@`{": "azaz09[@`{", "\u212aK": "\u212ak", "ÄÖ": "ÄÖ", "İ": "İ",
	} {
		if got := canon.Lower(s); got != want {
			t.Errorf("%q becomes %q, want %q", s, got, want)
		}
	}
}

func TestIsAlphanumeric(t *testing.T) {
	for _, r := range "azAZ09" {
		if !canon.IsAlphanumeric(r) {
			t.Errorf("%q is none", r)
		}
	}
	for _, r := range "\x00 /:@[`{\x7fä\u0661\uff11\ufffd" {
		if canon.IsAlphanumeric(r) {
			t.Errorf("%q is one", r)
		}
	}
}

func TestHasControl(t *testing.T) {
	for s, want := range map[string]bool{
		"": false, " ~": false, "ä": false, "a\u2028b": false, "\u0085": false, "\xff": false,
		"a\nb": true, "\r": true, "\x00": true, "a\t": true, "\x1f": true, "\x7f": true,
	} {
		if got := canon.HasControl(s); got != want {
			t.Errorf("%q: %t, want %t", s, got, want)
		}
	}
}

func TestValidLine(t *testing.T) {
	for s, want := range map[string]bool{
		"": true, "a<b>": true, "Łódź": true, "1234567": true, "\ufffd": true,
		"12345678": false, "äöüß": false, "a\nb": false, "\xff": false, "a\xc3": false, "\x7f": false,
	} {
		if got := canon.ValidLine(s, 7); got != want {
			t.Errorf("%q: %t, want %t", s, got, want)
		}
	}
}
