//go:build unix

package ownfile_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/ownfile"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func file(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	must(t, os.WriteFile(path, []byte("content"), mode))
	must(t, os.Chmod(path, mode)) // whatever the umask
}

func TestReadRefusesWhatIsNotTheUsersAlone(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(t *testing.T, path string)
		want    string
	}{
		"a link": {func(t *testing.T, path string) {
			file(t, path+".real", 0o600)
			must(t, os.Symlink(path+".real", path))
		}, "is a link"},
		"a link that leads nowhere": {func(t *testing.T, path string) { must(t, os.Symlink(path+".none", path)) }, "is a link"},
		"a directory":               {func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o700)) }, "is a directory"},
		"a pipe":                    {func(t *testing.T, path string) { must(t, syscall.Mkfifo(path, 0o600)) }, "no regular file"},
		"a socket": {func(t *testing.T, path string) {
			l, err := net.Listen("unix", path)
			must(t, err)
			t.Cleanup(func() { l.Close() })
		}, "no regular file"},
		"another user's": {func(t *testing.T, path string) {
			if os.Geteuid() != 0 {
				t.Skip("only root gives files away")
			}
			file(t, path, 0o600)
			must(t, os.Chown(path, 65534, -1))
		}, "belongs to another user"},
		"the group reads":  {func(t *testing.T, path string) { file(t, path, 0o640) }, "others may read it (mode 0640); run: chmod 600 "},
		"the group writes": {func(t *testing.T, path string) { file(t, path, 0o620) }, "mode 0620"},
		"all read":         {func(t *testing.T, path string) { file(t, path, 0o604) }, "mode 0604"},
		"all write":        {func(t *testing.T, path string) { file(t, path, 0o602) }, "mode 0602"},
		"all run":          {func(t *testing.T, path string) { file(t, path, 0o601) }, "mode 0601"},
		"too large":        {func(t *testing.T, path string) { must(t, os.WriteFile(path, make([]byte, 101), 0o600)) }, "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "f")
			c.prepare(t, path)
			text, err := ownfile.Read(path, 100)
			if text != nil || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q, %v, want %q", text, err, c.want)
			}
			if err := ownfile.Check(path); c.want != "too large" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("Check: %v", err)
			}
			for _, make := range []func() error{func() error { return ownfile.Touch(path) }, func() error { return ownfile.Make(path, []byte("x")) }} {
				if err := make(); !errors.Is(err, fs.ErrExist) {
					t.Errorf("made in its place: %v", err)
				}
			}
			if _, err := os.Stat(path + ".none"); !errors.Is(err, fs.ErrNotExist) {
				t.Error("made where the link leads")
			}
		})
	}
	path := filepath.Join(t.TempDir(), "f")
	if _, err := ownfile.Read(path, 100); !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), path) {
		t.Errorf("nothing: %v", err)
	}
	for _, mode := range []fs.FileMode{0o600, 0o400} {
		file(t, path, mode)
		if text, err := ownfile.Read(path, 7); err != nil || string(text) != "content" {
			t.Errorf("%q, %v", text, err)
		}
	}
}

// Between the look and the reading somebody may put another file there, or a link: what was looked at is read, or nothing.
func TestOnlyTheFileThatWasLookedAtIsRead(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "f"), filepath.Join(dir, "other")
	for name, put := range map[string]func(){
		"nothing":      func() {},
		"another file": func() { must(t, os.Rename(other, path)) },
		"a link":       func() { must(t, errors.Join(os.Remove(path), os.Symlink(other, path))) },
	} {
		must(t, errors.Join(os.RemoveAll(path), os.RemoveAll(other)))
		file(t, path, 0o600)
		file(t, other, 0o600)
		seen, err := ownfile.Look(path)
		must(t, err)
		put()
		text, err := ownfile.ReadSeen(path, seen, 100)
		if same := name == "nothing"; same != (string(text) == "content") || same != (err == nil) {
			t.Errorf("%s in its place: %q, %v", name, text, err)
		}
	}
}

func TestNewFilesArePrivateWhateverTheUmask(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o777} {
		dir := t.TempDir()
		old := syscall.Umask(umask)
		errs := errors.Join(ownfile.Touch(filepath.Join(dir, "touched")), ownfile.Make(filepath.Join(dir, "made"), []byte("text")))
		syscall.Umask(old)
		must(t, errs)
		files, err := os.ReadDir(dir)
		must(t, err)
		if len(files) != 2 {
			t.Errorf("files %v", files)
		}
		for _, f := range files {
			if info, err := f.Info(); err != nil || info.Mode() != 0o600 {
				t.Errorf("umask %03o: %s has mode %v, %v", umask, f.Name(), info.Mode(), err)
			}
		}
		if text, err := ownfile.Read(filepath.Join(dir, "made"), 4); err != nil || string(text) != "text" {
			t.Errorf("%q, %v", text, err)
		}
	}
}

func TestOneOfManyMakesIt(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	errs := make([]error, 16)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = ownfile.Make(path, []byte{byte('a' + i)}) })
	}
	all.Wait()
	text, err := ownfile.Read(path, 1)
	must(t, err)
	for i, err := range errs {
		if made := text[0] == byte('a'+i); made != (err == nil) || !made && !errors.Is(err, fs.ErrExist) {
			t.Errorf("%d: %v, content %q", i, err, text)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("beside it lie %v, %v", left, err)
	}
	if err := ownfile.Make(filepath.Join(dir, "none", "f"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}
