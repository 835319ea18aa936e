package sqlite_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(t *testing.T, path string)
		want    string
	}{
		"a directory":         {func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o700)) }, "is a directory"},
		"no database":         {func(t *testing.T, path string) { write(t, path, strings.Repeat("no database ", 100)) }, "not a database"},
		"a short file":        {func(t *testing.T, path string) { write(t, path, "hello") }, "not a database"},
		"a missing directory": {func(t *testing.T, path string) { must(t, os.Remove(filepath.Dir(path))) }, "no such file or directory"},
		"another application": {func(t *testing.T, path string) {
			s := open(t, path)
			if _, err := s.Pragma("PRAGMA application_id = 99"); err != nil {
				t.Fatal(err)
			}
			must(t, s.Close())
		}, "another application"},
		"a link": {func(t *testing.T, path string) {
			must(t, open(t, path+".real").Close())
			must(t, os.Symlink(path+".real", path))
		}, "is a link"},
		"a link that leads nowhere": {func(t *testing.T, path string) { must(t, os.Symlink(path+".none", path)) }, "is a link"},
		"others may read it": {func(t *testing.T, path string) {
			must(t, open(t, path).Close())
			must(t, os.Chmod(path, 0o640))
		}, "others may read it (mode 0640); run: chmod 600 "},
		"a log that is a link": {func(t *testing.T, path string) {
			must(t, open(t, path).Close())
			must(t, os.Symlink(path+".none", path+"-wal"))
		}, "-wal beside it: is a link"},
		"an index of the log that others may read": {func(t *testing.T, path string) {
			must(t, open(t, path).Close())
			write(t, path+"-shm", "")
			must(t, os.Chmod(path+"-shm", 0o644))
		}, "-shm beside it: others may read it (mode 0644)"},
		"a journal that is a directory": {func(t *testing.T, path string) { must(t, os.Mkdir(path+"-journal", 0o700)) }, "-journal beside it: is a directory"},
		"another user's": {func(t *testing.T, path string) {
			if os.Geteuid() != 0 {
				t.Skip("only root gives files away")
			}
			must(t, open(t, path).Close())
			must(t, os.Chown(path, 65534, -1))
		}, "belongs to another user"},
		"an unreadable file": {func(t *testing.T, path string) {
			if os.Geteuid() == 0 {
				t.Skip("root reads everything")
			}
			write(t, path, "")
			must(t, os.Chmod(path, 0))
		}, "unable to open"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "sub", "test.db")
			must(t, os.Mkdir(filepath.Dir(path), 0o700))
			c.prepare(t, path)
			s, err := sqlite.Open(path)
			if err == nil {
				s.Close()
				t.Fatal("it opened")
			}
			if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %q, want one line with the path and %q", err, c.want)
			}
			if _, err := os.Lstat(path + ".none"); err == nil {
				t.Error("it made a file where a link leads")
			}
		})
	}
	if _, err := sqlite.Open(""); err == nil {
		t.Error("it opened no name")
	}
}

func TestOpenMakesPrivateFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a?b#c %25.db")
	parent(t, open(t, path), 1)
	files, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	must(t, err)
	if len(files) != 3 {
		t.Errorf("files are %v, want the database, its log and the log's index", files)
	}
	for _, f := range files {
		info, err := os.Stat(f)
		must(t, err)
		if !strings.HasPrefix(f, path) || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", f, info.Mode())
		}
	}
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	t.Run("verbs before it", func(t *testing.T) {
		for _, path := range []string{file(t), ":memory:"} {
			s, err := sqlite.Open(path)
			must(t, err)
			defer s.Close()
			for _, err := range []error{second(s.Balance(t.Context(), id())), s.QueueMail(t.Context(), nil)} {
				if !errors.Is(err, store.ErrNotMigrated) || !strings.Contains(err.Error(), "call Migrate first") {
					t.Errorf("%s: got %v", path, err)
				}
			}
		}
	})
	t.Run("again changes nothing", func(t *testing.T) {
		s := open(t, file(t))
		a := parent(t, s, 5)
		must(t, s.Migrate(t.Context()))
		if b, err := s.Balance(t.Context(), a.ID); err != nil || b.Credits != 5 {
			t.Errorf("got %+v, %v", b, err)
		}
	})
	t.Run("a newer schema is refused", func(t *testing.T) {
		path := file(t)
		s := open(t, path)
		_, err := s.Pragma("PRAGMA user_version = 99")
		must(t, err)
		must(t, s.Close())
		s, err = sqlite.Open(path)
		must(t, err)
		defer s.Close()
		for _, err := range []error{s.Migrate(t.Context()), second(s.Balance(t.Context(), id()))} {
			if !errors.Is(err, store.ErrNewerSchema) || !strings.Contains(err.Error(), "its version is 99, this program knows") {
				t.Errorf("got %v", err)
			}
		}
	})
	t.Run("with an ended context", func(t *testing.T) {
		s, err := sqlite.Open(file(t))
		must(t, err)
		defer s.Close()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Migrate(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestReopen(t *testing.T) {
	t.Parallel()
	path := file(t)
	s := open(t, path)
	p := parent(t, s, 7)
	a := child(t, s, p)
	n := signIn(a, p.ID)
	_, err := s.CreateSession(t.Context(), n, now)
	must(t, err)
	before, err := s.Session(t.Context(), n.Session.ID, now)
	must(t, err)
	must(t, s.Close())
	must(t, s.Close())
	if _, err := s.Balance(t.Context(), p.ID); !errors.Is(err, sqlite.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if err := s.QueueMail(t.Context(), nil); !errors.Is(err, sqlite.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	s = open(t, path)
	after, err := s.Session(t.Context(), n.Session.ID, now)
	must(t, err)
	if before != after {
		t.Errorf("session is %+v, was %+v", after, before)
	}
	if b, err := s.Balance(t.Context(), p.ID); err != nil || b.Credits != 6 || b.Children != 1 || b.SignIns != 1 {
		t.Errorf("balance is %+v, %v", b, err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t testing.TB, path, content string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(content), 0o600))
}

func second[T any](_ T, err error) error { return err }
