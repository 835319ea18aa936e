package lint_test

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	numbered    = regexp.MustCompile(`(?:^|[\s(,;–])([RNFI])(\d{1,2})\b`)
	numberedRow = regexp.MustCompile(`^\| ([RNFI])(\d{1,2}) \|`)

	// section is a citation such as "SECURITY.md section 4" or "docs/WIRE.md 1.1 rule 4, 1.3 and section 2".
	section     = regexp.MustCompile(`([\w./-]*\w\.md),? (` + place + `(?:(?:,| and|, and) ` + place + `)*)\b`)
	sectionItem = regexp.MustCompile(`(\d+(?:\.\d+)*)(?: rule (\d+))?`)

	// byHeading begins a citation such as "docs/ARCHITECTURE.md, Accounts".
	byHeading = regexp.MustCompile(`docs/ARCHITECTURE\.md, [A-Z]`)
)

const place = `(?:sections? )?\d+(?:\.\d+)*(?: rule \d+)?`

// Requirements (R, N), facts (F) and invariants (I) are rows of SECURITY.md. Each kind counts from one without a gap, so
// that the ends of a range stand for all of it.
func requirements(t *testing.T) map[string]bool {
	t.Helper()
	rows := map[string]bool{}
	last := map[string]int{}
	for _, line := range document(t, "SECURITY.md").lines {
		m := numberedRow.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if n, _ := strconv.Atoi(m[2]); n != last[m[1]]+1 {
			t.Errorf("SECURITY.md has %s%s after number %d", m[1], m[2], last[m[1]])
		}
		last[m[1]]++
		rows[m[1]+m[2]] = true
	}
	return rows
}

func document(t *testing.T, name string) source {
	t.Helper()
	pages := sources(t, ".md")
	at := slices.IndexFunc(pages, func(s source) bool { return s.path == name })
	if at < 0 {
		t.Fatalf("there is no %s", name)
	}
	return pages[at]
}

func TestCitedRequirementsStandInSecurity(t *testing.T) {
	rows := requirements(t)
	for _, s := range writings(t) {
		p := s.whole()
		for _, m := range numbered.FindAllStringSubmatchIndex(p.text, -1) {
			if number := p.cut(m, 1) + p.cut(m, 2); !rows[number] {
				t.Errorf("%s:%d cites %s, which has no row in SECURITY.md", s.path, p.line(m[2]), number)
			}
		}
	}
}

func TestCitedSectionsExist(t *testing.T) {
	pages := map[string]source{}
	for _, s := range sources(t, ".md") {
		pages[s.path] = s
	}
	for _, s := range writings(t) {
		p := s.whole()
		for _, m := range section.FindAllStringSubmatchIndex(p.text, -1) {
			name := p.cut(m, 1)
			page, ok := pages[name]
			if !ok {
				page, ok = pages[path.Join(path.Dir(s.path), name)]
			}
			if !ok { // TestCitedDocumentsExist speaks of it
				continue
			}
			for _, item := range sectionItem.FindAllStringSubmatch(p.cut(m, 2), -1) {
				if !hasSection(page, item[1], item[2]) {
					t.Errorf("%s:%d cites %s %s, which does not exist", s.path, p.line(m[0]), name, item[0])
				}
			}
		}
	}
}

func TestCitedHeadingsExist(t *testing.T) {
	known := headings(document(t, "docs/ARCHITECTURE.md"))
	for _, s := range writings(t) {
		p := s.whole()
		for _, m := range byHeading.FindAllStringIndex(p.text, -1) {
			cited := p.text[m[1]-1:]
			if !slices.ContainsFunc(known, func(heading string) bool { return strings.HasPrefix(cited, heading) }) {
				t.Errorf("%s:%d cites %.60s, and there is no such heading", s.path, p.line(m[0]), p.text[m[0]:])
			}
		}
	}
}

// hasSection tells whether a heading of the page begins with the number, and, when a rule is named, whether the section
// has a list with an item of its number.
func hasSection(page source, number, rule string) bool {
	found := false
	for _, line := range page.lines {
		if title := strings.TrimLeft(line, "#"); title != line {
			first, _, _ := strings.Cut(strings.TrimSpace(title), " ")
			found = strings.TrimSuffix(first, ".") == number
		}
		if found && (rule == "" || strings.HasPrefix(line, rule+". ")) {
			return true
		}
	}
	return false
}

func TestSectionCitations(t *testing.T) {
	page := source{"README.md", []string{"# Page", "## 1. One", "1. a rule", "### 1.1 `Two`", "1. first", "2. second", "## 3. Three"}}
	tests := []struct {
		number, rule string
		want         bool
	}{
		{"1", "", true}, {"1.1", "", true}, {"1.1", "2", true}, {"3", "", true},
		{"2", "", false}, {"1.2", "", false}, {"1", "2", false}, {"1.1", "3", false}, {"3", "1", false},
	}
	for _, tt := range tests {
		if got := hasSection(page, tt.number, tt.rule); got != tt.want {
			t.Errorf("section %s rule %q: %v, want %v", tt.number, tt.rule, got, tt.want)
		}
	}
	for text, want := range map[string]string{
		" section 4, Lockout)":              "section 4",
		" section 3: the books":             "section 3",
		" 2, 3 and section 4; 12 are other": "2, 3 and section 4",
		" 1.1 rule 4, 1.3, and more":        "1.1 rule 4, 1.3",
		" R69, 3 times":                     "",
	} {
		got := ""
		if m := section.FindStringSubmatch(page.path + text); m != nil {
			got = m[2]
		}
		if got != want {
			t.Errorf("%q cites %q, want %q", text, got, want)
		}
	}
}
