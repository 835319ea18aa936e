package canon

import "regexp"

var (
	usernamePattern  = regexp.MustCompile(`^[A-Za-z0-9_]{1,30}$`)
	publicKeyPattern = regexp.MustCompile(`^APK_[A-Z2-7]{26}$`)
)

// ValidUsername reports whether s is 1 to 30 ASCII letters, digits and underscores.
func ValidUsername(s string) bool { return usernamePattern.MatchString(s) }

// ValidPublicKey reports whether s has the form of a public key: "APK_" and 26 characters of base32.
func ValidPublicKey(s string) bool { return publicKeyPattern.MatchString(s) }
