package lint_test

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// docs/README.md is the map: who does not find a page there does not find it.
func TestEveryPageIsOnTheMap(t *testing.T) {
	var linked []string
	for _, line := range document(t, "docs/README.md").lines {
		for _, m := range link.FindAllStringSubmatch(line, -1) {
			name, _, _ := strings.Cut(m[1], "#")
			linked = append(linked, path.Join("docs", name))
		}
	}
	for _, s := range sources(t, ".md") {
		if strings.HasPrefix(s.path, "docs/") && s.path != "docs/README.md" && !slices.Contains(linked, s.path) {
			t.Errorf("%s is not in docs/README.md", s.path)
		}
	}
}

// A guide shows code that is run: it quotes a file of tests, and is short enough to be read.
func TestGuidesStandAroundAnExample(t *testing.T) {
	const longest = 100 // lines
	guides := 0
	for _, s := range sources(t, ".md") {
		if path.Dir(s.path) != "docs/guides" {
			continue
		}
		guides++
		runs := slices.ContainsFunc(s.lines, func(line string) bool {
			m := fence.FindStringSubmatch(line)
			return m != nil && strings.HasSuffix(m[1], "_test.go")
		})
		if !runs {
			t.Errorf("%s quotes no example", s.path)
		}
		if len(s.lines) > longest {
			t.Errorf("%s has %d lines, more than %d", s.path, len(s.lines), longest)
		}
	}
	if guides == 0 {
		t.Error("there are no guides")
	}
}
