package lint_test

import (
	"bufio"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	longestFile = 400 // lines
	medianFile  = 150 // lines
)

// root is the top of the repository, seen from this package.
const root = "../.."

// source is one file of the repository.
type source struct {
	path  string // slash-separated, relative to the root
	lines []string
}

func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

var generatedLine = regexp.MustCompile(`^// Code generated .* DO NOT EDIT\.$`)

// generated tells whether the file says so before its package clause.
func (s source) generated() bool {
	for _, line := range s.lines {
		if strings.HasPrefix(line, "package ") {
			break
		}
		if generatedLine.MatchString(line) {
			return true
		}
	}
	return false
}

// sources reads every file of the repository whose name ends in one of the suffixes.
func sources(t *testing.T, suffixes ...string) []source {
	t.Helper()
	var found []source
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if slices.Contains([]string{".git", ".services", "node_modules", "testdata"}, entry.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if !slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(name, s) }) {
			return nil
		}
		relative, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		lines, err := readLines(name)
		found = append(found, source{filepath.ToSlash(relative), lines})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Fatalf("no file ends in %v", suffixes)
	}
	return found
}

func readLines(name string) ([]string, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var lines []string
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, 16<<20)
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	return lines, scanner.Err()
}

func TestFileLength(t *testing.T) {
	var lengths []int
	for _, file := range sources(t, ".go") {
		if file.generated() {
			continue
		}
		lengths = append(lengths, len(file.lines))
		if len(file.lines) > longestFile {
			t.Errorf("%s has %d lines, more than %d", file.path, len(file.lines), longestFile)
		}
	}
	slices.Sort(lengths)
	median := lengths[len(lengths)/2]
	t.Logf("%d Go files, median %d lines, longest %d", len(lengths), median, lengths[len(lengths)-1])
	if median > medianFile {
		t.Errorf("the median file has %d lines, more than %d", median, medianFile)
	}
}

// A file, a folder and a package are named after what they are about.
func TestNames(t *testing.T) {
	vague := []string{"util", "utils", "common", "models", "types", "helper", "helpers", "manager", "impl", "misc"}
	for _, file := range sources(t, ".go") {
		base := strings.TrimSuffix(strings.TrimSuffix(path.Base(file.path), ".go"), "_test")
		for part := range strings.SplitSeq(path.Dir(file.path)+"/"+base, "/") {
			if slices.Contains(vague, part) {
				t.Errorf("%s: %q says nothing about its content", file.path, part)
			}
		}
	}
}

func TestNoUnfinishedWork(t *testing.T) {
	mark := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME)\b`)
	suffixes := []string{".go", ".sql", ".lua", ".md", ".html", ".sh", ".yaml", "Makefile"}
	for _, file := range sources(t, suffixes...) {
		for i, line := range file.lines {
			if mark.MatchString(line) {
				t.Errorf("%s:%d: %s", file.path, i+1, strings.TrimSpace(line))
			}
		}
	}
}
