package lint_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

var (
	documentName = regexp.MustCompile(`[\w./-]*\w\.md\b`)
	goFileName   = regexp.MustCompile(`(?:^|[\s(\x60"])([\w./-]*[a-z0-9]\.go)(?:[^\w.]|\.\s)`)
	quoted       = regexp.MustCompile("`([^`]+)`")
	link         = regexp.MustCompile(`\]\(([^()\s]+)\)`)
)

// publishedAt is what stands before the name of a document in an address, less the scheme.
const publishedAt = "//github.com/tollkeeper/tollkeeper/blob/main/"

// exists tells whether name is a file or folder, seen from the file that names it or from the root.
func exists(from, name string) bool {
	return slices.ContainsFunc([]string{path.Dir(from), "."}, func(folder string) bool {
		_, err := os.Stat(filepath.Join(root, filepath.FromSlash(path.Join(folder, name))))
		return err == nil
	})
}

func TestCitedDocumentsExist(t *testing.T) {
	for _, s := range writings(t) {
		p := s.whole()
		for _, m := range documentName.FindAllStringIndex(p.text, -1) {
			name := strings.TrimPrefix(p.text[m[0]:m[1]], publishedAt)
			if !exists(s.path, name) {
				t.Errorf("%s:%d cites %s, which does not exist", s.path, p.line(m[0]), name)
			}
		}
	}
}

func TestCitedGoFilesExist(t *testing.T) {
	for _, s := range sources(t, ".go", ".md") {
		p := s.comments()
		for _, m := range goFileName.FindAllStringSubmatchIndex(p.text, -1) {
			if name := p.cut(m, 1); !exists(s.path, name) {
				t.Errorf("%s:%d names %s, which does not exist", s.path, p.line(m[0]), name)
			}
		}
	}
}

// A path in backquotes is one of this repository when it begins with one of its folders. What has a "<" in it is a key of
// a store.
func TestCitedPathsExist(t *testing.T) {
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	top := map[string]bool{}
	for _, entry := range entries {
		top[entry.Name()] = entry.IsDir()
	}
	for _, s := range sources(t, ".go", ".md") {
		p := s.comments()
		for _, m := range quoted.FindAllStringSubmatchIndex(p.text, -1) {
			for word := range strings.FieldsSeq(p.cut(m, 1)) {
				name := strings.TrimRight(strings.TrimPrefix(word, "./"), "/.…")
				if folder, _, below := strings.Cut(name, "/"); below && top[folder] && !strings.Contains(name, "<") && !exists(s.path, name) {
					t.Errorf("%s:%d names %s, which does not exist", s.path, p.line(m[0]), word)
				}
			}
		}
	}
}

func TestLinksLeadSomewhere(t *testing.T) {
	pages := map[string]source{}
	for _, s := range sources(t, ".md") {
		pages[s.path] = s
	}
	for _, s := range pages {
		p := s.whole()
		for _, m := range link.FindAllStringSubmatchIndex(p.text, -1) {
			target := p.cut(m, 1)
			if strings.Contains(target, ":") { // another site
				continue
			}
			name, anchor, _ := strings.Cut(target, "#")
			to := s.path
			if name != "" {
				to = path.Join(path.Dir(s.path), name)
			}
			if !exists(".", to) {
				t.Errorf("%s:%d links to %s, which does not exist", s.path, p.line(m[0]), target)
			} else if anchor != "" && !slices.Contains(anchors(pages[to]), anchor) {
				t.Errorf("%s:%d links to %s, and there is no such heading", s.path, p.line(m[0]), target)
			}
		}
	}
}

// headings returns the headings of a page, without their marks. A line of a program may begin with one, too.
func headings(page source) []string {
	var found []string
	code := false
	for _, line := range page.lines {
		if strings.HasPrefix(line, "```") {
			code = !code
		}
		if heading := strings.TrimLeft(line, "#"); !code && heading != line && strings.HasPrefix(heading, " ") {
			found = append(found, strings.TrimSpace(heading))
		}
	}
	return found
}

// anchors returns what a link to a heading of the page ends in, as GitHub makes it.
func anchors(page source) []string {
	var found []string
	for _, heading := range headings(page) {
		found = append(found, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r):
				return unicode.ToLower(r)
			}
			return -1
		}, heading))
	}
	return found
}

func TestAnchors(t *testing.T) {
	page := source{"README.md", []string{"# A page", "## 1.1 `POST /auth/signin`, and what it costs", "```", "# no heading", "```", "#neither"}}
	want := []string{"a-page", "11-post-authsignin-and-what-it-costs"}
	if got := anchors(page); !slices.Equal(got, want) {
		t.Errorf("anchors are %q, want %q", got, want)
	}
}
