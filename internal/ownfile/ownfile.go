// Package ownfile reads and makes files that belong to the user of this process alone: keys and databases. Whoever has
// the keys can sign in as anyone, and whoever can put a link in a file's place chooses what is read and written.
package ownfile

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

const mode = 0o600

// Check returns why the file at path is not this user's alone: it is a link, also one that leads nowhere, or no regular
// file, another user has it, or others than its owner may do anything with it. [fs.ErrNotExist]: there is none. Systems
// without owners or modes are asked for neither. Errors do not name the path, but to be put right.
func Check(path string) error {
	_, err := look(path)
	return err
}

func look(path string) (fs.FileInfo, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, cause(err)
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, errors.New("is a link; name the file itself")
	case info.IsDir():
		return nil, errors.New("is a directory")
	case !info.Mode().IsRegular():
		return nil, errors.New("is no regular file")
	case foreign(info):
		return nil, errors.New("belongs to another user")
	}
	if bits := info.Mode().Perm(); bits&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("others may read it (mode %04o); run: chmod 600 %s", bits, path)
	}
	return info, nil
}

// Read returns the file's content, of at most most bytes. The errors are those of [Check], and that it is too large.
func Read(path string, most int64) ([]byte, error) {
	seen, err := look(path)
	if err != nil {
		return nil, err
	}
	return read(path, seen, most)
}

// read reads the file that was seen at path, and no other that came in its place.
func read(path string, seen fs.FileInfo, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	opened, err := f.Stat()
	if err != nil {
		return nil, cause(err)
	}
	if !os.SameFile(seen, opened) {
		return nil, errors.New("was replaced while it was opened")
	}
	content, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, cause(err)
	}
	if int64(len(content)) > most {
		return nil, errors.New("is too large")
	}
	return content, nil
}

// Touch makes an empty file with mode 0600. [fs.ErrExist]: something is there, were it a link that leads nowhere.
func Touch(path string) error { return write(path, nil) }

// Make makes a file with mode 0600 and that content, and returns when it is on disk: nobody ever reads half of it. Of
// several processes that make it at once, one does. [fs.ErrExist]: something is there, were it a link that leads
// nowhere.
func Make(path string, content []byte) error {
	// Written under another name and linked to the path, which fails where something is there.
	draft := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text())
	if err := write(draft, content); err != nil {
		return err
	}
	if err := errors.Join(os.Link(draft, path), os.Remove(draft)); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fs.ErrExist
		}
		return cause(err)
	}
	return SyncDir(filepath.Dir(path))
}

// write makes a file. After an error there is none.
func write(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return cause(err)
	}
	err = f.Chmod(mode) // whatever the umask takes away
	if err == nil {
		_, err = f.Write(content)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// SyncDir puts new names of a directory on disk.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return cause(err)
	}
	err = d.Sync()
	if runtime.GOOS == "windows" { // has no such thing
		err = nil
	}
	return errors.Join(err, d.Close())
}

// cause takes the path out of an error that the caller names it in.
func cause(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return l.Err
	}
	return err
}
