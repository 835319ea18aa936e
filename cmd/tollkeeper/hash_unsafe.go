//go:build unsafe_test_hash

package main

import (
	"fmt"
	"os"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/argon2"
)

// hashing costs nothing: whoever reads the database reads the passwords. For tests that sign in thousands of times.
func hashing() tollkeeper.Hash {
	fmt.Fprintln(os.Stderr, "WARNING: built with the tag unsafe_test_hash: passwords are not protected; for tests only")
	return tollkeeper.Hash{Memory: 8, Time: 1, Threads: 1, Derive: argon2.IDKey, UnsafeForTests: true}
}
