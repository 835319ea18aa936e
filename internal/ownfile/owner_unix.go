//go:build unix

package ownfile

import (
	"io/fs"
	"os"
	"syscall"
)

// foreign reports whether another user than this process's owns the file.
func foreign(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(s.Uid) != os.Geteuid()
}
