package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener without a network, so that a bubble's clock drives its deadlines.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.conns <- server
	return client
}

// read is a handler that wants the whole body.
func read(w http.ResponseWriter, r *http.Request) {
	n, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestTimeout)
		return
	}
	fmt.Fprintln(w, n)
}

// TestSlowRequests: however a client dribbles, its connection is gone after 30 seconds (R73).
func TestSlowRequests(t *testing.T) {
	tests := map[string]struct {
		first string
		drip  string
		least time.Duration
		most  time.Duration
	}{
		"nothing at all":   {"", "", 9 * time.Second, 11 * time.Second},
		"headers for ever": {"POST / HTTP/1.1\r\nHost: x\r\n", "X-A: b\r\n", 9 * time.Second, 11 * time.Second},
		"body for ever":    {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n", "a", 29 * time.Second, 31 * time.Second},
		"idle connection":  {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "", 119 * time.Second, 121 * time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				listener, server := newPipes(), newServer(http.HandlerFunc(read))
				go func() { _ = server.Serve(listener) }()
				defer server.Close()
				start := time.Now()
				client := listener.dial()
				go dribble(client, tt.first, tt.drip)
				_, err := io.Copy(io.Discard, client)
				if took := time.Since(start); took < tt.least || took > tt.most {
					t.Errorf("the connection ends after %v, %v; want about %v", took, err, tt.least)
				}
				_ = client.Close()
				time.Sleep(2 * time.Second) // dribble sees it
			})
		})
	}
}

func dribble(c net.Conn, first, drip string) {
	text := first
	for {
		if _, err := io.WriteString(c, text); err != nil || drip == "" {
			return
		}
		text = drip
		time.Sleep(time.Second)
	}
}

// TestSlowReader: a client that takes no answer does not keep the handler.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := make(chan struct{})
		server := newServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			defer close(done)
			_, _ = io.Copy(w, strings.NewReader(strings.Repeat("x", 1<<20)))
		}))
		listener := newPipes()
		go func() { _ = server.Serve(listener) }()
		defer server.Close()
		client := listener.dial()
		defer client.Close()
		start := time.Now()
		dribble(client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "")
		<-done
		if took := time.Since(start); took > 46*time.Second {
			t.Errorf("the handler ends after %v", took)
		}
	})
}

// TestRequestsHaveADeadline: what asks the database is told to give up.
func TestRequestsHaveADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			w.WriteHeader(http.StatusServiceUnavailable)
		}))
		listener := newPipes()
		go func() { _ = server.Serve(listener) }()
		defer server.Close()
		client := listener.dial()
		defer client.Close()
		start := time.Now()
		go dribble(client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "")
		res, err := http.ReadResponse(bufio.NewReader(client), nil)
		if took := time.Since(start); err != nil || res.StatusCode != http.StatusServiceUnavailable || took != answerWithin {
			t.Errorf("after %v: %v, %v", took, res, err)
		}
	})
}

// TestServeAnswersWhatIsUnderWay: the end of ctx closes the door, not the requests inside.
func TestServeAnswersWhatIsUnderWay(t *testing.T) {
	tests := map[string]struct {
		takes time.Duration
		ok    bool
	}{
		"in time":  {35 * time.Second, true},
		"too long": {44 * time.Second, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				listener := newPipes()
				server := newServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					time.Sleep(tt.takes)
					fmt.Fprintln(w, "answered")
				}))
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error)
				go func() { ended <- serve(ctx, server, listener) }()
				client := listener.dial()
				defer client.Close()
				go dribble(client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "")
				synctest.Wait()
				cancel()
				answer := make(chan string, 1)
				go func() {
					text, _ := io.ReadAll(client)
					answer <- string(text)
				}()
				if err := <-ended; (err == nil) != tt.ok {
					t.Errorf("serve answers %v", err)
				}
				if text := <-answer; strings.Contains(text, "answered") != tt.ok {
					t.Errorf("the request is answered %q", text)
				}
				time.Sleep(time.Minute) // the handler's goroutine ends
			})
		})
	}
}
