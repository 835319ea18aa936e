package tollkeeper

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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
		if keys, err = keysOf(file, keys, s); err != nil {
			return nil, err
		}
	}
	if len(keys) > 0 {
		return keys, nil
	}
	err = ownfile.Make(file, []byte(NewMasterKey().Reveal()+"\n"))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("tollkeeper: key file %s cannot be made: %w", file, err)
	}
	return loadKeys(file)
}

// loadKeys reads the file. fs.ErrNotExist: there is none.
func loadKeys(file string) (keys []MasterKey, err error) {
	text, err := ownfile.Read(file, largestKeyFile)
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

// keysOf returns the keys that the store was made with: those of the file, or none for a new one.
func keysOf(file string, keys []MasterKey, s store.Store) ([]MasterKey, error) {
	ctx, cancel := context.WithTimeout(context.Background(), storeWait)
	defer cancel()
	err := CheckSecrets(ctx, s, keys...)
	if !errors.Is(err, ErrConflict) {
		return keys, err
	}
	what := "has not the key that the store was made with: put that file back, or add its line at the end"
	if len(keys) == 0 {
		if keys, err := loadKeys(file); err == nil { // another process has just made both
			return keysOf(file, keys, s)
		}
		what = "is missing, and the store was made with the keys in it: put it back, or start over with an empty store"
	}
	return nil, ErrConflict.WithField("Secrets").WithMessage(fmt.Sprintf("tollkeeper: key file %s %s", file, what))
}
