package canon

import (
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

const (
	maxURL  = 2048 // bytes
	maxPath = 512  // bytes
)

// WebURL reads an absolute https URL, or an http one of this machine, and gives it a host in lower case. False: s is
// none, or has user information, a space, a backslash or a control character.
func WebURL(s string) (*url.URL, bool) {
	if len(s) > maxURL || HasControl(s) || strings.ContainsAny(s, " \\") {
		return nil, false
	}
	u, err := url.Parse(s)
	if err != nil || u.User != nil || u.Opaque != "" || u.Hostname() == "" {
		return nil, false
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !IsLocalhost(u.Hostname())) {
		return nil, false
	}
	if net.ParseIP(u.Hostname()) == nil && !hostname(u.Hostname(), "-") {
		return nil, false
	}
	u.Host = Lower(u.Host)
	return u, true
}

// Origin reads the Origin header of a web page: scheme, host and perhaps a port, as the browser spells them. The host
// is an IP address, or labels of ASCII letters, digits, "-" and "_", maybe with a dot behind the last. False: s is
// none, as "null" is.
func Origin(s string) (*url.URL, bool) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, false
	}
	if net.ParseIP(u.Hostname()) == nil && !hostname(strings.TrimSuffix(u.Hostname(), "."), "-_") {
		return nil, false
	}
	if _, err := strconv.ParseUint(u.Port(), 10, 16); err != nil && (u.Port() != "" || strings.HasSuffix(u.Host, ":")) {
		return nil, false
	}
	if s != u.Scheme+"://"+u.Host { // a user, a path, an empty query
		return nil, false
	}
	return u, true
}

// hostname takes labels with dots between them (RFC 1123 2.1), of letters, digits and what stands in also.
func hostname(s, also string) bool {
	if len(s) > 253 {
		return false
	}
	strange := func(r rune) bool { return !IsAlphanumeric(r) && !strings.ContainsRune(also, r) }
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.ContainsFunc(label, strange) {
			return false
		}
	}
	return true
}

// IsLocalhost reports whether a host is this machine: localhost, a name below it, or a loopback address.
func IsLocalhost(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

// Under reports whether host is domain or below it. Nothing is below an IP address.
func Under(host, domain string) bool {
	return host == domain || net.ParseIP(domain) == nil && strings.HasSuffix(host, "."+domain)
}

var pathPattern = regexp.MustCompile(`^/[A-Za-z0-9/_-]*$`)

// ValidPath reports whether s is a path that cannot leave its origin (SECURITY.md R71).
func ValidPath(s string) bool {
	return len(s) <= maxPath && pathPattern.MatchString(s) && !strings.Contains(s, "//")
}

// IsPageOf reports whether page is a URL of site's own origin, with a valid path or none and neither query nor fragment
// (SECURITY.md R71).
func IsPageOf(site, page string) bool {
	own, err := url.Parse(site)
	if err != nil {
		return false
	}
	u, ok := WebURL(page)
	return ok && u.Scheme == own.Scheme && u.Host == Lower(own.Host) &&
		!strings.ContainsAny(page, "?#") && (u.Path == "" || ValidPath(u.EscapedPath()))
}

// ValidDomain reports whether s is a name that browsers take for a site: labels in lower case, no port, no address, no
// dot behind the last.
func ValidDomain(s string) bool {
	return net.ParseIP(s) == nil && s == Lower(s) && hostname(s, "-")
}
