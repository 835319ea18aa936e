package language_test

import (
	"slices"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/language"
)

func TestPlural(t *testing.T) {
	for tag, forms := range map[string]map[string][]int64{
		"en":    {"one": {1}, "other": {0, 2, 11, 1_000_000}},
		"de":    {"one": {1}, "other": {0, 2, 101}},
		"fr":    {"one": {0, 1}, "other": {2, 100}, "many": {1_000_000, 3_000_000}},
		"es":    {"one": {1}, "other": {0, 2, 100}, "many": {1_000_000}},
		"zh":    {"other": {0, 1, 2, 100}},
		"ar":    {"zero": {0}, "one": {1}, "two": {2}, "few": {3, 10, 103, 110}, "many": {11, 26, 99, 111}, "other": {100, 101, 102, 200, 1_000_000}},
		"ar-EG": {"two": {2}},
		"it":    {"one": {1}, "other": {0, 2}},
	} {
		for form, numbers := range forms {
			for _, n := range numbers {
				if got := language.Plural(tag, n); got != form || !slices.Contains(language.Forms(tag), got) {
					t.Errorf("%d in %s is %q, want %q", n, tag, got, form)
				}
			}
		}
	}
}

func TestNumber(t *testing.T) {
	for tag, want := range map[string][3]string{
		"en": {"999", "1,234", "-1,234,567"}, "de": {"999", "1.234", "-1.234.567"}, "fr": {"999", "1\u202f234", "-1\u202f234\u202f567"},
		"es": {"999", "1234", "-1.234.567"}, "zh": {"999", "1,234", "-1,234,567"}, "ar": {"999", "1,234", "-1,234,567"}, "it": {"999", "1234", "-1234567"},
	} {
		for i, n := range []int64{999, 1234, -1_234_567} {
			if got := language.Number(tag, n); got != want[i] {
				t.Errorf("%d in %s is %q, want %q", n, tag, got, want[i])
			}
		}
	}
}

func TestDates(t *testing.T) {
	at := time.Date(2026, 3, 1, 23, 5, 59, 0, time.FixedZone("", -3600)) // 2 March in UTC, five past midnight
	for tag, want := range map[string]string{
		"en": "2 March 2026, 00:05 UTC", "de": "2. März 2026, 00:05 UTC", "fr": "2 mars 2026 à 00:05 UTC", "es": "2 de marzo de 2026, 00:05 UTC",
		"zh": "2026年3月2日 00:05 UTC", "ar": "2 مارس 2026، 00:05 UTC", "it": "2026-03-02 00:05 UTC", "de-AT": "2. März 2026, 00:05 UTC",
	} {
		if got := language.DateTime(tag, at); got != want {
			t.Errorf("in %s it is %q, want %q", tag, got, want)
		}
	}
	if got := language.Date("fr", time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)); got != "1er août 2026" {
		t.Error(got)
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		5 * time.Minute: "5 minutes", 30 * time.Minute: "30 minutes", time.Minute: "1 minute", time.Hour: "60 minutes",
		119*time.Minute + 59*time.Second: "119 minutes", 2 * time.Hour: "2 hours", 24 * time.Hour: "24 hours",
		24*time.Hour + 59*time.Minute: "24 hours", 59 * time.Second: "59 seconds",
	} {
		if got := language.Duration("en", d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
	for tag, want := range map[string][4]string{
		"de": {"1 Minute", "2 Minuten", "15 Minuten", "24 Stunden"}, "fr": {"1 minute", "2 minutes", "15 minutes", "24 heures"},
		"es": {"1 minuto", "2 minutos", "15 minutos", "24 horas"}, "zh": {"1 分钟", "2 分钟", "15 分钟", "24 小时"},
		"ar": {"دقيقة واحدة", "دقيقتين", "15 دقيقة", "24 ساعة"}, "it": {"1 min", "2 min", "15 min", "24 h"},
	} {
		for i, d := range []time.Duration{time.Minute, 2 * time.Minute, 15 * time.Minute, 24 * time.Hour} {
			if got := language.Duration(tag, d); got != want[i] {
				t.Errorf("%v in %s is %q, want %q", d, tag, got, want[i])
			}
		}
	}
	if got := language.Duration("ar", 5*time.Minute); got != "5 دقائق" {
		t.Error(got)
	}
}

func TestWait(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "later", -1: "later", 1: "in 1 second", time.Second: "in 1 second", time.Second + 1: "in 2 seconds", 59*time.Second + 1: "in 1 minute",
		time.Minute + 1: "in 2 minutes", 59*time.Minute + 1: "in 1 hour", time.Hour + 1: "in 2 hours",
	} {
		if got := language.Wait("en", d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
	for tag, want := range map[string]string{
		"de": "in 30 Sekunden", "fr": "dans 30 secondes", "es": "dentro de 30 segundos", "zh": "30 秒后", "ar": "بعد 30 ثانية", "it": "in 30 seconds",
	} {
		if got := language.Wait(tag, 30*time.Second); got != want {
			t.Errorf("in %s it is %q, want %q", tag, got, want)
		}
	}
}

// Every known language has all its words: nothing that is written has a hole in it.
func TestKnownLanguagesAreWhole(t *testing.T) {
	for _, tag := range language.Known() {
		for n := range 112 {
			for _, unit := range []time.Duration{time.Second, time.Minute, 2 * time.Hour} {
				d := time.Duration(n) * unit
				if got := language.Duration(tag, d) + language.Wait(tag, d); slices.Contains([]rune(got), '{') || got == "" {
					t.Errorf("%v in %s is %q", d, tag, got)
				}
			}
		}
		for month := range 12 {
			if got := language.Date(tag, time.Date(2026, time.Month(month+1), 9, 0, 0, 0, 0, time.UTC)); len(got) < len("9 May 2026") {
				t.Errorf("month %d in %s: %q", month+1, tag, got)
			}
		}
	}
}
