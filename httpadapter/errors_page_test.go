package httpadapter_test

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// TestErrorsPage: docs/ERRORS.md has each code of a problem under a heading of its own, with its status, in order.
func TestErrorsPage(t *testing.T) {
	text, err := os.ReadFile("../docs/ERRORS.md")
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, m := range regexp.MustCompile(`(?m)^## (\S+)\n\n(\d{3})\. \S`).FindAllStringSubmatch(string(text), -1) {
		got = append(got, m[1]+" "+m[2])
	}
	for _, r := range family.Problems {
		want = append(want, string(r.Cause)+" "+strconv.Itoa(r.Status))
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the page has\n%q, want\n%q", got, want)
	}
}
