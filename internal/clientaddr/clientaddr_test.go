package clientaddr_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/clientaddr"
)

func prefixes(t testing.TB, csv string) []netip.Prefix {
	t.Helper()
	p, err := clientaddr.ParsePrefixes(csv)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func request(peer string, lines ...string) *http.Request {
	return &http.Request{RemoteAddr: peer, Header: http.Header{
		"X-Forwarded-For": lines,
		// The other families must never count.
		"Forwarded":        {"for=198.51.100.66"},
		"X-Real-Ip":        {"198.51.100.66"},
		"True-Client-Ip":   {"198.51.100.66"},
		"Cf-Connecting-Ip": {"198.51.100.66"},
	}}
}

func TestFromRequestPeer(t *testing.T) {
	for name, c := range map[string]struct{ peer, want string }{
		"IPv4":            {"203.0.113.9:4711", "203.0.113.9"},
		"IPv4 bare":       {"203.0.113.9", "203.0.113.9"},
		"IPv6":            {"[2001:db8::9]:4711", "2001:db8::9"},
		"IPv6 bare":       {"2001:db8::9", "2001:db8::9"},
		"IPv6 brackets":   {"[2001:db8::9]", "2001:db8::9"},
		"mapped":          {"[::ffff:203.0.113.9]:4711", "203.0.113.9"},
		"mapped in hex":   {"::ffff:cb00:7109", "203.0.113.9"},
		"zone":            {"[fe80::1%eth0]:4711", "fe80::1"},
		"mapped and zone": {"[::ffff:203.0.113.9%eth0]:1", "203.0.113.9"},
		"empty":           {"", ""},
		"unix socket":     {"@", ""},
		"unix path":       {"/run/app.sock", ""},
		"host name":       {"localhost:80", ""},
		"bad port":        {"203.0.113.9:http", ""},
		"port too large":  {"203.0.113.9:65536", ""},
		"octal-looking":   {"203.0.113.09:1", ""},
		"IPv4 brackets":   {"[203.0.113.9]:1", ""},
		"half brackets":   {"[2001:db8::9", ""},
		"empty brackets":  {"[]", ""},
		"bracket in zone": {"[::%]eth0]", ""},
		"opening in zone": {"[::%[eth0]:1", ""},
		"nested brackets": {"[[2001:db8::9]]", ""},
	} {
		for _, trusted := range [][]netip.Prefix{nil, prefixes(t, "10.0.0.0/8")} {
			got := clientaddr.FromRequest(request(c.peer, "198.51.100.66"), trusted)
			if text(got) != c.want {
				t.Errorf("%s: peer %q gives %q, want %q", name, c.peer, text(got), c.want)
			}
		}
	}
}

func text(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

func TestFromRequestForwarded(t *testing.T) {
	trusted := prefixes(t, "10.0.0.0/8, 2001:db8:aaaa::/48, fe80::/10")
	const peer = "10.0.0.1:5000"
	long := strings.Repeat(" ", 200)
	for name, c := range map[string]struct {
		peer  string
		lines []string
		want  string
	}{
		"no header":                {peer, nil, "10.0.0.1"},
		"one hop":                  {peer, []string{"203.0.113.9"}, "203.0.113.9"},
		"spoofed left end":         {peer, []string{"198.51.100.66, 203.0.113.9"}, "203.0.113.9"},
		"spoofed proxy":            {peer, []string{"198.51.100.66, 10.9.9.9, 203.0.113.9"}, "203.0.113.9"},
		"two proxies":              {peer, []string{"198.51.100.66, 203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
		"lines in order":           {peer, []string{"198.51.100.66", "203.0.113.9", "10.0.0.3,10.0.0.2"}, "203.0.113.9"},
		"all trusted":              {peer, []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		"untrusted peer":           {"203.0.113.7:1", []string{"198.51.100.66, 10.0.0.2"}, "203.0.113.7"},
		"unix socket":              {"@", []string{"203.0.113.9"}, ""},
		"no peer":                  {"", []string{"203.0.113.9"}, ""},
		"mapped peer is trusted":   {"[::ffff:10.0.0.1]:1", []string{"203.0.113.9"}, "203.0.113.9"},
		"mapped hop is trusted":    {peer, []string{"203.0.113.9, ::ffff:10.0.0.2"}, "203.0.113.9"},
		"mapped client":            {peer, []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		"zoned peer is trusted":    {"[fe80::1%eth0]:1", []string{"203.0.113.9"}, "203.0.113.9"},
		"zoned hop is trusted":     {peer, []string{"203.0.113.9, fe80::2%eth1"}, "203.0.113.9"},
		"IPv6 hops":                {"[2001:db8:aaaa::1]:1", []string{"2001:db8::9, 2001:db8:aaaa::2"}, "2001:db8::9"},
		"port":                     {peer, []string{"203.0.113.9:61000"}, "203.0.113.9"},
		"brackets":                 {peer, []string{"[2001:db8::9]"}, "2001:db8::9"},
		"brackets and port":        {peer, []string{"[2001:db8::9]:61000, 10.0.0.2:80"}, "2001:db8::9"},
		"spaces and tabs":          {peer, []string{" \t203.0.113.9\t ,  10.0.0.2 "}, "203.0.113.9"},
		"unparsable":               {peer, []string{"garbage"}, "10.0.0.1"},
		"unparsable behind proxy":  {peer, []string{"198.51.100.66, garbage, 10.0.0.2"}, "10.0.0.2"},
		"unknown":                  {peer, []string{"198.51.100.66, unknown"}, "10.0.0.1"},
		"unix hop":                 {peer, []string{"198.51.100.66, unix:"}, "10.0.0.1"},
		"quoted":                   {peer, []string{`198.51.100.66, "203.0.113.9"`}, "10.0.0.1"},
		"semicolons":               {peer, []string{"198.51.100.66; 203.0.113.9"}, "10.0.0.1"},
		"garbage to the left":      {peer, []string{"<script>,,203.0.113.9"}, "203.0.113.9"},
		"empty element":            {peer, []string{"198.51.100.66, , 10.0.0.2"}, "10.0.0.2"},
		"empty last element":       {peer, []string{"198.51.100.66,"}, "10.0.0.1"},
		"empty line":               {peer, []string{"198.51.100.66", ""}, "10.0.0.1"},
		"oversized element":        {peer, []string{"198.51.100.66," + long + "203.0.113.9, 10.0.0.2"}, "10.0.0.2"},
		"oversized alone":          {peer, []string{long + "203.0.113.9"}, "10.0.0.1"},
		"largest element":          {peer, []string{"198.51.100.66," + long[:128-11] + "203.0.113.9"}, "203.0.113.9"},
		"largest line":             {peer, []string{"198.51.100.66", long[:128-11] + "203.0.113.9"}, "203.0.113.9"},
		"one byte too large":       {peer, []string{"198.51.100.66," + long[:129-11] + "203.0.113.9"}, "10.0.0.1"},
		"one byte too long a line": {peer, []string{"198.51.100.66", long[:129-11] + "203.0.113.9"}, "10.0.0.1"},
		"huge left end":            {peer, []string{strings.Repeat("1.1.1.1,", 1<<16) + "203.0.113.9"}, "203.0.113.9"},
		"31 proxies":               {peer, []string{"203.0.113.9" + strings.Repeat(",10.0.0.2", 31)}, "203.0.113.9"},
		"32 proxies":               {peer, []string{"203.0.113.9" + strings.Repeat(",10.0.0.2", 32)}, "10.0.0.2"},
	} {
		got := clientaddr.FromRequest(request(c.peer, c.lines...), trusted)
		if text(got) != c.want {
			t.Errorf("%s: peer %q, %.100q gives %q, want %q", name, c.peer, c.lines, text(got), c.want)
		}
	}
}

func TestFromRequestTrustingNobody(t *testing.T) {
	for _, trusted := range [][]netip.Prefix{nil, {}, {netip.Prefix{}}} {
		if got := clientaddr.FromRequest(request("10.0.0.1:1", "203.0.113.9"), trusted); text(got) != "10.0.0.1" {
			t.Errorf("trusting %v: %v", trusted, got)
		}
	}
}

func TestFromRequestWithoutHeaders(t *testing.T) {
	r := &http.Request{RemoteAddr: "10.0.0.1:1"}
	if got := clientaddr.FromRequest(r, prefixes(t, "10.0.0.1")); text(got) != "10.0.0.1" {
		t.Errorf("nil header map: %v", got)
	}
}

func BenchmarkFromRequest(b *testing.B) {
	trusted := prefixes(b, "10.0.0.0/8,2001:db8:aaaa::/48")
	for name, r := range map[string]*http.Request{
		"peer":      request("203.0.113.9:1"),
		"one hop":   request("10.0.0.1:1", "198.51.100.66, 203.0.113.9"),
		"exhausted": request("10.0.0.1:1", strings.Repeat("10.0.0.2,", 1<<16)+"10.0.0.2"),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				clientaddr.FromRequest(r, trusted)
			}
		})
	}
}
