package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// backendPrefix starts the name of every variable that names a test backend.
// A skip whose message contains it is a failure.
const backendPrefix = "TOLLKEEPER_TEST_"

// event is one line of "go test -json", see "go doc test2json".
type event struct {
	Action      string
	Package     string
	ImportPath  string // of build-output and build-fail, instead of Package
	Test        string
	Output      string
	Elapsed     float64 // seconds
	FailedBuild string
}

// test is the output of one test, or of a package itself, kept until it ends.
type test struct {
	pkg, name string
}

// summary counts tests; a subtest counts as a test. Its zero value is not usable.
type summary struct {
	out     io.Writer
	output  map[test][]string
	running map[test]bool
	builds  map[string][]string
	skips   map[string][]string // by package

	passed, failed, skipped int
	packages                int
	broken                  []string // packages that failed
	missing                 []string // tests that skipped a backend
}

func newSummary(out io.Writer) *summary {
	return &summary{
		out:     out,
		output:  map[test][]string{},
		running: map[test]bool{},
		builds:  map[string][]string{},
		skips:   map[string][]string{},
	}
}

// read consumes the stream. A line that is not an event, such as an error of
// the go command itself, is passed on as it is.
func (s *summary) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			var e event
			if json.Unmarshal([]byte(line), &e) == nil && e.Action != "" {
				s.add(e)
			} else {
				fmt.Fprintln(s.out, strings.TrimSuffix(line, "\n"))
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *summary) add(e event) {
	switch {
	case e.Action == "build-output":
		s.builds[e.ImportPath] = append(s.builds[e.ImportPath], e.Output)
	case e.Action == "output":
		key := test{e.Package, e.Test}
		s.output[key] = append(s.output[key], e.Output)
	case e.Action == "run":
		s.running[test{e.Package, e.Test}] = true
	case e.Test == "":
		s.endPackage(e)
	default:
		s.endTest(e)
	}
}

func (s *summary) endTest(e event) {
	key := test{e.Package, e.Test}
	switch e.Action {
	case "pass":
		s.passed++
	case "fail":
		s.failed++
		s.print(key)
	case "skip":
		s.skipped++
		s.skip(key)
	default:
		return
	}
	delete(s.running, key)
	delete(s.output, key)
}

func (s *summary) skip(key test) {
	text := reason(s.output[key])
	line := key.name + ": " + text
	s.skips[key.pkg] = append(s.skips[key.pkg], line)
	if strings.Contains(text, backendPrefix) {
		s.missing = append(s.missing, key.pkg+" "+line)
	}
}

// reason is the message of a skip: its output without the test's own frame lines.
func reason(output []string) string {
	var words []string
	for _, line := range output {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			words = append(words, line)
		}
	}
	return strings.Join(words, " ")
}

func (s *summary) endPackage(e event) {
	own := test{e.Package, ""}
	switch e.Action {
	case "pass":
		s.packages++
		fmt.Fprintf(s.out, "ok    %7.1fs  %s%s\n", e.Elapsed, e.Package, cached(s.output[own]))
	case "skip":
		// A package without tests: nothing to say, and nothing proven.
	case "fail":
		s.packages++
		s.broken = append(s.broken, e.Package)
		s.printUnfinished(e.Package)
		s.print(own)
		s.printBuild(e.FailedBuild)
		fmt.Fprintf(s.out, "FAIL  %7.1fs  %s\n", e.Elapsed, e.Package)
	default:
		return
	}
	for _, line := range s.skips[e.Package] {
		fmt.Fprintln(s.out, "      skipped:", line)
	}
	delete(s.output, own)
	delete(s.skips, e.Package)
}

func cached(output []string) string {
	if strings.Contains(strings.Join(output, ""), "\t(cached)") {
		return " (cached)"
	}
	return ""
}

// printUnfinished shows the tests that a crash or a timeout cut off; they count as failed.
func (s *summary) printUnfinished(pkg string) {
	for _, key := range slices.SortedFunc(maps.Keys(s.running), byName) {
		if key.pkg == pkg {
			s.failed++
			fmt.Fprintln(s.out, "did not finish:", key.name)
			s.print(key)
			delete(s.running, key)
			delete(s.output, key)
		}
	}
}

func byName(a, b test) int { return strings.Compare(a.name, b.name) }

func (s *summary) printBuild(importPath string) {
	for _, line := range s.builds[importPath] {
		fmt.Fprint(s.out, line)
	}
	delete(s.builds, importPath)
}

func (s *summary) print(key test) {
	for _, line := range s.output[key] {
		fmt.Fprint(s.out, line)
	}
}

// finish prints the closing lines and reports whether the run counts as passed.
func (s *summary) finish() bool {
	for path := range maps.Clone(s.builds) {
		s.printBuild(path)
	}
	for _, line := range s.missing {
		fmt.Fprintln(s.out, "FAIL  skipped for want of a backend:", line)
	}
	for _, pkg := range s.broken {
		fmt.Fprintln(s.out, "FAIL ", pkg)
	}
	if s.packages == 0 {
		fmt.Fprintln(s.out, "FAIL  no tests ran")
	}
	fmt.Fprintf(s.out, "%d passed, %d failed, %d skipped\n", s.passed, s.failed, s.skipped)
	return s.packages > 0 && s.failed == 0 && len(s.broken) == 0 && len(s.missing) == 0
}
