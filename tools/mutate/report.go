package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
)

// readAccepted reads lines of the form "file | change | reason", where a line that begins with # is a comment. A file
// that is not there accepts nothing.
func readAccepted(name string) (map[string]string, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	accepted := map[string]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		first, last := strings.Index(line, " | "), strings.LastIndex(line, " | ")
		if first == last || strings.TrimSpace(line[last+3:]) == "" {
			return nil, fmt.Errorf("%s: no file, change and reason in %q", name, line)
		}
		accepted[line[:last]] = line[last+3:]
	}
	return accepted, nil
}

// report is the result.
type report struct {
	mutants  []*mutant
	accepted map[string]string
	whole    bool // nothing was left out that was listed
}

func reportOf(mutants []*mutant, accepted map[string]string, whole bool) *report {
	mutants = slices.SortedFunc(slices.Values(mutants), func(a, b *mutant) int { return cmp.Compare(a.id, b.id) })
	return &report{mutants, accepted, whole}
}

// unexplained are the changes that live without a reason.
func (r *report) unexplained() (list []*mutant) {
	for _, m := range r.mutants {
		if (m.state == survived || m.state == unreached) && r.accepted[m.key()] == "" {
			list = append(list, m)
		}
	}
	return list
}

// stale are the accepted ones that are killed, or of a file that was tried and has no such change.
func (r *report) stale() (list []string) {
	states, files := map[string]state{}, map[string]bool{}
	for _, m := range r.mutants {
		states[m.key()], files[m.file] = m.state, true
	}
	for _, key := range slices.Sorted(maps.Keys(r.accepted)) {
		file, _, _ := strings.Cut(key, " | ")
		s, known := states[key]
		if s == killed || !known && files[file] && r.whole {
			list = append(list, key)
		}
	}
	return list
}

func (r *report) ok() bool { return len(r.unexplained()) == 0 && len(r.stale()) == 0 }

func (r *report) text() string {
	var b strings.Builder
	b.WriteString("\n" + r.table())
	for _, m := range r.mutants {
		if reason := r.accepted[m.key()]; reason != "" && m.state != killed && m.state != untried {
			fmt.Fprintf(&b, "accepted: %v (%s)\n", m, reason)
		}
	}
	for _, m := range r.unexplained() {
		fmt.Fprintf(&b, "%s: %v\n", map[state]string{survived: "survived", unreached: "not reached"}[m.state], m)
	}
	for _, key := range r.stale() {
		fmt.Fprintf(&b, "accepted, but killed or gone: %s\n", key)
	}
	return b.String()
}

// counts are those of a file.
type counts struct {
	killed, named, left, untried int // named: with a reason; left: without one, also those that no test reaches
}

func (c counts) all() int { return c.killed + c.named + c.left }

func (c *counts) add(m *mutant, reason string) {
	switch {
	case m.state == untried:
		c.untried++
	case m.state == killed:
		c.killed++
	case reason != "":
		c.named++
	default:
		c.left++
	}
}

func (c counts) row(name string) string {
	share := func(of int) float64 { return 100 * float64(c.killed) / float64(max(1, of)) }
	return fmt.Sprintf("| %s | %d | %d | %d | %d | %.1f %% | %.1f %% |\n", name, c.all(), c.killed, c.named, c.left, share(c.all()), share(c.all()-c.named))
}

func (r *report) table() string {
	files, total := map[string]counts{}, counts{}
	for _, m := range r.mutants {
		c := files[m.file]
		c.add(m, r.accepted[m.key()])
		files[m.file] = c
		total.add(m, r.accepted[m.key()])
	}
	var b strings.Builder
	b.WriteString("| file | changes | killed | lives, with a reason | lives | killed | of those without a reason to live |\n|---|---:|---:|---:|---:|---:|---:|\n")
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if c := files[name]; c.all() > 0 {
			b.WriteString(c.row(name))
		}
	}
	b.WriteString(total.row("all"))
	if total.untried > 0 {
		fmt.Fprintf(&b, "\n%d were not tried.\n", total.untried)
	}
	return b.String()
}

const beginMark, endMark = "<!-- begin mutations -->\n", "<!-- end mutations -->\n"

// writeInto writes the table and the survivors between the markers of a document.
func (r *report) writeInto(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	head, rest, ok := strings.Cut(string(text), beginMark)
	_, tail, ends := strings.Cut(rest, endMark)
	if !ok || !ends {
		return fmt.Errorf("%s has no markers of mutations", name)
	}
	var b strings.Builder
	b.WriteString(head + beginMark + r.table() + "\n")
	for _, m := range r.mutants {
		if m.state == survived || m.state == unreached {
			reason := r.accepted[m.key()]
			if reason == "" {
				reason = "no reason yet"
			}
			fmt.Fprintf(&b, "- `%s`: `%s`: %s\n", m.file, strings.ReplaceAll(m.change(), "`", "'"), reason)
		}
	}
	b.WriteString(endMark + tail)
	return os.WriteFile(name, []byte(b.String()), 0o644)
}
