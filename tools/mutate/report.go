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
type counts [4]int

func (c counts) all() int { return c[killed] + c[survived] + c[unreached] }

func (c counts) row(name string) string {
	share := 0.0
	if c.all() > 0 {
		share = 100 * float64(c[killed]) / float64(c.all())
	}
	return fmt.Sprintf("| %s | %d | %d | %d | %d | %.1f %% |\n", name, c.all(), c[killed], c[survived], c[unreached], share)
}

func (r *report) table() string {
	files, total := map[string]counts{}, counts{}
	for _, m := range r.mutants {
		c := files[m.file]
		c[m.state]++
		files[m.file] = c
		total[m.state]++
	}
	var b strings.Builder
	b.WriteString("| file | changes | killed | survived | not reached | killed |\n|---|---:|---:|---:|---:|---:|\n")
	for _, name := range slices.Sorted(maps.Keys(files)) {
		b.WriteString(files[name].row(name))
	}
	b.WriteString(total.row("all"))
	if total[untried] > 0 {
		fmt.Fprintf(&b, "\n%d were not tried.\n", total[untried])
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
