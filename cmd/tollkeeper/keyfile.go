package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/tollkeeper/tollkeeper/internal/ownfile"
)

const largestKeyFile = 64 << 10 // bytes

// readKeys returns a file of keys, which must be this user's alone. Errors begin with kind and are [fs.ErrNotExist]
// where there is no file.
func readKeys(kind, path string) (string, error) {
	text, err := ownfile.Read(path, largestKeyFile)
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", kind, path, err)
	}
	return string(text), nil
}

// readOrMake is readKeys, but a missing file is made first, with what content returns and mode 0600; of several
// processes that make it at once, one does and all read the same. made tells that this one did.
func readOrMake(kind, path string, content func() (string, error)) (text string, made bool, err error) {
	text, err = readKeys(kind, path)
	if !errors.Is(err, fs.ErrNotExist) {
		return text, false, err
	}
	fresh, err := content()
	if err == nil {
		err = ownfile.Make(path, []byte(fresh))
	}
	if made = err == nil; !made && !errors.Is(err, fs.ErrExist) {
		return "", false, fmt.Errorf("%s %s cannot be made: %w", kind, path, reason(err))
	}
	text, err = readKeys(kind, path)
	return text, made, err
}

// reason takes the path out of an error that names it already.
func reason(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
