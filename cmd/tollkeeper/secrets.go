package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

const secretsFile = "secrets file"

// readSecrets reads the master keys. No keys and no error: the file is missing, but its folder is there.
func readSecrets(path string) ([]tollkeeper.MasterKey, error) {
	text, err := readKeys(secretsFile, path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Dir(path)); err != nil {
			return nil, fmt.Errorf("%s %s cannot be made: %w", secretsFile, path, reason(err))
		}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return parseSecrets(path, text)
}

// makeSecrets makes the file with one new key, or reads that of another process that has made it meanwhile. made tells
// that this one did.
func makeSecrets(path string) (keys []tollkeeper.MasterKey, made bool, err error) {
	text, made, err := readOrMake(secretsFile, path, func() (string, error) {
		return tollkeeper.NewMasterKey().Reveal() + "\n", nil
	})
	if err != nil {
		return nil, false, err
	}
	keys, err = parseSecrets(path, text)
	return keys, made, err
}

func parseSecrets(path, text string) (keys []tollkeeper.MasterKey, err error) {
	for i, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		key, err := tollkeeper.ParseMasterKey(line)
		if err != nil {
			return nil, fmt.Errorf("%s %s: line %d is not base64url text of 32 random bytes or more", secretsFile, path, i+1)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s %s: holds no key; remove it to have one made", secretsFile, path)
	}
	return keys, nil
}

// secretsOf returns the keys that the database belongs to, which were read from the file. It makes the file for a new
// database alone: with other keys parents would find out one by one that they cannot sign in, and new ones would depend
// on the wrong file.
func secretsOf(ctx context.Context, kept store.Store, keys []tollkeeper.MasterKey, o options) (_ []tollkeeper.MasterKey, made bool, err error) {
	err = tollkeeper.CheckSecrets(ctx, kept, keys...)
	if errors.Is(err, tollkeeper.ErrConflict) && len(keys) == 0 { // unless another process has just made both
		if keys, err = readSecrets(o.secrets); err == nil {
			err = tollkeeper.CheckSecrets(ctx, kept, keys...)
		}
	}
	switch {
	case errors.Is(err, tollkeeper.ErrConflict):
		return nil, false, wrongSecrets(o, len(keys) > 0)
	case err != nil:
		return nil, false, err
	case len(keys) > 0:
		return keys, false, nil
	}
	return makeSecrets(o.secrets)
}

// wrongSecrets says what to do about a database that belongs to other keys.
func wrongSecrets(o options, there bool) error {
	what, database := "is missing, and this database belongs to the keys in it; put it back", "the database"
	if there {
		what = "has not the key that this database was made with; put that file back, or add its line at the end"
	}
	if file, ok := strings.CutPrefix(o.store, "sqlite:"); ok {
		database = file + " and the files beside it, " + file + "-wal and " + file + "-shm"
	}
	return fmt.Errorf("%s %s: %s. To start over without any account, remove %s", secretsFile, o.secrets, what, database)
}
