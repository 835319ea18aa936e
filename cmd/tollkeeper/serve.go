package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"
)

const (
	wholeRequest = 30 * time.Second // to read one, headers and body
	grace        = 40 * time.Second // for requests under way when the server stops; more than wholeRequest
	answerWithin = 10 * time.Second // to do what a request asks for, its body included
)

// newServer bounds what a connection may cost (R73). A request is read within 30 s or dropped; an answer is written
// within 15 s more.
func newServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           bounded(handler),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       wholeRequest,
		WriteTimeout:      wholeRequest + 15*time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
}

// bounded ends what waits too long, for a free connection of the database as for its answer: the request is answered
// with 503 then.
func bounded(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), answerWithin)
		defer cancel()
		handler.ServeHTTP(w, r.WithContext(ctx))
	})
}

// serve returns requests until ctx ends, and then those that are under way. Nothing is lost by stopping: a request is
// answered or was never begun.
func serve(ctx context.Context, server *http.Server, listener net.Listener) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("requests were still under way after %v", grace), server.Close())
	}
	return nil
}

// listen returns the listener and the address under which it can be reached from this machine.
func listen(ctx context.Context, addr string) (net.Listener, string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, "", err
	}
	at, err := netip.ParseAddrPort(listener.Addr().String())
	if err != nil {
		return nil, "", errors.Join(err, listener.Close())
	}
	return listener, "http://" + at.String(), nil
}

// localURL is where a browser on this machine reaches an address: one of all interfaces has no URL of its own.
func localURL(url string) string {
	at, err := netip.ParseAddrPort(url[len("http://"):])
	if err != nil || !at.Addr().IsUnspecified() {
		return url
	}
	return fmt.Sprintf("http://localhost:%d", at.Port())
}
