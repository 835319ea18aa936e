package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/ownfile"
)

const (
	memory = ":memory:"

	// application marks the file as one of this library ("toll").
	application = 0x746f6c6c

	// patience is how long a connection waits for another process to finish writing.
	patience = 10 * time.Second
)

// locate returns how to open path, after making the file with mode 0600 if there is none: SQLite itself would make it
// readable for everybody. The log files beside it take over its mode. What lies there already must be this user's
// alone.
func locate(path string) (dsn string, err error) {
	if path == "" || strings.ContainsRune(path, 0) {
		return "", errors.New("no file name")
	}
	path, err = filepath.Abs(path)
	if err != nil {
		return "", err
	}
	// Only a file that nobody has open may be opened here: closing it would drop SQLite's locks on it.
	err = ownfile.Check(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = ownfile.Touch(path); errors.Is(err, fs.ErrExist) {
			err = ownfile.Check(path)
		}
	}
	if err != nil {
		return "", err
	}
	for _, log := range []string{"-wal", "-shm", "-journal"} {
		if err := ownfile.Check(path + log); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("%s beside it: %w", log, err)
		}
	}
	return "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath(), nil
}

// configure gives a connection its settings and refuses what is no database of ours.
func configure(c *conn) error {
	for _, p := range []string{
		"PRAGMA busy_timeout = " + strconv.FormatInt(patience.Milliseconds(), 10),
		"PRAGMA synchronous = FULL",
		"PRAGMA temp_store = MEMORY",
		"PRAGMA trusted_schema = OFF",
		"PRAGMA wal_autocheckpoint = 4000", // pages, 16 MB: hot pages are copied into the file less often
		"PRAGMA journal_size_limit = 67108864",
	} {
		if _, err := c.pragma(p); err != nil {
			return err
		}
	}
	id, err := c.pragma("PRAGMA application_id")
	if err != nil {
		return err
	}
	if id != "0" && id != strconv.Itoa(application) {
		return errors.New("is a database of another application")
	}
	return nil
}

// useWAL switches the file to a write-ahead log. SQLite does not wait for other processes there, so this does.
func useWAL(c *conn) error {
	deadline := time.Now().Add(patience)
	for {
		mode, err := c.pragma("PRAGMA journal_mode = WAL")
		switch {
		case err == nil && mode == "wal":
			return nil
		case err == nil:
			return fmt.Errorf("its file system allows no write-ahead log (journal mode %s)", mode)
		case !isBusy(err) || time.Now().After(deadline):
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func onlyRead(c *conn) error {
	_, err := c.pragma("PRAGMA query_only = ON")
	return err
}
