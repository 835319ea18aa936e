// Package argon2 computes argon2id (RFC 9106) as golang.org/x/crypto/argon2 does, bit for bit, in less than half the
// processor time on amd64 with AVX2. A host of tollkeeper names it in one line:
//
//	Passwords: tollkeeper.Passwords{Hash: tollkeeper.Hash{Derive: argon2.IDKey}},
//
// # Where it is fast
//
// The processor is asked once, when the program begins. One without AVX2, every other architecture, and a build with the
// tag purego compute by x/crypto. So does a program under GODEBUG=cpu.avx2=off. The assembly is written by the program in
// the folder asm; what guards it stands in SECURITY.md of the repository.
//
// # Memory
//
// The memory of a hash is reused by the next, so that 64 sign-ins, two at once, take that of two hashes. It is the
// system's on Unix, and none of the garbage collector's: what was not needed for five to ten seconds is returned. At most
// GOMAXPROCS pieces are kept, none above 64 MiB; what a hash with a larger cost took is returned when it ends. How many
// are computed at once is the caller's to bound, as [tollkeeper.Hash].Parallel does.
//
// The memory is wiped after each hash, which takes some 6 % of its time: from all of it one could compute what the first
// pass began with, and guess the password without the cost. So are hashes of the password that this package keeps
// meanwhile. Wiping is not promised of what is computed by x/crypto, nor of the state of BLAKE2b, which is its, too.
//
// # Threads
//
// A hash is computed by the goroutine that asks for it, also one with more than one thread, which is then as slow as its
// lanes one after the other. The scheduler can interrupt it between any two blocks of 1 KiB. A service has as many
// sign-ins at once as processors, and is not faster when each of them is done by all.
package argon2

// IDKey returns a key of keyLen bytes by argon2id, version 19, with time passes over a memory in KiB in so many lanes
// (threads). It is IDKey of golang.org/x/crypto/argon2: the same parameters, the same key, and a memory below 8 KiB for
// each lane counts as so much in the same way. It panics without a pass, without a lane and for a key of no bytes. It keeps
// neither password nor salt, and is safe for concurrent use.
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
