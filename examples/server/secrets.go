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
	"strings"

	"github.com/tollkeeper/tollkeeper"
)

const largestSecrets = 64 << 10 // bytes

// loadSecrets reads the master keys. A missing file is made first, with one new key and mode 0600; of several
// processes that make it at once, one does and all read the same. made tells that this one did.
//
// A file that others than its owner may read is refused: whoever has the keys can sign in as anyone.
func loadSecrets(path string) (keys []tollkeeper.MasterKey, made bool, err error) {
	text, err := readSecrets(path)
	if errors.Is(err, fs.ErrNotExist) {
		if made, err = makeSecrets(path); err != nil {
			return nil, false, fmt.Errorf("secrets file %s cannot be made: %w", path, reason(err))
		}
		text, err = readSecrets(path)
	}
	if err != nil {
		return nil, false, fmt.Errorf("secrets file %s: %w", path, reason(err))
	}
	for i, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		key, err := tollkeeper.ParseMasterKey(line)
		if err != nil {
			return nil, false, fmt.Errorf("secrets file %s: line %d is not base64url text of 32 bytes or more", path, i+1)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, false, fmt.Errorf("secrets file %s: holds no key; remove it to have one made", path)
	}
	return keys, made, nil
}

func readSecrets(path string) (string, error) {
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
	text, err := io.ReadAll(io.LimitReader(f, largestSecrets+1))
	if len(text) > largestSecrets {
		return "", errors.New("is too large")
	}
	return string(text), err
}

// makeSecrets writes under another name and links that to path, which fails where path exists: nobody ever reads half
// a file or replaces another's keys.
func makeSecrets(path string) (made bool, err error) {
	draft := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text())
	if err := writeSynced(draft, []byte(tollkeeper.NewMasterKey().Reveal()+"\n")); err != nil {
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
