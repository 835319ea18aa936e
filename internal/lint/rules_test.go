package lint_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	formatting = regexp.MustCompile(`\b(Sprintf|Fprintf|Appendf|Sprint|Sprintln)\(`)
	statement  = regexp.MustCompile("[`\"]\\s*(SELECT|INSERT|UPDATE|DELETE|WITH|MERGE|ALTER|CREATE|DROP)\\b")
	comparison = regexp.MustCompile(`\b(bytes\.Equal|bytes\.Compare)\(`)
	secretName = regexp.MustCompile(`\b(?:password|secret|token|code|mac|sig|tag|digest)\w* (?:==|!=) \w*(?:[pP]assword|[sS]ecret|[tT]oken|[cC]ode|[mM]ac|[sS]ig|[tT]ag|[dD]igest)\w*\b`)
)

// R82: values reach a database as parameters. Whoever formats text into a statement must change this test first.
func TestNoStatementIsFormatted(t *testing.T) {
	checked := 0
	for _, s := range sources(t, ".go") {
		if s.isTest() || !strings.HasPrefix(s.path, "store/sqlite/") && !strings.HasPrefix(s.path, "store/postgres/") {
			continue
		}
		checked++
		for n, line := range s.lines {
			if formatting.MatchString(line) && (statement.MatchString(line) || n+1 < len(s.lines) && statement.MatchString(s.lines[n+1])) {
				t.Errorf("%s:%d formats a statement: %s", s.path, n+1, strings.TrimSpace(line))
			}
		}
	}
	if checked == 0 {
		t.Fatal("no store was found")
	}
}

// R87: what is secret is compared by hmac.Equal or crypto/subtle. This sees the usual ways of doing it wrong.
func TestSecretsAreComparedInConstantTime(t *testing.T) {
	exempt := []string{"bench/", "tools/", "examples/", "store/", "breach/filter.go"} // the last compares a file's checksum
	for _, s := range sources(t, ".go") {
		if s.isTest() || slices.ContainsFunc(exempt, func(p string) bool { return strings.HasPrefix(s.path, p) }) {
			continue
		}
		for n, line := range s.lines {
			code, _, _ := strings.Cut(line, "//")
			if comparison.MatchString(code) || secretName.MatchString(code) {
				t.Errorf("%s:%d compares without constant time: %s", s.path, n+1, strings.TrimSpace(line))
			}
		}
	}
}
