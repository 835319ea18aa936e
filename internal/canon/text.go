// Package canon knows the one form of what people type: addresses, names, URLs, codes. What has a canonical form gets
// it; what has none is refused, never repaired. It folds ASCII only, reads no clock and keeps no state.
package canon

import (
	"strings"
	"unicode/utf8"
)

// Lower folds A to Z and nothing else: [strings.ToLower] would map a Kelvin sign onto k.
func Lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// IsAlphanumeric reports whether r is an ASCII letter or digit.
func IsAlphanumeric(r rune) bool {
	return '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z'
}

// HasControl reports whether s has an ASCII control character, line breaks and DEL among them.
func HasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}

// ValidLine reports whether s is one line of UTF-8 text: at most so many bytes, none a control character. An empty one
// is valid.
func ValidLine(s string, bytes int) bool {
	return len(s) <= bytes && !HasControl(s) && utf8.ValidString(s)
}
