package family

import (
	"net/http"
	"net/netip"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/clientaddr"
	"github.com/tollkeeper/tollkeeper/internal/language"
)

// ClientOf tells the core who sent a request: the peer, or behind the trusted proxies whom X-Forwarded-For names (a
// walk from right to left; no other header says so). A host hands it to the methods of [tollkeeper.Authenticator] that
// it calls itself. Without proxies the peer is the client. Its language is the header Accept-Language, at most 1,024
// bytes of it.
func ClientOf(r *http.Request, proxies ...netip.Prefix) tollkeeper.Client {
	return tollkeeper.Client{Addr: clientaddr.FromRequest(r, proxies), Agent: r.UserAgent(), Language: language.Bounded(r.Header["Accept-Language"])}
}
