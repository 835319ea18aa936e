package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

const largestKeyFile = 64 << 10 // bytes

// readOrMake returns a file of keys. A missing one is made first, with what content answers and mode 0600; of several
// processes that make it at once, one does and all read the same. made tells that this one did. Errors begin with kind.
//
// A file that others than its owner may read is refused: whoever has the keys can sign in as anyone.
func readOrMake(kind, path string, content func() (string, error)) (text string, made bool, err error) {
	text, err = readPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		if made, err = makePrivate(path, content); err != nil {
			return "", false, fmt.Errorf("%s %s cannot be made: %w", kind, path, reason(err))
		}
		text, err = readPrivate(path)
	}
	if err != nil {
		return "", false, fmt.Errorf("%s %s: %w", kind, path, reason(err))
	}
	return text, made, nil
}

func readPrivate(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", errors.New("is no regular file")
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return "", fmt.Errorf("others may read it (mode %04o); run: chmod 600 %s", mode, path)
	}
	text, err := io.ReadAll(io.LimitReader(f, largestKeyFile+1))
	if len(text) > largestKeyFile {
		return "", errors.New("is too large")
	}
	return string(text), err
}

// makePrivate writes under another name and links that to path, which fails where path exists: nobody ever reads half
// a file or replaces another's keys.
func makePrivate(path string, content func() (string, error)) (made bool, err error) {
	text, err := content()
	if err != nil {
		return false, err
	}
	draft := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text())
	if err := writeSynced(draft, []byte(text)); err != nil {
		return false, err
	}
	err = os.Link(draft, path)
	if removed := os.Remove(draft); err == nil {
		err = removed
	}
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, syncDir(filepath.Dir(path))
}

// writeSynced makes a file that only its owner may read, and returns when it is on disk. After an error there is none.
func writeSynced(name string, content []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}

// syncDir puts new names of a directory on disk.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if runtime.GOOS == "windows" { // has no such thing
		err = nil
	}
	return errors.Join(err, d.Close())
}

// reason takes the path out of an error that names it already.
func reason(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
