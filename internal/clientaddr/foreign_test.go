package clientaddr_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/clientaddr"
)

const (
	private = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,127.0.0.0/8,169.254.0.0/16,100.64.0.0/10,fc00::/7,fe80::/10,::1/128"
	proxy   = "198.51.100.200" // asks where a table names no peer
)

// other is what comes of a case of realclientip-go here, where that is not what comes of it there.
var other = map[string]struct{ got, why string }{
	"Peer Unix socket: walks header as normal":    {"invalid IP", "a header counts only behind a peer that is trusted, and this one has no address"},
	"Peer empty: walks header as normal":          {"invalid IP", "as above"},
	"Peer garbage: walks header as normal":        {"invalid IP", "as above"},
	"Peer unspecified IP: walks header as normal": {"0.0.0.0", "the peer is not trusted"},
	"Fail: no non-trusted IP":                     {"2.2.2.2", "the farthest trusted proxy, rather than nobody: it has a rate, too"},
	"Fail: rightmost non-trusted IP invalid":      {"2.2.2.2", "as above"},
	"Fail: rightmost non-trusted IP unspecified":  {"::", "what a trusted proxy says of its peer is counted as it stands"},
	"Fail: no values in header":                   {proxy, "the farthest trusted proxy"},
	"Fail: XFF: none acceptable":                  {"0.0.0.0", "what a trusted proxy says of its peer is counted as it stands"},
	"Empty zone":                                  {proxy, "no address: stricter"},
	"Bad port (is discarded)":                     {proxy, "no address: stricter"},
	"Error: Zero address":                         {"0.0.0.0", "counted as it stands"},
	"Error: Unspecified address":                  {"::", "counted as it stands"},
}

// A row of any table; each has some of these.
type row struct {
	Name, Want, WantErr string
	Args                struct {
		HeaderName    string
		Headers       map[string][]string
		RemoteAddr    string
		TrustedRanges any // a list, "nil", or the name of a published one
	}
}

// The tables that walk X-Forwarded-For from the right: to the first address outside trusted networks, or outside
// private ones. Cases of other headers, and of errors of a constructor, have no counterpart here.
func TestWalksLikeRealClientIP(t *testing.T) {
	used := map[string]bool{}
	for table, count := range map[string]int{"TestRightmostTrustedRangeStrategy": 16, "TestRightmostNonPrivateStrategy": 3} {
		var rows []row
		decode(t, table, &rows)
		ran := 0
		for _, c := range rows {
			if c.Args.HeaderName != "X-Forwarded-For" || c.WantErr == "true" {
				continue
			}
			ran++
			trusted := private
			if table == "TestRightmostTrustedRangeStrategy" {
				trusted = ranges(c.Args.TrustedRanges)
			}
			r := &http.Request{Header: http.Header{}, RemoteAddr: c.Args.RemoteAddr}
			if c.Args.RemoteAddr == "" && !strings.HasPrefix(c.Name, "Peer") {
				r.RemoteAddr, trusted = proxy+":1", strings.TrimPrefix(trusted+","+proxy, ",")
			}
			for name, lines := range c.Args.Headers {
				for _, line := range lines {
					r.Header.Add(name, line)
				}
			}
			networks, err := clientaddr.ParsePrefixes(trusted)
			if err != nil {
				t.Fatalf("%s: %v", c.Name, err)
			}
			want, _, _ := strings.Cut(c.Want, "%")
			compare(t, used, c.Name, clientaddr.FromRequest(r, networks), want)
		}
		if ran != count {
			t.Errorf("%s: %d cases, want %d", table, ran, count)
		}
	}
	// The tables of one address, as an element of the header.
	for _, table := range []string{"TestParseIPAddr", "Test_goodIPAddr"} {
		var rows []struct {
			Name, IPStr string
			Want        any // an object with the address, or text: none
		}
		decode(t, table, &rows)
		for _, c := range rows {
			r := &http.Request{Header: http.Header{"X-Forwarded-For": {c.IPStr}}, RemoteAddr: proxy + ":1"}
			want := proxy
			if m, ok := c.Want.(map[string]any); ok {
				want = m["IP"].(map[string]any)["arg"].(string)
			}
			compare(t, used, c.Name, clientaddr.FromRequest(r, []netip.Prefix{netip.MustParsePrefix(proxy + "/32")}), want)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(other)) {
		if !used[name] {
			t.Errorf("%q is no case that differs", name)
		}
	}
}

func compare(t *testing.T, used map[string]bool, name string, got netip.Addr, want string) {
	t.Helper()
	if a, err := netip.ParseAddr(want); err == nil && got == a.Unmap() {
		return
	}
	used[name] = true
	if o, known := other[name]; !known || o.got != got.String() {
		t.Errorf("%q: %s, want %q", name, got, want)
	}
}

func ranges(list any) string {
	var networks []string
	switch l := list.(type) {
	case []any:
		for _, e := range l {
			networks = append(networks, e.(string))
		}
	case string:
		if l == "expr:ranges.Cloudflare" {
			networks = []string{"2400:cb00::/32"} // that of the case
		}
	}
	return strings.Join(networks, ",")
}

func decode(t *testing.T, table string, rows any) {
	t.Helper()
	raw, err := os.ReadFile("testdata/realclientip.json")
	if err != nil {
		t.Fatal(err)
	}
	var tables map[string]json.RawMessage
	if err := json.Unmarshal(raw, &tables); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(tables[table], rows); err != nil {
		t.Fatal(table, err)
	}
}
