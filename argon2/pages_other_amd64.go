//go:build !unix && gc && !purego

package argon2

// newArena makes n blocks.
func newArena(n int) *arena { return &arena{blocks: make([]block, n)} }

// free leaves the blocks to the garbage collector.
func (a *arena) free() { a.blocks = nil }
