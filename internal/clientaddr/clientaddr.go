// Package clientaddr finds the address of the client behind a request
// (SECURITY.md F9, R23 and R24; docs/WIRE.md section 0).
//
// Anyone can send X-Forwarded-For, and each proxy appends to it the peer it
// saw, so only the right-hand end that trusted proxies wrote is evidence.
// Forwarded, X-Real-IP and their kin are never read: a proxy that maintains
// one family of headers passes the others through as the client wrote them.
package clientaddr

import (
	"net/http"
	"net/netip"
	"strings"
)

const (
	// maxEntry bounds one element of the header, in bytes with its spaces. A
	// full IPv6 address in brackets with a port and a zone fits well.
	maxEntry = 128
	// maxHops bounds the elements read, whatever the header's size: at most
	// maxHops * (maxEntry + 1) bytes are looked at.
	maxHops = 32
)

// FromRequest returns the address of the client of r.
//
// That is the peer, RemoteAddr, unless the peer is in trusted. Then it is the
// first address not in trusted that a walk through X-Forwarded-For from right
// to left meets, all lines of the header taken in order as one list. Where the
// walk cannot go on (the list ends, an element is empty, oversized or not an
// address, 32 elements were trusted) the answer is the last address
// it reached: the farthest trusted proxy, or the peer.
//
// The result is unmapped from IPv6, has no zone, and is not bucketed: callers
// mask IPv6 to /64. It is the invalid Addr if RemoteAddr holds no address, as
// for a unix socket, and headers are then not read; callers must give such
// requests a bucket of their own size rather than one client's.
//
// An empty trusted trusts nobody. FromRequest only reads r and is safe for
// concurrent use.
func FromRequest(r *http.Request, trusted []netip.Prefix) netip.Addr {
	client, ok := parse(r.RemoteAddr)
	if !ok || !Trust(trusted).Contains(client) {
		return client
	}
	list := chain{lines: r.Header.Values("X-Forwarded-For")}
	for range maxHops {
		entry, ok := list.last()
		if !ok {
			break
		}
		hop, ok := parse(entry)
		if !ok {
			break
		}
		client = hop
		if !Trust(trusted).Contains(client) {
			break
		}
	}
	return client
}

// chain is a comma-separated list over several header lines, consumed from its
// right end.
type chain struct {
	lines  []string // those not begun
	line   string   // what is left of the one under way
	inLine bool
}

// last removes the rightmost element and returns it without its surrounding
// space. It reports false at the end of the list and for an oversized element.
//
// An empty element is returned, not skipped as RFC 9110 5.6.1 would have it: a
// proxy that could not name its peer may have written it, and what stands left
// of it is then the client's own.
func (c *chain) last() (string, bool) {
	if !c.inLine {
		n := len(c.lines)
		if n == 0 {
			return "", false
		}
		c.line, c.lines, c.inLine = c.lines[n-1], c.lines[:n-1], true
	}
	window := max(0, len(c.line)-maxEntry-1)
	comma := strings.LastIndexByte(c.line[window:], ',')
	if comma < 0 && len(c.line) > maxEntry {
		return "", false
	}
	entry := c.line
	if comma < 0 {
		c.inLine = false
	} else {
		entry = c.line[window+comma+1:]
		c.line = c.line[:window+comma]
	}
	return strings.Trim(entry, " \t"), true
}

// parse reads 192.0.2.1, 192.0.2.1:80, 2001:db8::1, [2001:db8::1] and
// [2001:db8::1]:80, each with an optional zone.
func parse(s string) (netip.Addr, bool) {
	bracket := strings.HasPrefix(s, "[")
	if !bracket && strings.Count(s, ":") != 1 {
		addr, err := netip.ParseAddr(s)
		return plain(addr), err == nil
	}
	if bracket && strings.Count(s, "[")+strings.Count(s, "]") != 2 {
		return netip.Addr{}, false // netip would take the rest for a zone
	}
	if bracket && strings.HasSuffix(s, "]") {
		s += ":0"
	}
	pair, err := netip.ParseAddrPort(s)
	return plain(pair.Addr()), err == nil
}

// plain gives every spelling of an address one value.
func plain(a netip.Addr) netip.Addr { return a.WithZone("").Unmap() }
