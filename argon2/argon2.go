// Package argon2 computes argon2id (RFC 9106) bit for bit as golang.org/x/crypto/argon2 does, in less than half the
// processor time on amd64 with AVX2. A host of tollkeeper names it in one line:
//
//	Passwords: tollkeeper.Passwords{Hash: tollkeeper.Hash{Derive: argon2.IDKey}},
//
// # Where it is fast
//
// The processor is asked once, when the program begins. Without AVX2, on every other architecture, and in a build
// with the tag purego, x/crypto computes. So it does under GODEBUG=cpu.avx2=off. The program in the folder asm writes
// the assembly, and a test compares. Row R91 of SECURITY.md says what guards it, docs/PERFORMANCE.md what it takes.
//
// # Memory
//
// The memory of a hash is reused by the next, so that 64 sign-ins of which two hash at once take that of two hashes.
// On Unix it comes from the system and is none of the garbage collector's. What was not needed for five to ten
// seconds is returned. At most GOMAXPROCS pieces are kept meanwhile, none above 64 MiB: a hash with a larger cost
// returns its memory when it ends. How many are computed at once is for the caller to bound, as tollkeeper's
// Hash.Parallel does.
//
// The memory is wiped after each hash, which takes some 6 % of its time. Whoever had all of it could compute back to
// the first two blocks, and compare guesses with these without the cost. What the state of BLAKE2b, which is of
// x/crypto, keeps of the password is not wiped, and neither is what x/crypto uses where it computes the whole.
//
// # Threads
//
// A hash is computed by the goroutine that asks for it, or by a thread of [Background]. One with several threads takes
// as long as its lanes one after the other: a service has as many sign-ins at once as processors, and no more of them
// when each is done by all. Between any two blocks of 1 KiB the scheduler may interrupt.
package argon2

// IDKey returns a key of keyLen bytes by argon2id, version 19: time passes over a memory in KiB, in as many lanes as
// threads says. The key is that of IDKey of golang.org/x/crypto/argon2 for the same arguments, also where memory is
// less than 8 KiB for each lane, the least there is. IDKey panics for no pass, no thread and a key of no bytes. It
// keeps neither password nor salt, and is safe for concurrent use.
func IDKey(password, salt []byte, time, memory uint32, threads uint8, keyLen uint32) []byte {
	switch {
	case time < 1:
		panic("argon2: no pass")
	case threads < 1:
		panic("argon2: no thread")
	case keyLen < 1:
		panic("argon2: a key of no bytes")
	}
	return idKey(password, salt, time, memory, threads, keyLen)
}
