package canon

import "regexp"

var (
	usernamePattern  = regexp.MustCompile(`^[A-Za-z0-9_]{1,30}$`)
	broughtPattern   = regexp.MustCompile(`^[A-Za-z0-9_.@-]{1,64}$`)
	localePattern    = regexp.MustCompile(`^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$`)
	publicKeyPattern = regexp.MustCompile(`^APK_[A-Z2-7]{26}$`)
)

// ValidUsername reports whether s is 1 to 30 ASCII letters, digits and underscores.
func ValidUsername(s string) bool { return usernamePattern.MatchString(s) }

// KnownUsername reports whether s is such a name as people may have, be it because they brought it along from another
// system: also with dots, hyphens and "@", up to 64.
func KnownUsername(s string) bool { return broughtPattern.MatchString(s) }

// ValidLocale reports whether s is empty or has the form of a language tag (BCP 47): subtags of at most eight letters
// and digits with hyphens between them, at most 35 bytes. Whether there is such a language, nobody asks.
func ValidLocale(s string) bool { return s == "" || len(s) <= 35 && localePattern.MatchString(s) }

// ValidPublicKey reports whether s has the form of a public key: "APK_" and 26 characters of base32.
func ValidPublicKey(s string) bool { return publicKeyPattern.MatchString(s) }
