package clientaddr

import (
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
)

// Unread warns of headers that name a client and are not read, because no proxy is trusted. Behind a proxy that nobody
// said anything of, every client has one address: they share their limits, and one of them closes the door to all. The
// zero value is ready, and warns once in its life. It is safe for concurrent use.
type Unread struct{ once sync.Once }

// Look warns log at the first request with such a header, unless somebody is trusted. option is what the host sets to
// trust a proxy. What the header says is not logged: anyone can send one.
func (u *Unread) Look(r *http.Request, trusted []netip.Prefix, log *slog.Logger, option string) {
	if len(trusted) > 0 {
		return
	}
	for _, name := range [...]string{"X-Forwarded-For", "Forwarded", "X-Real-Ip"} {
		if len(r.Header[name]) == 0 {
			continue
		}
		u.once.Do(func() {
			log.Warn("tollkeeper: a request names its client in a header that is not read, since no proxy is trusted; behind a "+
				"proxy all clients share one address and its limits: set "+option+" to the proxy's network and have it write X-Forwarded-For",
				"header", name, "peer", r.RemoteAddr)
		})
		return
	}
}
