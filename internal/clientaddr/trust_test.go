package clientaddr_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/clientaddr"
)

func TestParsePrefixes(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"empty":           {"", ""},
		"blank":           {" \t ", ""},
		"network":         {"10.0.0.0/8", "10.0.0.0/8"},
		"address":         {"192.0.2.1", "192.0.2.1/32"},
		"IPv6 address":    {"2001:db8::1", "2001:db8::1/128"},
		"list":            {" 10.0.0.0/8 ,::1,fd00::/8", "10.0.0.0/8 ::1/128 fd00::/8"},
		"host bits":       {"10.1.2.3/8", "10.0.0.0/8"},
		"mapped address":  {"::ffff:192.0.2.1", "192.0.2.1/32"},
		"mapped network":  {"::ffff:10.1.0.0/104", "10.0.0.0/8"},
		"smallest prefix": {"0.0.0.0/1", "0.0.0.0/1"},
	} {
		got, err := clientaddr.ParsePrefixes(c.in)
		var words []string
		for _, p := range got {
			words = append(words, p.String())
		}
		if err != nil || strings.Join(words, " ") != c.want || (c.want == "") != (got == nil) {
			t.Errorf("%s: %q gives %v, %v; want %q", name, c.in, got, err, c.want)
		}
	}
}

func TestParsePrefixesRefuses(t *testing.T) {
	for _, in := range []string{
		",", "10.0.0.0/8,", "10.0.0.0/8,,::1", "10.0.0.0/33", "10.0.0.0/", "/8", "10.0.0.0/08", "10.0.0.0/-1",
		"10.0.0", "10.0.0.0/255.0.0.0", "localhost", "192.0.2.1:80", "[::1]", "fe80::1%eth0", "fe80::%eth0/64",
		"0.0.0.0/0", "::/0", "::ffff:0.0.0.0/96", "::ffff:0.0.0.0/90", "10.0.0.0/8 ::1", "all",
	} {
		if got, err := clientaddr.ParsePrefixes("192.0.2.7," + in); err == nil || got != nil {
			t.Errorf("%q gives %v, want an error", in, got)
		}
	}
	if _, err := clientaddr.ParsePrefixes("::1,nonsense"); err == nil || !strings.Contains(err.Error(), `"nonsense"`) {
		t.Errorf("the error does not name the element: %v", err)
	}
}

func TestTrustContains(t *testing.T) {
	trust := clientaddr.Trust{
		netip.MustParsePrefix("10.0.0.0/8"),
		netip.MustParsePrefix("::ffff:192.168.0.0/112"),
		netip.MustParsePrefix("2001:db8::/32"),
		netip.MustParsePrefix("::ffff:0.0.0.0/90"),
		{},
	}
	in := []string{"10.255.0.1", "::ffff:10.0.0.1", "192.168.3.4", "::ffff:192.168.3.4", "2001:db8:1::1", "2001:db8::1%eth0"}
	out := []string{"11.0.0.1", "192.169.0.1", "2001:db9::1", "::10.0.0.1", "::1"}
	for _, s := range slices.Concat(in, out) {
		if want := slices.Contains(in, s); trust.Contains(netip.MustParseAddr(s)) != want {
			t.Errorf("Contains(%s) is %v", s, !want)
		}
	}
	if trust.Contains(netip.Addr{}) || clientaddr.Trust(nil).Contains(netip.MustParseAddr("10.0.0.1")) {
		t.Error("the invalid address or the zero Trust matches")
	}
}
