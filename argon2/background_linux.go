package argon2

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// stepBack makes the calling thread that much nicer, unless it is the first one of the process: false. A thread that
// cannot be nicer is as all others are.
//
// Since Linux 6.6 even a nice thread runs to the end of its slice once it has begun, which is some milliseconds for
// whoever waits. Since 6.12 one that asks for longer slices gives way to those with shorter ones at once.
func stepBack(more int) bool {
	if unix.Gettid() == os.Getpid() {
		return false
	}
	const caller = 0 // for the kernel: the thread that calls
	a, err := unix.SchedGetAttr(caller, 0)
	if err != nil || a.Policy != unix.SCHED_NORMAL {
		return true
	}
	a.Nice = min(a.Nice+int32(more), 19)
	a.Runtime = uint64(100 * time.Millisecond) // the longest there is
	_ = unix.SchedSetAttr(caller, a, 0)
	return true
}
