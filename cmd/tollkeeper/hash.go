//go:build !unsafe_test_hash

package main

import (
	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/argon2"
)

// hashing is the library's default cost, computed by the faster module. Tests build the server with the tag
// unsafe_test_hash instead, so that no flag and no variable can make a server that people use weak.
func hashing() tollkeeper.Hash {
	return tollkeeper.Hash{Derive: argon2.Background(hashes()), Parallel: hashes()}
}
