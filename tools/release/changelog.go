package main

import (
	"fmt"
	"strings"
)

const (
	changelog  = "CHANGELOG.md"
	unreleased = "unreleased"
)

// section returns what CHANGELOG.md says about a version, and what its heading "## 1.2.3 – DATE" says beside it.
func section(text, version string) (notes, date string, err error) {
	number := strings.TrimPrefix(version, "v")
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		heading, found := strings.CutPrefix(line, "## "+number+" – ")
		if !found {
			continue
		}
		end := len(lines)
		for j, later := range lines[i+1:] {
			if strings.HasPrefix(later, "## ") {
				end = i + 1 + j
				break
			}
		}
		notes = strings.TrimSpace(strings.Join(lines[i+1:end], "\n"))
		if notes == "" {
			return "", "", fmt.Errorf("%s says nothing about %s", changelog, number)
		}
		return notes + "\n", heading, nil
	}
	return "", "", fmt.Errorf(`%s has no section "## %s – DATE"`, changelog, number)
}

// dated is the text with the date in the heading of a version that was not released.
func dated(text, version, date string) string {
	number := strings.TrimPrefix(version, "v")
	return strings.Replace(text, "## "+number+" – "+unreleased+"\n", "## "+number+" – "+date+"\n", 1)
}
