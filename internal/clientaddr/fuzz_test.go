package clientaddr_test

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/clientaddr"
)

// hop reads an address with package net, which shares no parser with netip's
// ports and brackets.
func hop(host string) (netip.Addr, bool) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.WithZone("").Unmap(), true
	}
	bracketed := strings.HasPrefix(host, "[")
	if bracketed && strings.HasSuffix(host, "]") {
		host += ":0"
	}
	host, port, err := net.SplitHostPort(host)
	if err != nil || port == "" || len(strings.Trim(port, "0123456789")) > 0 {
		return netip.Addr{}, false
	}
	if n, err := net.LookupPort("tcp", port); err != nil || n > 65535 {
		return netip.Addr{}, false
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || ip.Is4() == bracketed {
		return netip.Addr{}, false
	}
	return ip.WithZone("").Unmap(), true
}

// walk is the rule on the joined header, without bounds.
func walk(peer string, lines []string, trusts func(netip.Addr) bool) netip.Addr {
	client, ok := hop(peer)
	if !ok {
		return netip.Addr{}
	}
	joined := strings.Split(strings.Join(lines, ","), ",")
	if len(lines) == 0 {
		joined = nil
	}
	for _, entry := range slices.Backward(joined) {
		if !trusts(client) {
			break
		}
		next, ok := hop(strings.Trim(entry, " \t"))
		if !ok {
			break
		}
		client = next
	}
	return client
}

func FuzzFromRequest(f *testing.F) {
	f.Add("10.0.0.1:1", "203.0.113.9, 10.0.0.2\n::ffff:10.0.0.3")
	f.Add("[fe80::1%eth0]:1", "[2001:db8::1]:80,[::1],fe80::2%a")
	f.Add("@", "1.2.3.4")
	f.Add("10.0.0.1", ",,\n\n,unknown,10.0.0.2:65536")
	f.Add("::ffff:10.0.0.1", "1.1.1.1"+strings.Repeat(", 10.0.0.2", 40))
	f.Add("10.0.0.1", strings.Repeat(" ", 130)+"1.1.1.1,10.0.0.2")
	trusted := prefixes(f, "10.0.0.0/8,fe80::/10,::1")
	trusts := func(a netip.Addr) bool {
		return a.Is4() && a.As4()[0] == 10 || a.IsLinkLocalUnicast() && a.Is6() || a == netip.IPv6Loopback()
	}
	f.Fuzz(func(t *testing.T, peer, header string) {
		lines := strings.Split(header, "\n")
		got := clientaddr.FromRequest(request(peer, lines...), trusted)
		if got.Is4In6() || got.Zone() != "" {
			t.Fatalf("%v is not plain", got)
		}
		own, _ := hop(peer)
		if nobody := clientaddr.FromRequest(request(peer, lines...), nil); nobody != own {
			t.Fatalf("trusting nobody, peer %q gives %v", peer, nobody)
		}
		if !own.IsValid() && got.IsValid() {
			t.Fatalf("no peer in %q, yet %v", peer, got)
		}
		short := strings.Count(header, ",")+len(lines) <= 32
		for entry := range strings.FieldsFuncSeq(header, func(r rune) bool { return r == ',' || r == '\n' }) {
			short = short && len(entry) <= 128
		}
		want := walk(peer, lines, trusts)
		if short && got != want {
			t.Fatalf("peer %q, %q gives %v, want %v", peer, lines, got, want)
		}
		// Beyond the bounds the walk may stop early, but only at a proxy.
		if got != want && !trusts(got) {
			t.Fatalf("peer %q, %q gives %v, which the full walk (%v) does not", peer, lines, got, want)
		}
	})
}

func FuzzParsePrefixes(f *testing.F) {
	for _, seed := range []string{"", "10.0.0.0/8,::1", "::ffff:10.0.0.0/104", "::/0", "fe80::1%x", "1.2.3.4/32 , 5.6.7.8"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, csv string) {
		got, err := clientaddr.ParsePrefixes(csv)
		if err != nil {
			return
		}
		for _, p := range got {
			if !p.IsValid() || p.Bits() == 0 || p != p.Masked() || p.Addr().Is4In6() {
				t.Fatalf("%q gives %v", csv, p)
			}
			if !clientaddr.Trust(got).Contains(p.Addr()) {
				t.Fatalf("%q does not trust its own %v", csv, p)
			}
		}
	})
}
