package lint_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

const (
	longestComment = 120 // columns
	tabColumns     = 4
)

var (
	answers = regexp.MustCompile(`^// \w+ answers\b`)
	pronoun = regexp.MustCompile(`(?i)\b(he|his|him|himself)\b`)
)

// A function returns: an answer is what goes over the wire. A caller may be anybody.
func TestVocabularyOfComments(t *testing.T) {
	for _, s := range sources(t, ".go") {
		if s.isTest() || s.generated() {
			continue
		}
		before := ""
		for i, line := range s.lines {
			text := strings.TrimSpace(line)
			if begins := !strings.HasPrefix(before, "//"); begins && answers.MatchString(text) {
				t.Errorf("%s:%d: a function returns: %s", s.path, i+1, text)
			}
			if m := goComment.FindString(line); pronoun.MatchString(m) {
				t.Errorf("%s:%d: a caller is they, or the caller: %s", s.path, i+1, text)
			}
			if width := columns(line); strings.HasPrefix(text, "//") && width > longestComment {
				t.Errorf("%s:%d: the comment has %d columns, more than %d", s.path, i+1, width, longestComment)
			}
			before = text
		}
	}
}

func columns(line string) int {
	return utf8.RuneCountInString(line) + (tabColumns-1)*strings.Count(line, "\t")
}
