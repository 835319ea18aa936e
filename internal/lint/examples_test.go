package lint_test

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	exampleDefined = regexp.MustCompile(`^func Example\w*\(\) \{`)
	packageClause  = regexp.MustCompile(`^package (\w+)`)
)

// unreleased are the folders that nobody imports, beside those called internal.
var unreleased = []string{"api", "bench", "browser", "clients", "cmd", "docs", "examples", "httpadapter/contract", "internal", "tools", "verify/interop"}

// The page of a package begins with how it is used.
func TestEveryPackageHasAnExample(t *testing.T) {
	released, shown := map[string]bool{}, map[string]bool{}
	for _, s := range sources(t, ".go") {
		folder := path.Dir(s.path)
		if !importable(folder) {
			continue
		}
		if !s.isTest() {
			released[folder] = released[folder] || isLibrary(s)
		} else if slices.ContainsFunc(s.lines, exampleDefined.MatchString) {
			shown[folder] = true
		}
	}
	if len(released) == 0 {
		t.Fatal("no package is released")
	}
	for folder, library := range released {
		if library && !shown[folder] {
			t.Errorf("%s has no example", folder)
		}
	}
}

// importable tells whether others may import the package in the folder.
func importable(folder string) bool {
	if slices.Contains(strings.Split(folder, "/"), "internal") {
		return false
	}
	return !slices.ContainsFunc(unreleased, func(top string) bool { return within(folder, top) })
}

// isLibrary tells whether the file's package is no program.
func isLibrary(s source) bool {
	for _, line := range s.lines {
		if m := packageClause.FindStringSubmatch(line); m != nil {
			return m[1] != "main"
		}
	}
	return false
}
