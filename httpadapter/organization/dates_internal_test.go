package organization

import (
	"testing"
	"time"
)

// TestMoments is the three forms of docs/WIRE.md 1.6.
func TestMoments(t *testing.T) {
	for text, want := range map[string][2]string{
		"2026-11-02":                {"2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z"},
		"2026-12-31":                {"2026-12-31T00:00:00Z", "2027-01-01T00:00:00Z"},
		"2024-02-29":                {"2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"},
		"2026-11-02T12:00:00Z":      {"2026-11-02T12:00:00Z", "2026-11-02T12:00:00.001Z"},
		"2026-11-02T12:00:00.25Z":   {"2026-11-02T12:00:00.25Z", "2026-11-02T12:00:00.251Z"},
		"2026-11-02T12:00:00+02:00": {"2026-11-02T10:00:00Z", "2026-11-02T10:00:00.001Z"},
		"1704067200000":             {"2024-01-01T00:00:00Z", "2024-01-01T00:00:00.001Z"},
		"0":                         {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00.001Z"},
		"":                          {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
	} {
		from, until, err := moment(text, "no")
		if err != nil || from.Format(time.RFC3339Nano) != want[0] || until.Format(time.RFC3339Nano) != want[1] {
			t.Errorf("%q: %v, %v, %v", text, from, until, err)
		}
	}
	for _, text := range []string{
		"2026-02-30", "2026-13-01", "2026-1-2", "26-01-02", "2026-11", "yesterday", "-1", "+1", "01", "1e3", "0x10", " 1", "1 ", "99999999999999999999",
		"253402300800000", "2026-11-02 12:00:00", "2026-11-02T12:00:00", "2026-11-02T25:00:00Z", "0000-01-01", "null",
	} {
		if from, until, err := moment(text, "no"); err == nil || err.Error() != "no" {
			t.Errorf("%q: %v, %v, %v", text, from, until, err)
		}
	}
}

// FuzzMoment: what is read lies in the years 1 to 9999 and ends after it begins.
func FuzzMoment(f *testing.F) {
	for _, seed := range []string{"2026-11-02", "1704067200000", "2026-11-02T12:00:00+02:00", "9999-12-31T23:59:59.9999-12:00", "0001-01-01T00:00:00+12:00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		from, until, err := moment(text, "no")
		if err != nil || text == "" {
			return
		}
		if from.Year() < 1 || from.Year() > 9999 || !until.After(from) || until.Sub(from) > 24*time.Hour {
			t.Errorf("%q: %v, %v", text, from, until)
		}
	})
}
