//go:build gc && !purego

package argon2

// Derive is argon2id with a secret and associated data, by the assembly.
var Derive = derive

// Fast reports whether IDKey takes the assembly.
func Fast() bool { return fast }

// Look is what the timer does.
func Look() { arenas.look() }

// Largest counts the KiB of the largest memory that is kept.
const Largest = largest

// Unused returns how many pieces of memory are kept.
func Unused() int {
	arenas.mu.Lock()
	defer arenas.mu.Unlock()
	return len(arenas.unused)
}

// Unwiped counts the words of the memory that is kept that are not zero, and sets each word to poison.
func Unwiped(poison uint64) int {
	arenas.mu.Lock()
	defer arenas.mu.Unlock()
	unwiped := 0
	for _, a := range arenas.unused {
		for i := range a.blocks {
			for j, word := range a.blocks[i] {
				if word != 0 {
					unwiped++
				}
				a.blocks[i][j] = poison
			}
		}
	}
	return unwiped
}
