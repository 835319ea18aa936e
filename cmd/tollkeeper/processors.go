package main

import (
	"os"
	"runtime"
)

// shareProcessors gives the scheduler one P more than the machine has processors, unless something limits them. The
// library hashes one password less at once than there are Ps, so that a hash runs on each processor, and a P is free
// for whatever else is asked meanwhile: the system lets its thread in at once, because it has slept.
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
// set, is a limit: under a quota the extra P would use up what all share, and stop the process until the next tenth
// of a second.
func processors(cores, now int, set bool) int {
	if set || now < cores {
		return now
	}
	return cores + 1
}
