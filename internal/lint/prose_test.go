package lint_test

import (
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
)

// prose is a file as one long line without comment marks, because a citation may continue on the next line.
type prose struct {
	path   string
	text   string
	starts []int // of each line of the file, in text
}

var (
	commentMark = regexp.MustCompile(`^\s*(//|--|#!?|\*)?\s*`)
	goComment   = regexp.MustCompile(`(?:^|\s)//\s?(.*)$`)
)

// line returns the number of the file's line that text[at] stands in.
func (p prose) line(at int) int {
	return sort.Search(len(p.starts), func(i int) bool { return p.starts[i] > at })
}

// cut returns the text of a match of group n, or "".
func (p prose) cut(match []int, n int) string {
	if match[2*n] < 0 {
		return ""
	}
	return p.text[match[2*n]:match[2*n+1]]
}

func newProse(path string, lines []string) prose {
	p := prose{path: path}
	var text strings.Builder
	for _, line := range lines {
		p.starts = append(p.starts, text.Len())
		text.WriteString(strings.TrimSpace(line) + " ")
	}
	p.text = text.String()
	return p
}

// whole is all that a file says, its code too.
func (s source) whole() prose {
	lines := make([]string, len(s.lines))
	for i, line := range s.lines {
		lines[i] = commentMark.ReplaceAllString(line, "")
	}
	return newProse(s.path, lines)
}

// comments is what a Go file says beside its code, and all of any other file. A raw string may hold backquotes, and
// generated names, that speak of other things than this repository.
func (s source) comments() prose {
	if path.Ext(s.path) != ".go" {
		return s.whole()
	}
	lines := make([]string, len(s.lines))
	for i, line := range s.lines {
		if m := goComment.FindStringSubmatch(line); m != nil {
			lines[i] = m[1]
		}
	}
	return newProse(s.path, lines)
}

// writings are the files in which somebody explains something.
func writings(t *testing.T) []source {
	t.Helper()
	kinds := []string{".go", ".md", ".sql", ".lua", ".html", ".mjs", ".yaml"}
	folders := []string{"scripts", ".ci", "templates"}
	return slices.DeleteFunc(sources(t, ""), func(s source) bool {
		return !slices.Contains(kinds, path.Ext(s.path)) && !slices.Contains(folders, path.Dir(s.path)) && path.Base(s.path) != "Makefile"
	})
}
