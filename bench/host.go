package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// host is a service of its own, in a process of its own: over the memory store with so many people, or a bare handler.
type host struct {
	People     int
	Processors int         // GOMAXPROCS. Zero: the runtime's
	Hashes     int         // at once. Zero: the library's default
	Cheap      bool        // hashes for tests
	Header     http.Header // of the bare handler's answer; nil: a service
	Body       []byte
}

// serve until a signal.
func (h host) serve(ctx context.Context, out io.Writer) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	if h.Processors > 0 {
		runtime.GOMAXPROCS(h.Processors)
	}
	handler := http.Handler(http.HandlerFunc(h.bare))
	if h.Header == nil {
		svc, err := h.open(ctx)
		if err != nil {
			return err
		}
		defer svc.close()
		handler = svc.mux
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{ // with the bounds of cmd/tollkeeper
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 45 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
	}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	fmt.Fprintln(out, "listening on http://"+listener.Addr().String())
	if err := server.Serve(listener); ctx.Err() == nil {
		return err
	}
	return nil
}

// bare writes the bytes that it was given.
func (h host) bare(w http.ResponseWriter, _ *http.Request) {
	header := w.Header()
	for name, values := range h.Header {
		header[name] = values
	}
	_, _ = w.Write(h.Body)
}

// open is a service over the memory store, for users of the app alone.
func (h host) open(ctx context.Context) (*service, error) {
	kept := memory.New()
	svc, err := newService(ctx, kept, func(config *tollkeeper.Config) {
		if !h.Cheap {
			config.Passwords.Hash = tollkeeper.Hash{Derive: derive}
		}
		config.Passwords.Hash.Parallel = h.Hashes
	})
	if err != nil {
		return nil, err
	}
	return svc, populate(ctx, kept, h.People)
}
