// Package blocklist knows passwords that are guessed first, so that a policy
// can refuse them (SECURITY.md R05, N31, ASVS 6.2.4): those that many people
// have, and those that are a simple pattern.
package blocklist

import (
	_ "embed"
	"strings"
	"unicode"
)

// passwords holds the list, in lower case and sorted by bytes. Before each
// word stands a byte below 0x20: how many bytes the word shares with the one
// before it, which are left out. At least every 32nd word shares none, so that
// a search can begin there. README.md says where the words come from.
//
//go:embed passwords.bin
var passwords string

const (
	least   = 8  // bytes of a password: what is shorter is not listed, a minimum length refuses it
	longest = 21 // bytes of a listed password; a test holds it to the list
)

// Common reports whether password is one of the embedded common passwords of
// eight bytes or more, in any letter case, or such a one several times over.
// It copies no list, builds nothing when the program starts, and is safe for
// concurrent use.
func Common(password string) bool {
	word := lower(password)
	return listed(passwords, word) || listed(passwords, string(piece([]rune(word))))
}

// lower maps letters to lower case, but none from beyond ASCII into it: a
// Kelvin sign is no k (SECURITY.md F7).
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if l := unicode.ToLower(r); l > unicode.MaxASCII || r <= unicode.MaxASCII {
			return l
		}
		return r
	}, s)
}

// listed goes by halves to the last whole word that is not after word, and
// from there word by word.
func listed(list, word string) bool {
	for len(word) <= longest {
		whole := strings.LastIndexByte(list[:len(list)/2], 0)
		if whole <= 0 {
			return scan(list, word)
		}
		if first, _ := next(list[whole:]); word < first {
			list = list[:whole]
		} else {
			list = list[whole:]
		}
	}
	return false
}

func scan(list, word string) bool {
	var buffer [longest]byte
	for list != "" {
		shared := int(list[0])
		rest, tail := next(list)
		n := shared + copy(buffer[shared:], rest)
		if string(buffer[:n]) >= word {
			return string(buffer[:n]) == word
		}
		list = tail
	}
	return false
}

// next returns what stands behind the byte that list begins with, and the list
// from the next word on.
func next(list string) (rest, tail string) {
	end := 1
	for end < len(list) && list[end] >= ' ' {
		end++
	}
	return list[1:end], list[end:]
}
