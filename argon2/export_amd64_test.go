//go:build gc && !purego

package argon2

// Derive is argon2id with a secret and associated data, by the assembly.
var Derive = derive

// Fast reports whether IDKey takes the assembly.
func Fast() bool { return fast }

// Look is what the timer does.
func Look() { arenas.look() }

// Largest is the memory in KiB of the largest hash whose memory is kept.
const Largest = largest - beside

// Unused returns how many pieces of memory are kept.
func Unused() int {
	arenas.mu.Lock()
	defer arenas.mu.Unlock()
	return len(arenas.unused)
}

// Unwiped counts the words that are not zero in the memory that is kept.
func Unwiped() int {
	arenas.mu.Lock()
	defer arenas.mu.Unlock()
	unwiped := 0
	for _, a := range arenas.unused {
		for i := range a.blocks {
			for _, word := range a.blocks[i] {
				if word != 0 {
					unwiped++
				}
			}
		}
	}
	return unwiped
}

// Poison fills the memory that is kept with word.
func Poison(word uint64) {
	var poisoned block
	for i := range poisoned {
		poisoned[i] = word
	}
	arenas.mu.Lock()
	defer arenas.mu.Unlock()
	for _, a := range arenas.unused {
		for i := range a.blocks {
			a.blocks[i] = poisoned
		}
	}
}
