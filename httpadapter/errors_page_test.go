package httpadapter_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/httpadapter/family"
	"github.com/tollkeeper/tollkeeper/internal/explain"
)

// TestErrorsPage: docs/ERRORS.md has each code of a problem under a heading of its own, in order, with its status and
// what it means, and no other. What stands before the first one is written by hand.
func TestErrorsPage(t *testing.T) {
	const file = "../docs/ERRORS.md"
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(kept), "\n## ")
	made := head + errorSections(t)
	if *update {
		if err := os.WriteFile(file, []byte(made), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(kept) != made {
		t.Errorf("%s differs from the tables; run with -update and read the change", file)
	}
}

// errorSections are made of the statuses of problems, and of what is said of their codes.
func errorSections(t *testing.T) string {
	var sections []string
	for _, r := range family.Problems {
		text := explain.Codes[string(r.Cause)]
		if text == "" {
			t.Errorf("internal/explain says nothing of %s", r.Cause)
		}
		sections = append(sections, fmt.Sprintf("\n## %s\n\n%s\n", r.Cause, wrapped(fmt.Sprint(r.Status, ". ", text), 120)))
	}
	if len(sections) != len(explain.Codes) {
		t.Errorf("internal/explain has %d codes, and there are %d", len(explain.Codes), len(sections))
	}
	slices.Sort(sections)
	return strings.Join(sections, "")
}

// wrapped breaks text between words into lines of at most so many bytes.
func wrapped(text string, most int) string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > most {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return strings.Join(append(lines, line), "\n")
}
