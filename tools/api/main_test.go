package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

// A record that says something else fails the command, which tells what would break; writing it anew ends that.
func TestRecordsOfAnotherStateAreRefused(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "api")
	if err := os.CopyFS(folder, os.DirFS(filepath.Join(root, "api"))); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(folder, "verify.txt")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, append(text, "\nfunc Gone() error\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, write := range []bool{false, true} {
		var told strings.Builder
		same, err := run(&told, root, folder, write)
		if err != nil || same != write || !strings.Contains(told.String(), "incompatible: tollkeeper/verify: Gone: removed\n") {
			t.Errorf("writing %v: the same %v, %v, told %q", write, same, err, told.String())
		}
	}
	var told strings.Builder
	if same, err := run(&told, root, folder, false); err != nil || !same || told.Len() > 0 {
		t.Errorf("written anew: the same %v, %v, told %q", same, err, told.String())
	}
}
