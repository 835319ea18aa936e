package httpadapter_test

import (
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/store"
)

// A service behind a proxy that nobody told it of limits all its clients as one. It says so once in each family, names
// what to set, and repeats nothing that a client wrote.
func TestHeadersThatNameAClientAreWarnedOfOnce(t *testing.T) {
	for _, header := range []string{"X-Forwarded-For: 203.0.113.7", "Forwarded: for=203.0.113.7", "X-Real-IP: 203.0.113.7"} {
		w := newWorld(t)
		for range 100 {
			w.do("GET /auth/account", "", header)
		}
		name, _, _ := strings.Cut(header, ":")
		line := w.logged()
		if strings.Count(line, "not read") != 1 || !strings.Contains(line, "set Options.TrustedProxies") || !strings.Contains(strings.ToLower(line), "header="+strings.ToLower(name)) {
			t.Errorf("%s: %s", name, line)
		}
		if strings.Contains(line, "203.0.113.7") {
			t.Errorf("what %s said is in the log", name)
		}
	}
	w := newWorld(t, func(_ *tollkeeper.Config, o *options, _ *store.Store) {
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.9.0.0/16")}
	})
	w.do("GET /auth/account", "", "X-Forwarded-For: 203.0.113.7", "Peer: 10.9.0.1:1")
	w.do("GET /auth/account", "", "X-Forwarded-For: 203.0.113.7", "Peer: 192.0.2.1:1")
	if line := w.logged(); strings.Contains(line, "not read") {
		t.Errorf("with a proxy: %s", line)
	}
	w = newWorld(t)
	w.do("GET /auth/account", "")
	if line := w.logged(); strings.Contains(line, "not read") {
		t.Errorf("without a header: %s", line)
	}
}

// Limit counts networks by itself, and says it in the log of the Authenticator.
func TestLimitWarnsOfHeadersThatNameAClient(t *testing.T) {
	w := newWorld(t)
	w.guarded("/open", w.twice("open"))
	w.guarded("/proxied", w.twice("proxied", httpadapter.TrustProxies(netip.MustParsePrefix("10.9.0.0/16"))))
	for _, path := range []string{"/proxied", "/open", "/open", "/open"} {
		w.do("GET "+path, "", "X-Forwarded-For: 203.0.113.7")
		if got, want := strings.Count(w.logged(), "set httpadapter.TrustProxies"), min(1, strings.Count(path, "open")); got != want {
			t.Errorf("%s: said %d times, want %d", path, got, want)
		}
	}
}

// Where the options name no logger, a family has that of its Authenticator.
func TestFamiliesLogWhereTheirAuthenticatorDoes(t *testing.T) {
	var log lines
	logger := slog.New(slog.NewTextHandler(&log, nil))
	k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Logger = logger }))
	if k.Auth.Logger() != logger {
		t.Error("Logger is another one than the configured")
	}
	w := newWorld(t, func(c *tollkeeper.Config, o *options, _ *store.Store) { c.Logger, o.Logger = logger, nil })
	w.do("GET /auth/account", "", "X-Forwarded-For: 203.0.113.7")
	if text := log.take(); !strings.Contains(text, "Options.TrustedProxies") {
		t.Errorf("the log is %q", text)
	}
}
