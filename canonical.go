package tollkeeper

import (
	"crypto/rand"
	"encoding/base32"
	"net"
	"net/url"
	"regexp"
	"strings"

	"github.com/google/uuid"
)

// emailKey answers the canonical form under which an address is looked up: ASCII lower case of the whole (SECURITY.md
// section 4, Normalisation). It accepts one "@", a dot-atom local part and a domain of LDH labels with at least one dot, the last
// of which is no number, as no address of a machine is a domain; no display names, quotes, comments, literals, controls or
// spaces (F7, F8).
func emailKey(s string) (string, error) {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || len(s) > 254 || len(local) > 64 || !dotAtom(local) || !hostname(domain) || !strings.Contains(domain, ".") || numeric(domain[strings.LastIndexByte(domain, '.')+1:]) {
		return "", ErrInvalidEmail
	}
	return lowerASCII(s), nil
}

func numeric(s string) bool { return strings.Trim(s, "0123456789") == "" }

func dotAtom(s string) bool {
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" {
			return false
		}
		for _, c := range []byte(atom) {
			if !isAlnum(c) && strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) < 0 {
				return false
			}
		}
	}
	return true
}

func hostname(s string) bool {
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if !isAlnum(c) && c != '-' {
				return false
			}
		}
	}
	return true
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// lowerASCII folds A to Z and nothing else: strings.ToLower would map a Kelvin sign onto k (F7).
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

var usernamePattern = regexp.MustCompile(`^[A-Za-z0-9_]{1,30}$`)

// checkName accepts a display name of up to 128 bytes without control characters.
func checkName(s string) error {
	if len(s) > 128 || hasControl(s) || !validText(s) {
		return ErrInvalidInput.WithField("name").WithMessage("Name must be at most 128 bytes without control characters")
	}
	return nil
}

func validText(s string) bool { return strings.ToValidUTF8(s, "") == s }

const publicKeyPrefix = "APK_"

var publicKeyPattern = regexp.MustCompile(`^APK_[A-Z2-7]{26}$`)

// newPublicKey answers 130 random bits: not secret, but not to be guessed in bulk either.
func newPublicKey() string {
	b := make([]byte, 17)
	rand.Read(b)
	return publicKeyPrefix + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)[:26]
}

// ValidPublicKey reports whether s has the form of a public key.
func ValidPublicKey(s string) bool { return publicKeyPattern.MatchString(s) }

// newID answers a UUIDv7. It may carry the wall clock; nothing decides on that.
func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// webURL accepts an absolute https URL, or an http one of localhost, without user information or control characters.
func webURL(s string) (*url.URL, error) {
	if len(s) > 2048 || hasControl(s) || strings.ContainsAny(s, " \\") {
		return nil, ErrInvalidInput
	}
	u, err := url.Parse(s)
	if err != nil || u.User != nil || u.Opaque != "" || u.Hostname() == "" {
		return nil, ErrInvalidInput
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !localhost(u.Hostname())) {
		return nil, ErrInvalidInput
	}
	if net.ParseIP(u.Hostname()) == nil && !hostname(u.Hostname()) {
		return nil, ErrInvalidInput
	}
	u.Host = lowerASCII(u.Host)
	return u, nil
}

func localhost(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

// under reports whether host is domain or below it.
func under(host, domain string) bool {
	return host == domain || net.ParseIP(domain) == nil && strings.HasSuffix(host, "."+domain)
}

var safePathPattern = regexp.MustCompile(`^/[A-Za-z0-9/_-]*$`)

// safePath accepts paths that cannot leave their origin (R71).
func safePath(s string) bool {
	return len(s) <= 512 && safePathPattern.MatchString(s) && !strings.Contains(s, "//")
}
