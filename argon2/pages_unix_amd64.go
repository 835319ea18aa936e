//go:build unix && gc && !purego

package argon2

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// newArena asks the system for n blocks. On the heap, as much garbage would wait beside them until it is collected, and
// they would be returned some collections later. What the system refuses comes from the heap all the same.
func newArena(n int) *arena {
	const protection, flags = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_ANON | unix.MAP_PRIVATE
	mapped, err := unix.Mmap(-1, 0, n*int(unsafe.Sizeof(block{})), protection, flags)
	if err != nil {
		return &arena{blocks: make([]block, n)}
	}
	return &arena{blocks: unsafe.Slice((*block)(unsafe.Pointer(&mapped[0])), n), mapped: mapped}
}

// free returns the blocks to the system. Nobody uses them any more.
func (a *arena) free() {
	a.blocks = nil
	if a.mapped != nil {
		_ = unix.Munmap(a.mapped) // fails for what Mmap did not return
	}
}
