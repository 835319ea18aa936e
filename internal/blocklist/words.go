package blocklist

import (
	_ "embed"
	"strings"
	"unicode"
	"unicode/utf8"
)

// words holds common words as passwords does, folded.
//
//go:embed words.bin
var words string

const (
	shortest  = 3 // bytes of a common word
	trimmings = 6 // characters about a word that make no password of it: a year and two signs
)

// folding maps what people write for a letter to that letter. An l is an i, because 1 and ! stand for both.
var folding = strings.NewReplacer("@", "a", "4", "a", "0", "o", "1", "i", "!", "i", "l", "i", "3", "e", "5", "s", "$", "s", "7", "t")

// fold maps words that are written alike to the same one.
func fold(word string) string { return folding.Replace(lower(word)) }

// Embellished reports whether password is one common word, in any letter case and with the usual replacements (@ and 4
// for a, 0 for o, 1 and ! for i and l, 3 for e, $ and 5 for s, 7 for t), and at most six digits, signs and spaces
// before and after it: "P@ssw0rd123", "Summer2024!", "!welcome1". Common words are the first 20,000 of the list that
// have three bytes, numbers from six digits on, every listed password of eight bytes, and seasons, months and days in
// English. It is safe for concurrent use.
func Embellished(password string) bool {
	for front, most := 0, trimmings; ; most-- {
		word := password[front:]
		for back := most; ; back-- {
			if common(word) {
				return true
			}
			last, size := utf8.DecodeLastRuneInString(word)
			if back == 0 || !trimming(last) {
				break
			}
			word = word[:len(word)-size]
		}
		first, size := utf8.DecodeRuneInString(password[front:])
		if most == 0 || !trimming(first) {
			return false
		}
		front += size
	}
}

// common reports whether the word is listed, folded or as it stands.
func common(word string) bool {
	if len(word) < shortest || len(word) > longest {
		return false
	}
	return listed(words, fold(word)) || listed(passwords, lower(word))
}

// trimming reports whether a character makes no word: a digit, a sign or a space, but no letter of any script.
func trimming(r rune) bool {
	return unicode.In(r, unicode.N, unicode.P, unicode.S, unicode.Zs) && r != utf8.RuneError
}
