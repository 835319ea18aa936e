package canon

import "strings"

const (
	maxEmail = 254 // bytes (RFC 5321 4.5.3.1.3, without the angle brackets)
	maxLocal = 64  // bytes (RFC 5321 4.5.3.1.1)
)

// Email returns the canonical form under which an address is looked up: ASCII lower case of the whole (SECURITY.md
// R20). False: s is no plain address.
//
// A plain address has a dot-atom, one "@", and a domain of LDH labels with at least one dot. The last label is no
// number, as no domain is the address of a machine. Display names, quotes, comments, literals, controls and spaces are
// refused, and so is an encoded word (RFC 2047 2): a mail program that decodes one sends to the address that it hides.
func Email(s string) (key string, ok bool) {
	local, domain, found := strings.Cut(s, "@")
	if !found || len(s) > maxEmail || len(local) > maxLocal || !dotAtom(local) || encodedWord(local) || !mailDomain(domain) {
		return "", false
	}
	return Lower(s), true
}

// dotAtom is RFC 5322 3.2.3 without comments and white space.
func dotAtom(s string) bool {
	strange := func(r rune) bool { return !IsAlphanumeric(r) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r) }
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" || strings.ContainsFunc(atom, strange) {
			return false
		}
	}
	return true
}

// encodedWord takes a little more for one than is one, because decoders do, too.
func encodedWord(s string) bool {
	_, after, found := strings.Cut(s, "=?")
	return found && strings.Contains(after, "?=")
}

func mailDomain(s string) bool {
	dot := strings.LastIndexByte(s, '.')
	return dot >= 0 && hostname(s, "-") && strings.Trim(s[dot+1:], "0123456789") != ""
}
