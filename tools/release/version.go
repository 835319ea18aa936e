package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/semver"
)

// first is the version that nothing comes before.
const first = "v0.1.0"

// following returns the versions that may come after last, the smallest step first. After nothing, which is "", it is
// the first one. There is no v2: its modules would have other paths.
func following(last string) []string {
	if last == "" {
		return []string{first}
	}
	var n [3]int
	for i, part := range strings.Split(strings.TrimPrefix(last, "v"), ".") {
		n[i], _ = strconv.Atoi(part) // a version has three numbers: see latest
	}
	next := []string{fmt.Sprintf("v%d.%d.%d", n[0], n[1], n[2]+1), fmt.Sprintf("v%d.%d.0", n[0], n[1]+1)}
	if n[0] == 0 {
		next = append(next, "v1.0.0")
	}
	return next
}

// latest returns the greatest version of the tags, or "". Those of nested modules and prereleases do not count.
func latest(tags []string) string {
	last := ""
	for _, tag := range tags {
		if semver.Canonical(tag) == tag && semver.Prerelease(tag) == "" && semver.Compare(tag, last) > 0 {
			last = tag
		}
	}
	return last
}

func isNext(last, version string) error {
	if next := following(last); !slices.Contains(next, version) {
		return fmt.Errorf("%s does not come next; %s may", version, strings.Join(next, ", "))
	}
	return nil
}

// mayBreak tells whether a version may change what its importers rely on, and mayAdd, whether it may export more.
func mayBreak(last, version string) bool {
	if semver.Major(last) == "v0" {
		return semver.MajorMinor(last) != semver.MajorMinor(version)
	}
	return semver.Major(last) != semver.Major(version)
}

func mayAdd(last, version string) bool { return semver.MajorMinor(last) != semver.MajorMinor(version) }
