package token

// leastDifferent is how many different bytes a secret of 32 or more has at least. A random one has some thirty; the
// text of one in 32 hexadecimal digits has fewer than this by a chance of one in ten million.
const leastDifferent = 8

// Guessable reports whether the bytes are no secret, whoever made them: all of them alike or of few kinds, a shorter
// text again and again, or a count up or down. A placeholder is like that, and memory that nobody filled. It says
// nothing about everything else: only crypto/rand makes a key.
func Guessable(key []byte) bool {
	return different(key) < leastDifferent || repeats(key) || counts(key)
}

func different(key []byte) (n int) {
	var seen [256]bool
	for _, b := range key {
		if !seen[b] {
			seen[b] = true
			n++
		}
	}
	return n
}

// repeats reports whether the first half or less, again and again, is the whole.
func repeats(key []byte) bool {
	for period := 1; period <= len(key)/2; period++ {
		i := period
		for i < len(key) && key[i] == key[i-period] {
			i++
		}
		if i == len(key) {
			return true
		}
	}
	return false
}

// counts reports whether every byte is as far from the one before it.
func counts(key []byte) bool {
	for i := 2; i < len(key); i++ {
		if key[i]-key[i-1] != key[1]-key[0] {
			return false
		}
	}
	return true
}
