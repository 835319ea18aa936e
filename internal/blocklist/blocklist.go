// Package blocklist knows common passwords, so that a policy can refuse them
// (SECURITY.md R05, ASVS 6.2.4).
package blocklist

import (
	_ "embed"
	"strings"
)

// passwords holds the list: lower case, each of at least eight bytes, sorted
// by bytes, one a line. README.md says where it comes from.
//
//go:embed passwords.txt
var passwords string

// longest bounds the length in bytes of a listed password; a test holds it to
// the list.
const longest = 20

// Common reports whether password, its ASCII letters in any case, is one of
// the embedded common passwords of eight or more characters. Shorter ones are
// not listed: a minimum length refuses them. It copies no list, builds nothing
// when the program starts, and is safe for concurrent use.
func Common(password string) bool {
	if len(password) > longest {
		return false
	}
	return listed(passwords, lower(password))
}

// lower maps only ASCII: Unicode folding would equate more than letter case
// (SECURITY.md F7).
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// listed searches the sorted lines of list by halves. Each step takes the line
// around the middle of what is left.
func listed(list, word string) bool {
	for len(list) > 0 {
		middle := len(list) / 2
		start := strings.LastIndexByte(list[:middle], '\n') + 1
		line, rest, _ := strings.Cut(list[start:], "\n")
		switch {
		case line == word:
			return true
		case word < line:
			list = list[:start]
		default:
			list = rest
		}
	}
	return false
}
