package main

import (
	"os"
	"runtime"
)

// spare is how many more Ps than processors the scheduler gets. A hash holds one on each processor for some ten
// milliseconds. One that waits for the disk holds its own until the runtime takes it away, which may take as long. So
// one is not enough for whatever else is asked meanwhile: docs/PERFORMANCE.md has what was measured.
const spare = 4

// shareProcessors gives the scheduler spare Ps more than the machine has processors, unless something limits them. The
// system lets the thread of an idle P in at once, because it has slept.
//
// From then on the runtime follows no change of the limits. So where there is one already nothing is called: the
// runtime goes on following it, and one P is left free of hashes all the same.
func shareProcessors() {
	now := runtime.GOMAXPROCS(0)
	if n := processors(runtime.NumCPU(), now, os.Getenv("GOMAXPROCS") != ""); n != now {
		runtime.GOMAXPROCS(n)
	}
}

// processors is how many Ps the scheduler should have on so many cores. Fewer than cores, or a figure that somebody
// set, is a limit: under a quota more Ps would use up what all share, and stop the process until the next tenth of a
// second.
func processors(cores, now int, set bool) int {
	if set || now < cores {
		return now
	}
	return cores + spare
}

// hashes is how many passwords are hashed at once: one on each core, and one less than there are Ps.
func hashes() int { return max(1, min(runtime.NumCPU(), runtime.GOMAXPROCS(0)-1)) }
