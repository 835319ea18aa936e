package lint_test

import (
	"regexp"
	"strings"
	"testing"
)

var (
	testNamed   = regexp.MustCompile("`((?:Test|Fuzz|Example|Benchmark)[A-Za-z0-9_]+)[`/]")
	testDefined = regexp.MustCompile(`^func ((?:Test|Fuzz|Example|Benchmark)[A-Za-z0-9_]+)\(`)
)

// A document that names a test as proof must not outlive it.
func TestDocumentsNameRealTests(t *testing.T) {
	defined := map[string]bool{}
	for _, s := range sources(t, "_test.go") {
		for _, line := range s.lines {
			if m := testDefined.FindStringSubmatch(line); m != nil {
				defined[m[1]] = true
			}
		}
	}
	named := 0
	for _, s := range sources(t, ".md") {
		for n, line := range s.lines {
			for _, m := range testNamed.FindAllStringSubmatch(line, -1) {
				named++
				if !defined[m[1]] {
					t.Errorf("%s:%d names %s, which does not exist", s.path, n+1, m[1])
				}
			}
		}
	}
	if named == 0 {
		t.Error("no document names any test: " + strings.TrimPrefix(testNamed.String(), "`"))
	}
}
