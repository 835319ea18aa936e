package ui_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/ui"
)

// Behind a proxy that nobody is told of, all visitors share one address and its limits: the log says so, once.
func TestAProxyThatNobodyIsToldOfIsWarnedOfOnce(t *testing.T) {
	for name, trusted := range map[string][]netip.Prefix{"": nil, "trusted": {netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}} {
		var log bytes.Buffer
		_, mux := service(t, ui.Options{TrustedProxies: trusted, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		b := browse(t, mux)
		for range 3 {
			b.header = http.Header{"X-Forwarded-For": {"192.0.2.7"}, "Accept": {"text/html"}, "Sec-Fetch-Site": {"same-origin"}}
			b.send("POST", "/sign-in", "login=a@home.example&password=x")
		}
		want := 1
		if trusted != nil {
			want = 0
		}
		if n := strings.Count(log.String(), "ui.Options.TrustedProxies"); n != want || strings.Contains(log.String(), "192.0.2.7") {
			t.Errorf("%s: warned %d times, want %d: %s", name, n, want, log.String())
		}
	}
}
