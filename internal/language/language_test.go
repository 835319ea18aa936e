package language_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/language"
)

func TestPick(t *testing.T) {
	for header, want := range map[string]string{
		"":                                "",
		"de":                              "de",
		"de-CH":                           "de",
		"DE-at":                           "de",
		"ar-EG,en;q=0.8":                  "ar",
		"zh-Hant-TW":                      "zh",
		"en;q=0.3, fr;q=0.9":              "fr",
		"it, es;q=0.5":                    "es",
		"it, ja":                          "",
		"fr, de":                          "fr",
		"de;q=0":                          "",
		"*":                               "en",
		"it, *;q=0.1":                     "en",
		"de;q=0.5, *;q=0.9":               "en",
		"es; Q=0.5, de; q=0.4":            "es",
		"de;q=NaN, es;q=0.1":              "es",
		"de;q=7, es;q=0.1":                "es",
		"de;q=-1, es;q=0.1":               "es",
		"de;q=x":                          "",
		"de;level=1":                      "de",
		",,;,":                            "",
		"d, e":                            "",
		"-de":                             "",
		strings.Repeat("it,", 19) + "de":  "de",
		strings.Repeat("it,", 20) + "de":  "",
		strings.Repeat("x", 2000) + ",de": "",
	} {
		if got := language.Pick([]string{header}, language.Known()); got != want {
			t.Errorf("%.60q picks %q, want %q", header, got, want)
		}
	}
	if got := language.Pick([]string{"it", "de;q=0.5"}, language.Known()); got != "de" {
		t.Errorf("two headers pick %q", got)
	}
	if got := language.Pick([]string{"*"}, nil); got != "" {
		t.Errorf("of none is picked %q", got)
	}
}

func TestMatchPrefersTheNearest(t *testing.T) {
	known := []string{"pt", "pt-BR", "zh-Hant"}
	for tag, want := range map[string]string{
		"pt-br": "pt-BR", "pt-BR-abl1943": "pt-BR", "pt-PT": "pt", "zh-hant-tw": "zh-Hant", "zh": "", "": "", "-": "", "p": "", "ptx": "",
	} {
		if got := language.Match(tag, known); got != want {
			t.Errorf("%q is %q, want %q", tag, got, want)
		}
	}
}

// What is cut off is cut between two languages, never inside one.
func TestBounded(t *testing.T) {
	long := strings.Repeat("de-CH,", 300)
	got := language.Bounded([]string{long})
	if len(got) > 1024 || !strings.HasPrefix(long, got) || !strings.HasSuffix(got, "CH,") {
		t.Errorf("%d bytes, …%q", len(got), got[len(got)-9:])
	}
	if got := language.Bounded([]string{"a", "b"}); got != "a,b" {
		t.Error(got)
	}
}

func TestDirection(t *testing.T) {
	for tag, want := range map[string]string{"ar": "rtl", "ar-EG": "rtl", "HE": "rtl", "en": "ltr", "zh": "ltr", "": "ltr", "arn": "ltr"} {
		if got := language.Direction(tag); got != want {
			t.Errorf("%q is written %q", tag, got)
		}
	}
}

// FuzzPick: whatever a header holds, what comes out is known, and asked for by name, prefix or star.
func FuzzPick(f *testing.F) {
	for _, seed := range []string{"de-CH, en;q=0.8, *;q=0.1", "de;q=", ";q=1", "ar\x00,zh;q=0.0001", "*;q=1e-9"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		got := language.Pick([]string{header}, language.Known())
		if got == "" {
			return
		}
		if !slices.Contains(language.Known(), got) {
			t.Fatalf("%q is not known", got)
		}
		if !strings.Contains(strings.ToLower(header), got) && !strings.Contains(header, "*") {
			t.Fatalf("%q is not asked for", got)
		}
	})
}
