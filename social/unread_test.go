package social_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/social"
)

// forwarding is a proxy that names the client of each request.
type forwarding struct{}

func (forwarding) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", "203.0.113.7")
	return http.DefaultTransport.RoundTrip(r)
}

// Behind a proxy that nobody told of, everyone who comes back from the issuer is one client: the log says so once.
func TestHandlersWarnOfAProxyThatIsNotTrusted(t *testing.T) {
	for _, trusted := range [][]netip.Prefix{nil, {netip.MustParsePrefix("127.0.0.0/8")}} {
		var log bytes.Buffer
		s := newSite(t, func(c *social.HandlersConfig) {
			c.Logger, c.TrustedProxies = slog.New(slog.NewTextHandler(&log, nil)), trusted
		})
		for range 2 {
			c := s.browser(t)
			c.Transport = forwarding{}
			get(t, c, s.startURL(""))
		}
		if got, want := strings.Count(log.String(), "set HandlersConfig.TrustedProxies"), 1-len(trusted); got != want {
			t.Errorf("trusting %v: said %d times, want %d: %s", trusted, got, want, &log)
		}
	}
}
