package lint_test

import (
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// atTheRoot are the files beside code and pages that a newcomer sees first.
var atTheRoot = []string{".editorconfig", ".gitignore", "LICENSE", "Makefile", "compose.yaml", "go.mod", "go.sum", "go.work", "go.work.sum"}

// What somebody left lying about is not committed by accident: the root has code, pages and what is named above.
func TestNothingLiesAboutAtTheRoot(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "git", "-C", root, "ls-files").Output()
	if err != nil {
		t.Skip("no repository here: ", err)
	}
	seen := 0
	for _, name := range strings.Fields(string(out)) {
		if strings.Contains(name, "/") {
			continue
		}
		seen++
		if ext := path.Ext(name); ext != ".go" && ext != ".md" && !slices.Contains(atTheRoot, name) {
			t.Errorf("%s does not belong at the root", name)
		}
	}
	if seen < len(atTheRoot) {
		t.Errorf("only %d files are at the root", seen)
	}
}

// What a compiler made is made again, and has the paths of somebody's machine in it.
func TestNoBuiltProgramIsKept(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "git", "-C", root, "ls-files", "-z").Output()
	if err != nil {
		t.Skip("no repository here: ", err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		file, err := os.Open(filepath.Join(root, name))
		if err != nil {
			continue // it is about to go
		}
		var magic [4]byte
		_, _ = io.ReadFull(file, magic[:])
		_ = file.Close()
		if slices.Contains([]string{"\x7fELF", "\xcf\xfa\xed\xfe", "MZ\x90\x00", "!<ar"}, string(magic[:])) {
			t.Errorf("%s is a built program", name)
		}
	}
}
