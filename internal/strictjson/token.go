package strictjson

import "unicode/utf16"

// escape returns the length of the escape sequence at the start of b, a whole
// surrogate pair counting as one, or the rule it breaks.
func escape(b []byte) (int, Kind) {
	if len(b) < 2 {
		return 0, ErrSyntax
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, ""
	}
	high, ok := unit(b)
	if !ok {
		return 0, ErrSyntax
	}
	if !utf16.IsSurrogate(high) {
		return 6, ""
	}
	low, ok := unit(b[6:])
	if !ok || utf16.DecodeRune(high, low) == '\uFFFD' {
		return 0, ErrEncoding
	}
	return 12, ""
}

// unit reads the \uXXXX at the start of b.
func unit(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case digit(c):
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// literal returns the length of word if b starts with it, and else 0.
func literal(b []byte, word string) int {
	if len(b) < len(word) || string(b[:len(word)]) != word {
		return 0
	}
	return len(word)
}

// numeral returns the length of the RFC 8259 number at the start of b, or 0.
// What follows it is the caller's to judge: "01" is the numeral 0 and a stray 1.
func numeral(b []byte) int {
	i := 0
	if i < len(b) && b[i] == '-' {
		i++
	}
	whole := digits(b[i:])
	if whole == 0 {
		return 0
	}
	if b[i] == '0' {
		whole = 1
	}
	i += whole
	if i < len(b) && b[i] == '.' {
		n := digits(b[i+1:])
		if n == 0 {
			return 0
		}
		i += 1 + n
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		n := digits(b[i:])
		if n == 0 {
			return 0
		}
		i += n
	}
	return i
}

func digits(b []byte) int {
	n := 0
	for n < len(b) && digit(b[n]) {
		n++
	}
	return n
}

func digit(c byte) bool { return '0' <= c && c <= '9' }
