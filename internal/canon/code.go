package canon

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	codePattern       = regexp.MustCompile(`^[0-9]{6}$`)
	tokenPattern      = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
	shortTokenPattern = regexp.MustCompile(`^[A-Z0-9]{12}$`)
)

// ValidCode reports whether s is six digits, as a mailed code or one of an authenticator app is.
func ValidCode(s string) bool { return codePattern.MatchString(s) }

// Code reads six digits as people type them: with spaces, no-break ones too, hyphens, and digits of full width.
func Code(s string) (plain string, ok bool) {
	if len(s) > maxTyped {
		return "", false
	}
	plain = typed(s)
	return plain, ValidCode(plain)
}

const maxTyped = 64 // bytes of a code with what stands between its digits

// typed drops what people put between the characters of a code, and takes digits of full width for plain ones.
func typed(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || r == '-' || r == '\u2010' || r == '\u2011':
			return -1
		case '０' <= r && r <= '９':
			return r - '０' + '0'
		}
		return r
	}, s)
}

// ValidToken reports whether s has the form of the token in a mailed link: 256 bits as base64url.
func ValidToken(s string) bool { return tokenPattern.MatchString(s) }

// ValidShortToken reports whether s has the form of the short token in a mailed link, which people may type.
func ValidShortToken(s string) bool { return shortTokenPattern.MatchString(s) }

const (
	recoveryCode     = 16  // characters, without hyphens
	maxTypedRecovery = 128 // bytes with what stands between them
)

// RecoveryCode reads a recovery code as people type it: in any case, with or without hyphens and spaces, no-break ones
// too, and with digits of full width. It returns the code without them in lower case. False: s has not the length of
// one.
func RecoveryCode(s string) (plain string, ok bool) {
	if len(s) > maxTypedRecovery {
		return "", false
	}
	if plain = Lower(typed(s)); len(plain) != recoveryCode {
		return "", false
	}
	return plain, true
}
