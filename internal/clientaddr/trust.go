package clientaddr

import (
	"fmt"
	"net/netip"
	"strings"
)

// Trust is the networks whose hosts are believed about the peer they saw. The
// zero value trusts nobody.
type Trust []netip.Prefix

// Contains reports whether a is in one of the networks. Address and networks
// match in plain form: IPv4-mapped ones count as IPv4, a zone is ignored, and
// an invalid address or network matches nothing.
func (t Trust) Contains(a netip.Addr) bool {
	a = plain(a)
	for _, p := range t {
		if unmapped(p).Contains(a) {
			return true
		}
	}
	return false
}

// unmapped turns a network of IPv4-mapped addresses into the IPv4 network it
// stands for. One that is wider than all of IPv4 becomes invalid.
func unmapped(p netip.Prefix) netip.Prefix {
	if !p.Addr().Is4In6() {
		return p
	}
	return netip.PrefixFrom(p.Addr().Unmap(), max(p.Bits()-96, -1))
}

// ParsePrefixes reads a comma-separated list of networks (10.0.0.0/8) and
// addresses (a network of one), as a flag gives it. Space around an element is
// allowed; the empty list is nil. Networks are masked and unmapped.
//
// An empty or malformed element is an error that names it, and so is a network
// of all addresses (/0): it would believe every client about itself.
func ParsePrefixes(csv string) ([]netip.Prefix, error) {
	if strings.TrimSpace(csv) == "" {
		return nil, nil
	}
	var prefixes []netip.Prefix
	for element := range strings.SplitSeq(csv, ",") {
		p, err := parsePrefix(strings.TrimSpace(element))
		if err != nil {
			return nil, err
		}
		prefixes = append(prefixes, p)
	}
	return prefixes, nil
}

func parsePrefix(s string) (netip.Prefix, error) {
	var p netip.Prefix
	if strings.Contains(s, "/") {
		p, _ = netip.ParsePrefix(s)
	} else if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		p = netip.PrefixFrom(a, a.BitLen())
	}
	p = unmapped(p).Masked()
	if !p.IsValid() {
		return netip.Prefix{}, fmt.Errorf("trusted proxy %q: not an address or a network such as 10.0.0.0/8", s)
	}
	if p.Bits() == 0 {
		return netip.Prefix{}, fmt.Errorf("trusted proxy %q: trusts every address", s)
	}
	return p, nil
}
