package httpadapter

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tollkeeper/tollkeeper/internal/canon"
)

// passwordRule is an outer rule of a family. The zero rule holds for every password.
type passwordRule struct {
	holds func(string) bool
	text  string // for users
}

var (
	organizationPasswords = passwordRule{fourClasses, "Password must have 8 or more characters, with upper and lower case letters, a digit and a special character"}
	v1Passwords           = passwordRule{v1Characters, v1Invalid}
)

// fourClasses is the organization family's rule on new passwords: 8 characters or more, with upper case, lower case, a
// digit and something else (docs/WIRE.md 1.3).
func fourClasses(p string) bool {
	var upper, lower, digit, special bool
	for _, r := range p {
		switch {
		case unicode.IsUpper(r):
			upper = true
		case unicode.IsLower(r):
			lower = true
		case unicode.IsDigit(r):
			digit = true
		case !unicode.IsLetter(r):
			special = true
		}
	}
	return utf8.RuneCountInString(p) >= 8 && upper && lower && digit && special
}

// v1Characters is ^[a-zA-Z0-9!@#$%^&*]{8,}$ (docs/WIRE.md section 2).
func v1Characters(p string) bool {
	other := func(r rune) bool { return !canon.IsAlphanumeric(r) && !strings.ContainsRune("!@#$%^&*", r) }
	return len(p) >= 8 && strings.IndexFunc(p, other) < 0
}
