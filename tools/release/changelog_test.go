package main

import "testing"

const history = `# Changelog

## 0.2.0 – unreleased

- More.

### Stores

- Faster.

## 0.1.1 – 2026-12-24

## 0.1.0 – 2026-12-01

First version.
`

func TestSection(t *testing.T) {
	for version, want := range map[string]struct{ notes, date string }{
		"v0.2.0": {"- More.\n\n### Stores\n\n- Faster.\n", "unreleased"},
		"v0.1.0": {"First version.\n", "2026-12-01"},
	} {
		notes, date, err := section(history, version)
		if err != nil || notes != want.notes || date != want.date {
			t.Errorf("%s: %q of %q, %v", version, notes, date, err)
		}
	}
	for _, version := range []string{"v0.1.1", "v0.3.0", "v0.1"} { // empty, missing, a part of others
		if notes, _, err := section(history, version); err == nil {
			t.Errorf("%s: %q", version, notes)
		}
	}
}

func TestDated(t *testing.T) {
	text := dated(history, "v0.2.0", "2027-01-02")
	if _, date, err := section(text, "v0.2.0"); err != nil || date != "2027-01-02" {
		t.Errorf("dated %q, %v", date, err)
	}
	if again := dated(text, "v0.2.0", "2027-01-03"); again != text {
		t.Error("a date is written over")
	}
}
