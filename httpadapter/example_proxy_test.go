package httpadapter_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"

	"github.com/tollkeeper/tollkeeper/httpadapter"
)

// proxies are the networks of the load balancer and of the CDN in front of it.
var proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("198.51.100.0/24")}

// fromSocket says of requests that came by a unix socket that they came from this machine: whoever may open the socket
// is then a proxy whose X-Forwarded-For is believed.
func fromSocket(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RemoteAddr = "127.0.0.1:0"
		next.ServeHTTP(w, r)
	})
}

// Who asks is the peer, or behind trusted proxies whom they saw; what a client writes itself is no evidence.
func ExampleClientOf() {
	for _, r := range []struct{ peer, forwarded string }{
		{"203.0.113.9:4711", "192.0.2.66"},                       // a client that writes the header itself
		{"10.0.0.5:80", "203.0.113.9"},                           // the load balancer saw the client
		{"10.0.0.5:80", "192.0.2.66, 203.0.113.9, 198.51.100.7"}, // it saw the CDN, which saw the client; the rest is the client's
	} {
		request := httptest.NewRequest("GET", "/", nil)
		request.RemoteAddr = r.peer
		request.Header.Set("X-Forwarded-For", r.forwarded)
		fmt.Println(httpadapter.ClientOf(request, proxies...).Addr)
	}

	local := append(proxies, netip.MustParsePrefix("127.0.0.1/32"))
	show := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println(httpadapter.ClientOf(r, local...).Addr)
	})
	for _, handler := range []http.Handler{show, fromSocket(show)} {
		request := httptest.NewRequest("GET", "/", nil)
		request.RemoteAddr = "@" // what net/http says of a unix socket
		request.Header.Set("X-Forwarded-For", "203.0.113.9")
		handler.ServeHTTP(httptest.NewRecorder(), request)
	}
	// Output:
	// 203.0.113.9
	// 203.0.113.9
	// 203.0.113.9
	// invalid IP
	// 203.0.113.9
}

// onSocket gives the requests of a unix socket, which only the proxy may open, the address of this machine. They have
// none by themselves, and who has none is no trusted proxy.
func onSocket(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RemoteAddr = "127.0.0.1:0"
		next.ServeHTTP(w, r)
	})
}

func ExampleClientOf_unixSocket() {
	here := netip.MustParsePrefix("127.0.0.1/32")
	handler := onSocket(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println(httpadapter.ClientOf(r, here).Addr)
	}))
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "@"
	r.Header.Set("X-Forwarded-For", "203.0.113.9")
	fmt.Println("known without:", httpadapter.ClientOf(r, here).Addr.IsValid())
	handler.ServeHTTP(httptest.NewRecorder(), r)
	// Output:
	// known without: false
	// 203.0.113.9
}
