package tollkeeper

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/ownfile"
	"github.com/tollkeeper/tollkeeper/store"
)

const (
	largestKeyFile = 64 << 10 // bytes
	storeWait      = 30 * time.Second
)

// LoadOrCreateKeys returns the master keys in a file, for [Config.Secrets]: one line each, as [MasterKey.Reveal] writes
// it, the first one signs. A missing file is made with one new key and mode 0600; of several processes that make it at
// once, one does and all read the same. The file belongs with the store: whoever has it can sign in as anyone, and
// without it second factors and tenants' keys are lost. Back up both.
//
// Name the store, too, and it is asked first, for 30 seconds at most: where it has accounts that were made with other
// keys, no file is made and the error is [ErrConflict] with [Error.Field] "Secrets", as of [CheckSecrets].
//
// The file must be a regular one of this user alone, and no link. Errors name it; of an existing file they say what is
// wrong, never what is in it.
func LoadOrCreateKeys(file string, of ...store.Store) ([]MasterKey, error) {
	keys, err := loadKeys(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, s := range of {
		if err := checkKeyFile(file, keys, s); err != nil {
			return nil, err
		}
	}
	if len(keys) > 0 {
		return keys, nil
	}
	err = ownfile.Make(file, []byte(NewMasterKey().Reveal()+"\n"))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("tollkeeper: key file %s cannot be made: %w", file, withoutPath(err))
	}
	return loadKeys(file)
}

// loadKeys reads the file. fs.ErrNotExist: there is none, but a folder for it.
func loadKeys(file string) (keys []MasterKey, err error) {
	text, err := ownfile.Read(file, largestKeyFile)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Dir(file)); err != nil {
			return nil, fmt.Errorf("tollkeeper: key file %s cannot be made: the folder %s: %v", file, filepath.Dir(file), withoutPath(err))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("tollkeeper: key file %s: %w", file, err)
	}
	for i, line := range strings.Split(string(text), "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		key, err := ParseMasterKey(line)
		if err != nil {
			return nil, fmt.Errorf("tollkeeper: key file %s: line %d is not base64url text of 32 random bytes or more", file, i+1)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("tollkeeper: key file %s holds no key; remove it to have one made", file)
	}
	return keys, nil
}

// checkKeyFile refuses keys that the store was not made with, also none.
func checkKeyFile(file string, keys []MasterKey, s store.Store) error {
	ctx, cancel := context.WithTimeout(context.Background(), storeWait)
	defer cancel()
	err := CheckSecrets(ctx, s, keys...)
	if !errors.Is(err, ErrConflict) {
		return err
	}
	what := "is missing, and the store was made with the keys in it: put it back, or start over with an empty store"
	if len(keys) > 0 {
		what = "has not the key that the store was made with: put that file back, or add its line at the end"
	} else if keys, again := loadKeys(file); again == nil { // another process has just made both
		return checkKeyFile(file, keys, s)
	}
	return ErrConflict.WithField("Secrets").WithMessage(fmt.Sprintf("tollkeeper: key file %s %s", file, what))
}

// withoutPath takes the path out of an error that names it already.
func withoutPath(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
