package main

import (
	"slices"
	"testing"
)

func TestOneOfFewVersionsComesNext(t *testing.T) {
	for last, want := range map[string][]string{
		"":       {"v0.1.0"},
		"v0.1.0": {"v0.1.1", "v0.2.0", "v1.0.0"},
		"v0.9.9": {"v0.9.10", "v0.10.0", "v1.0.0"},
		"v1.2.3": {"v1.2.4", "v1.3.0"},
	} {
		if got := following(last); !slices.Equal(got, want) {
			t.Errorf("after %q come %v, want %v", last, got, want)
		}
	}
	for _, version := range []string{"", "0.1.1", "v0.1", "v0.1.0", "v0.1.2", "v0.3.0", "v0.1.1-rc.1", "v2.0.0"} {
		if isNext("v0.1.0", version) == nil {
			t.Errorf("%q comes after v0.1.0", version)
		}
	}
}

func TestLatest(t *testing.T) {
	for _, tt := range []struct {
		tags []string
		want string
	}{
		{nil, ""},
		{[]string{"v0.1.0", "v0.10.0", "v0.9.0"}, "v0.10.0"},
		{[]string{"v0.1.0", "v0.2.0-rc.1", "v1", "vim", "v0.3"}, "v0.1.0"},
		{[]string{"store/sqlite/v0.2.0"}, ""},
	} {
		if got := latest(tt.tags); got != tt.want {
			t.Errorf("the latest of %v is %q, want %q", tt.tags, got, tt.want)
		}
	}
}

// What a version may bring is what docs/COMPATIBILITY.md says.
func TestStepsAllowChanges(t *testing.T) {
	for _, tt := range []struct {
		last, version    string
		mayBreak, mayAdd bool
	}{
		{"v0.1.0", "v0.1.1", false, false},
		{"v0.1.0", "v0.2.0", true, true},
		{"v0.9.0", "v1.0.0", true, true},
		{"v1.0.0", "v1.0.1", false, false},
		{"v1.0.0", "v1.1.0", false, true},
	} {
		if gone, more := mayBreak(tt.last, tt.version), mayAdd(tt.last, tt.version); gone != tt.mayBreak || more != tt.mayAdd {
			t.Errorf("from %s to %s: may break %v, may add %v", tt.last, tt.version, gone, more)
		}
	}
}
