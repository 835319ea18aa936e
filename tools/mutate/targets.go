package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// group is a line of targets.txt: files, and the packages whose tests are tried on them, in this order.
type group struct {
	files []string // below the root, with slashes
	tests []string // folders below the root
}

// readTargets reads lines of the form "files ... : test packages ...", where # begins a comment. A file is a path or a
// pattern of path.Match; tests are left out of it.
func readTargets(name, root string) ([]group, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var groups []group
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		if strings.TrimSpace(line) == "" {
			continue
		}
		files, tests, ok := strings.Cut(line, ":")
		g := group{tests: strings.Fields(tests)}
		if !ok || len(g.tests) == 0 {
			return nil, fmt.Errorf("%s: no tests named in %q", name, strings.TrimSpace(line))
		}
		for _, pattern := range strings.Fields(files) {
			found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
			if err != nil || len(found) == 0 {
				return nil, fmt.Errorf("%s: no file is %s", name, pattern)
			}
			for _, f := range found {
				rel, err := filepath.Rel(root, f)
				if err != nil {
					return nil, err
				}
				if path := filepath.ToSlash(rel); !strings.HasSuffix(path, "_test.go") {
					g.files = append(g.files, path)
				}
			}
		}
		if len(g.files) > 0 {
			groups = append(groups, g)
		}
	}
	if len(groups) == 0 {
		return nil, fmt.Errorf("%s: it names no file", name)
	}
	return groups, nil
}
