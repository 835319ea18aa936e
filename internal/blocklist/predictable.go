package blocklist

import (
	"slices"
	"strings"
)

// keys are rows and columns of keys, the alphabet and the digits: three and
// more in a row, in either direction, make a run.
var keys = []string{
	"abcdefghijklmnopqrstuvwxyz", "01234567890",
	"1234567890-=", "qwertyuiop[]\\", "asdfghjkl;'", "zxcvbnm,./",
	"!@#$%^&*()_+", "{}|", ":\"", "<>?",
	"1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik,", "9ol.", "0p;/",
	"!qaz", "@wsx", "#edc", "$rfv", "%tgb", "^yhn", "&ujm", "*ik<", "(ol>", ")p:?",
	"qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn", // German, French
	"йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю", // Russian
}

// spare is how many characters may stand beside the runs of a password that is
// predictable all the same, such as the last of "qwertyuiop1!".
const spare = 2

// Predictable reports whether password is a simple pattern, in any letter case:
//
//   - one piece of fewer than eight bytes, over and over: "abcabcabc"
//   - runs of the same, of neighbours in the alphabet or among the digits, or of neighbouring keys, and at most two
//     characters more: "aaaa1111", "87654321", "1qaz2wsx", "qwertyuiop1!"
//   - two such passwords woven into each other: "1a2b3c4d"
//
// It knows nothing of words, names and dates. It is safe for concurrent use.
func Predictable(password string) bool {
	runes := piece([]rune(lower(password)))
	if len(string(runes)) < least || beside(runes) <= spare {
		return true
	}
	var woven [2][]rune
	for i, r := range runes {
		woven[i%2] = append(woven[i%2], r)
	}
	return beside(woven[0])+beside(woven[1]) <= spare
}

// piece returns the shortest piece that s repeats at least once, the last time
// maybe in part, or s.
func piece(s []rune) []rune {
	for n := 1; n <= len(s)/2; n++ {
		if slices.Equal(s[n:], s[:len(s)-n]) {
			return s[:n]
		}
	}
	return s
}

// beside counts the characters of s that belong to no run, up to one more than
// spare. A run is made of overlapping runs of three.
func beside(s []rune) int {
	count, end := 0, 0 // what is before end belongs to a run
	for i := 0; i < len(s) && count <= spare; i++ {
		if i+3 <= len(s) && run(s[i:i+3]) {
			end = i + 3
		}
		if i >= end {
			count++
		}
	}
	return count
}

// run reports whether three characters are the same or neighbours.
func run(s []rune) bool {
	if s[0] == s[1] && s[1] == s[2] {
		return true
	}
	forward, backward := string(s), string([]rune{s[2], s[1], s[0]})
	return slices.ContainsFunc(keys, func(row string) bool {
		return strings.Contains(row, forward) || strings.Contains(row, backward)
	})
}
