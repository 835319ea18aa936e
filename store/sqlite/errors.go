package sqlite

import (
	"errors"

	sqlitedriver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// isBusy reports that another connection holds the lock.
func isBusy(err error) bool { return code(err)&0xff == sqlite3.SQLITE_BUSY }

func code(err error) int {
	if e, ok := errors.AsType[*sqlitedriver.Error](err); ok {
		return e.Code()
	}
	return sqlite3.SQLITE_OK
}
