package main

import (
	"archive/zip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/tools/internal/record"
	"github.com/tollkeeper/tollkeeper/tools/internal/workspace"
	"golang.org/x/mod/module"
)

// small returns a repository with the modules of this one, and one commit that can be v0.1.0.
func small(t *testing.T) repository {
	t.Helper()
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	for _, role := range []string{"AUTHOR", "COMMITTER"} {
		t.Setenv("GIT_"+role+"_NAME", "somebody")
		t.Setenv("GIT_"+role+"_EMAIL", "somebody@app.example")
	}
	r := repository{t.Context(), t.TempDir()}
	files := map[string]string{
		"CHANGELOG.md": "# Changelog\n\n## 0.1.0 – 2026-12-01\n\n# First\n", "LICENSE": "as you like\n",
		"store/rows.go": "package store\n", "store/sqlite/testdata/rows": "",
	}
	for _, folder := range modules() {
		text := fmt.Sprintf("module %s\n\ngo 1.26.0\n", workspace.Path(folder))
		if folder != "." {
			text += "\nrequire " + workspace.Root + " v0.1.0\n"
		}
		files[filepath.Join(folder, "go.mod")] = text
		files[filepath.Join(folder, "main.go")] = "package main\n"
	}
	for name, text := range files {
		r.put(t, name, text)
	}
	r.do(t, "init", "--quiet")
	r.commit(t)
	return r
}

func (r repository) put(t *testing.T, name, text string) {
	t.Helper()
	name = filepath.Join(r.root, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (r repository) do(t *testing.T, args ...string) string {
	t.Helper()
	out, err := r.git(nil, "", args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (r repository) commit(t *testing.T) {
	t.Helper()
	r.do(t, "add", "--all")
	r.do(t, "commit", "--quiet", "--message=a change")
}

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		version string
		spoil   func(t *testing.T, r repository)
		want    string // "": it is not refused
	}{
		"ready":                 {"v0.1.0", nil, ""},
		"another version":       {"v0.2.0", nil, "v0.2.0 does not come next"},
		"a file is changed":     {"v0.1.0", func(t *testing.T, r repository) { r.put(t, "LICENSE", "no") }, "not committed"},
		"a file is new":         {"v0.1.0", func(t *testing.T, r repository) { r.put(t, "new.go", "package main") }, "not committed"},
		"nothing is said":       {"v0.1.0", func(t *testing.T, r repository) { r.put(t, changelog, "# Changelog\n") }, "no section"},
		"it is unreleased":      {"v0.1.0", func(t *testing.T, r repository) { r.put(t, changelog, "## 0.1.0 – unreleased\n\nMore\n") }, "unreleased"},
		"it is tagged":          {"v0.1.0", func(t *testing.T, r repository) { r.do(t, "tag", "v0.1.0") }, "does not come next"},
		"a part of it is there": {"v0.1.0", func(t *testing.T, r repository) { r.do(t, "tag", "social/v0.1.0") }, "the tag social/v0.1.0 is there"},
		"an older requirement": {"v0.1.0", func(t *testing.T, r repository) {
			r.put(t, "store/redis/go.mod", "module x\n\nrequire "+workspace.Root+" v0.0.9\n")
		}, "store/redis/go.mod requires " + workspace.Root + "@v0.0.9"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := small(t)
			if tt.spoil != nil {
				tt.spoil(t, r)
				if tt.want != "not committed" && r.do(t, "status", "--porcelain") != "" {
					r.commit(t)
				}
			}
			err := r.refusals(tt.version)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("refused by %v, want %q", err, tt.want)
			}
		})
	}
}

// Every released module is tagged at the same commit, and no other.
func TestTags(t *testing.T) {
	r := small(t)
	var told strings.Builder
	if err := r.tags("v0.1.0", &told); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, folder := range workspace.Released {
		want = append(want, workspace.Tag(folder, "v0.1.0"))
	}
	got := strings.Fields(r.do(t, "tag", "--list"))
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Errorf("the tags are %v, want %v", got, want)
	}
	for _, name := range got {
		if r.do(t, "rev-parse", name+"^{commit}") != r.do(t, "rev-parse", "HEAD") {
			t.Errorf("%s is elsewhere", name)
		}
	}
	if notes := r.do(t, "tag", "--list", "--format=%(contents)", "v0.1.0"); !strings.Contains(notes, "# First") {
		t.Errorf("the notes are %q", notes)
	}
	if !strings.Contains(told.String(), "git push --atomic origin HEAD v0.1.0 ") {
		t.Errorf("it tells %q", told.String())
	}
}

func TestTagsAreAllOrNone(t *testing.T) {
	r := small(t)
	last := workspace.Tag(workspace.Released[len(workspace.Released)-1], "v0.1.0")
	r.do(t, "tag", last)
	if err := r.tags("v0.1.0", &strings.Builder{}); err == nil {
		t.Error("a tag is made anew")
	}
	if left := r.do(t, "tag", "--list"); left != last {
		t.Errorf("left are %s", left)
	}
}

// What is written makes the next version ready, once it is committed.
func TestPrepare(t *testing.T) {
	r := small(t)
	if err := r.tags("v0.1.0", &strings.Builder{}); err != nil {
		t.Fatal(err)
	}
	if err := prepareTree(r, "v0.1.1", &strings.Builder{}); err == nil {
		t.Error("a version is prepared of which nothing is said")
	}
	r.put(t, changelog, "## 0.1.1 – unreleased\n\nMore\n")
	r.commit(t)
	var told strings.Builder
	if err := prepareTree(r, "v0.1.1", &told); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{changelog, "store/sqlite/go.mod", "bench/go.mod"} {
		if !strings.Contains(told.String(), name+"\n") {
			t.Errorf("%s is not told to change: %s", name, told.String())
		}
	}
	r.commit(t)
	if err := r.refusals("v0.1.1"); err != nil {
		t.Error(err)
	}
	if err := prepareTree(r, "v0.3.0", &told); err == nil {
		t.Error("a version is prepared that does not come next")
	}
}

// A module's archive has its files, with what is not committed, and those of no other module; and a licence.
func TestServe(t *testing.T) {
	r := small(t)
	r.put(t, "store/late.go", "package store\n")
	tree, err := r.prepared("v0.2.0")
	if err != nil {
		t.Fatal(err)
	}
	if left := r.do(t, "status", "--porcelain"); left != "?? store/late.go" {
		t.Errorf("it changes %s", left)
	}
	dir := t.TempDir()
	if err := r.serve(dir, tree, "v0.2.0"); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string][]string{
		".":            {"CHANGELOG.md", "LICENSE", "go.mod", "main.go", "store/late.go", "store/rows.go"},
		"store/sqlite": {"LICENSE", "go.mod", "main.go", "testdata/rows"},
	} {
		at := filepath.Join(dir, workspace.Path(folder), "@v", "v0.2.0")
		archive, err := zip.OpenReader(at + ".zip")
		if err != nil {
			t.Fatal(err)
		}
		defer archive.Close()
		prefix := module.Version{Path: workspace.Path(folder), Version: "v0.2.0"}.String() + "/"
		var got []string
		for _, file := range archive.File {
			got = append(got, strings.TrimPrefix(file.Name, prefix))
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("the archive of %s has %v, want %v", folder, got, want)
		}
		mod, err := os.ReadFile(at + ".mod")
		if err != nil || folder != "." && !strings.Contains(string(mod), workspace.Root+" v0.2.0\n") {
			t.Errorf("the go.mod of %s is %s, %v", folder, mod, err)
		}
	}
}

// The API of a version is read of its tag, whatever the files are now.
func TestRecorded(t *testing.T) {
	r := small(t)
	r.put(t, "api/tollkeeper.txt", "package tollkeeper\n")
	r.put(t, "api/store/rules.txt", "package rules\n")
	r.commit(t)
	r.do(t, "tag", "v0.1.0")
	r.put(t, "api/tollkeeper.txt", "another")
	api, err := r.recorded("v0.1.0")
	if err != nil || len(api) != 2 || api[workspace.Root] != "package tollkeeper\n" || api[workspace.Path("store/rules")] != "package rules\n" {
		t.Errorf("it is %q, %v", api, err)
	}
}

func TestChangesNeedALargerStep(t *testing.T) {
	more, less := record.Change{Package: "p", Message: "more", Compatible: true}, record.Change{Package: "p", Message: "less"}
	for _, tt := range []struct {
		version string
		changes []record.Change
		allowed bool
	}{
		{"v1.0.1", nil, true},
		{"v1.0.1", []record.Change{more}, false},
		{"v1.1.0", []record.Change{more}, true},
		{"v1.1.0", []record.Change{more, less}, false},
	} {
		var told strings.Builder
		if err := allowed(tt.changes, "v1.0.0", tt.version, &told); (err == nil) != tt.allowed {
			t.Errorf("%v in %s: %v", tt.changes, tt.version, err)
		}
		for _, c := range tt.changes {
			if !strings.Contains(told.String(), c.String()+"\n") {
				t.Errorf("%v is not told", c)
			}
		}
	}
}
