package httpadapter_test

import (
	"net/netip"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// burst sends wrong sign-ins from one peer until one is refused, each for another address, and answers how many got in.
func (w *world) burst(peer string, forwarded func(i int) string) int {
	w.t.Helper()
	for i := range 100 {
		h := headers{"Peer: " + peer}
		if forwarded != nil {
			h = append(h, "X-Forwarded-For: "+forwarded(i), "X-Real-IP: "+forwarded(i), "Forwarded: for="+forwarded(i))
		}
		a := w.do("POST /api/user/signin", object("email", "x"+itoa(i)+"@child.example", "password", "wrong", "PlatformId", "1"), h...)
		if a.status == 429 {
			return i
		}
	}
	return 100
}

// TestClientAddress is R23: five sign-ins a minute and network, whatever a client says of itself.
func TestClientAddress(t *testing.T) {
	trust := func(_ *tollkeeper.Config, o *options, _ *store.Store) {
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.9.0.0/16")}
	}
	each := func(i int) string { return "203.0.113." + itoa(i) }
	one := func(int) string { return "203.0.113.200" }
	spoofed := func(i int) string { return "198.51.100." + itoa(i) + ", 203.0.113.201" }
	for _, c := range []struct {
		name      string
		sets      []set
		peer      string
		forwarded func(int) string
		want      int
	}{
		{"a plain peer", nil, "192.0.2.1:9", nil, 5},
		{"no proxy is trusted", nil, "192.0.2.2:9", each, 5},
		{"another proxy is trusted", []set{trust}, "192.0.2.3:9", each, 5},
		{"each its own client behind the proxy", []set{trust}, "10.9.0.1:9", each, 100},
		{"one client behind the proxy", []set{trust}, "10.9.0.1:9", one, 5},
		{"the client spoofs the left end", []set{trust}, "10.9.0.1:9", spoofed, 5},
		{"a mapped address", nil, "[::ffff:192.0.2.4]:9", nil, 5},
		{"an IPv6 network", nil, "[2001:db8::1]:9", nil, 5},
	} {
		if got := newWorld(t, c.sets...).burst(c.peer, c.forwarded); got != c.want {
			t.Errorf("%s: %d got in, want %d", c.name, got, c.want)
		}
	}
	w := newWorld(t)
	if w.burst("[2001:db8:0:1::1]:9", nil) != 5 || w.burst("[2001:db8:0:1:ffff::2]:9", nil) != 0 || w.burst("[2001:db8:0:2::1]:9", nil) != 5 {
		t.Error("IPv6 is not counted by /64")
	}
	if w.burst("192.0.2.77:9", nil) != 5 || w.burst("[::ffff:192.0.2.77]:9", nil) != 0 {
		t.Error("a mapped address is another network")
	}
}
