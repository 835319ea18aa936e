package passhash

import "fmt"

// Params are the cost parameters of argon2id (RFC 9106).
type Params struct {
	Memory  uint32 // KiB
	Time    uint32 // passes over the memory
	Threads uint8  // lanes, each computed by its own goroutine
}

// Default is the OWASP floor (SECURITY.md R09): some 75 ms and 19 MiB for each hash on the machine where it was
// measured.
var Default = Params{Memory: 19456, Time: 2, Threads: 1}

// Bounds of argon2 parameters, for new hashes and for stored ones (R10).
const (
	maxMemory  = 1 << 20 // KiB: one GiB
	maxTime    = 10
	maxThreads = 8
)

// Validate refuses, with an error that wraps [ErrBounds], parameters that no hash may have: a memory below 8 KiB a
// thread (RFC 9106, 3.1) or over 1 GiB, a time outside 1..10, threads outside 1..8.
//
// With floor it also refuses what is weaker than all of m=47104 t=1, m=19456 t=2 and m=12288 t=3 (OWASP Password
// Storage, R09). Without, tests may use cheap parameters.
func (p Params) Validate(floor bool) error {
	switch {
	case p.Threads < 1 || p.Threads > maxThreads:
		return fmt.Errorf("%w: Threads %d is outside 1..%d", ErrBounds, p.Threads, maxThreads)
	case p.Time < 1 || p.Time > maxTime:
		return fmt.Errorf("%w: Time %d is outside 1..%d", ErrBounds, p.Time, maxTime)
	case p.Memory < 8*uint32(p.Threads) || p.Memory > maxMemory:
		return fmt.Errorf("%w: Memory %d KiB is outside %d..%d", ErrBounds, p.Memory, 8*uint32(p.Threads), maxMemory)
	case floor && !p.aboveFloor():
		return fmt.Errorf("%w: Memory %d KiB with Time %d is weaker than 19456 KiB with 2", ErrBounds, p.Memory, p.Time)
	}
	return nil
}

func (p Params) aboveFloor() bool {
	return p.Memory >= 47104 ||
		p.Memory >= 19456 && p.Time >= 2 ||
		p.Memory >= 12288 && p.Time >= 3
}
