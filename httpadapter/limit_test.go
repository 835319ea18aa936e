package httpadapter_test

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
)

// twice makes a Limit of two hits a minute.
func (w *world) twice(name string, options ...httpadapter.LimitOption) func(http.Handler) http.Handler {
	w.t.Helper()
	m, err := httpadapter.Limit(w.Auth, name, []tollkeeper.Limit{tollkeeper.Rate(2, time.Minute)}, options...)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

func TestLimit(t *testing.T) {
	w := newWorld(t)
	signedIn := httpadapter.OptionalAuth(w.Auth, httpadapter.Accept(tollkeeper.AudienceV1))
	w.guarded("/a", w.twice("a"))
	w.guarded("/also-a", w.twice("a"))
	w.guarded("/b", w.twice("b"))
	w.guarded("/proxied", w.twice("proxied", httpadapter.TrustProxies(netip.MustParsePrefix("10.9.0.0/16"))))
	w.guarded("/accounts", signedIn, w.twice("accounts", httpadapter.PerAccount()))
	w.guarded("/networks", signedIn, w.twice("networks"))
	uwe, eva := bearerOf(w.user("uwe").token), bearerOf(w.user("eva").token)
	const one, two, proxy = "Peer: 192.0.2.1:1", "Peer: 192.0.2.2:1", "Peer: 10.9.0.1:1"
	for _, c := range []struct {
		name, path string
		h          headers
		status     int
	}{
		{"the first", "/a", headers{one}, 204},
		{"the second, of another route", "/also-a", headers{one}, 204},
		{"the third", "/a", headers{one}, 429},
		{"whatever it says of itself", "/a", headers{one, "X-Forwarded-For: 203.0.113.1"}, 429},
		{"the same, of the other route", "/also-a", headers{one}, 429},
		{"of another network", "/a", headers{two}, 204},
		{"of another name", "/b", headers{one}, 204},
		{"behind the proxy", "/proxied", headers{proxy, "X-Forwarded-For: 203.0.113.1"}, 204},
		{"behind the proxy", "/proxied", headers{proxy, "X-Forwarded-For: 203.0.113.1"}, 204},
		{"behind the proxy, the third", "/proxied", headers{proxy, "X-Forwarded-For: 203.0.113.1"}, 429},
		{"behind the proxy, another", "/proxied", headers{proxy, "X-Forwarded-For: 203.0.113.2"}, 204},
		{"an account", "/accounts", headers{one, uwe}, 200},
		{"an account elsewhere", "/accounts", headers{two, uwe}, 200},
		{"an account, the third", "/accounts", headers{"Peer: 192.0.2.3:1", uwe}, 429},
		{"another account", "/accounts", headers{one, eva}, 200},
		{"nobody, by network", "/accounts", headers{one}, 204},
		{"nobody, by network", "/accounts", headers{one}, 204},
		{"nobody, the third", "/accounts", headers{one}, 429},
		{"an account by network", "/networks", headers{one, uwe}, 200},
		{"another account by network", "/networks", headers{one, eva}, 200},
		{"an account by network, the third", "/networks", headers{one, uwe}, 429},
	} {
		a := w.do("GET "+c.path, "", c.h...)
		if a.status != c.status || (a.status == 429) != (a.header.Get("Retry-After") == "30" && a.field("code") == "rate_limited") {
			t.Errorf("%s: %d %v %s, want %d", c.name, a.status, a.header, a.body, c.status)
		}
	}
	w.Advance(30 * time.Second)
	if a := w.do("GET /a", "", one); a.status != 204 {
		t.Errorf("half a minute later: %d", a.status)
	}
}

// TestLimitFailsClosed while the counters are away.
func TestLimitFailsClosed(t *testing.T) {
	var kept *broken
	w := newWorld(t, breakable(&kept))
	w.guarded("/a", w.twice("a"))
	kept.err.Store(&errDriver)
	if a := w.do("GET /a", ""); a.status != 503 || a.header.Get("Retry-After") != "1" || containsAny(a.body, "pq", "10.0.0.7") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestLimitIsChecked(t *testing.T) {
	w := newWorld(t)
	minute := []tollkeeper.Limit{tollkeeper.Rate(1, time.Minute)}
	for name, c := range map[string]struct {
		auth   *tollkeeper.Authenticator
		name   string
		limits []tollkeeper.Limit
		field  string
	}{
		"nobody":           {nil, "a", minute, "auth"},
		"no name":          {w.Auth, "", minute, "name"},
		"a long name":      {w.Auth, strings.Repeat("a", 65), minute, "name"},
		"a name of lines":  {w.Auth, "a\nb", minute, "name"},
		"no limit":         {w.Auth, "a", nil, "limits"},
		"a limit of none":  {w.Auth, "a", []tollkeeper.Limit{tollkeeper.Rate(0, time.Minute)}, "limits"},
		"a lock":           {w.Auth, "a", []tollkeeper.Limit{{Free: 5, Window: time.Minute}}, "limits"},
		"too many of them": {w.Auth, "a", make([]tollkeeper.Limit, 11), "limits"},
	} {
		m, err := httpadapter.Limit(c.auth, c.name, c.limits)
		if want := tollkeeper.ErrInvalidInput.WithField(c.field); m != nil || !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
