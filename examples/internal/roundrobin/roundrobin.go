// Package roundrobin is a proxy for tests that asks its servers in turn. It passes bodies on whole, and the
// X-Forwarded-For of its clients as it stands, so that a test can come from any network.
package roundrobin

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
)

// Proxy sends each request to the next server, and to the one after it when nobody listens there. A request that was
// sent and not answered is 502: it may have been done. It is safe for concurrent use.
type Proxy struct {
	transport http.Transport

	mu      sync.Mutex
	next    int
	servers []*server
}

type server struct {
	url   string
	under sync.WaitGroup // requests
}

// Add puts a server in, by the URL in front of a path.
func (p *Proxy) Add(url string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.servers = append(p.servers, &server{url: url})
}

// Remove takes a server out and waits for the requests that are under way there.
func (p *Proxy) Remove(url string) {
	p.mu.Lock()
	at := slices.IndexFunc(p.servers, func(s *server) bool { return s.url == url })
	if at < 0 {
		p.mu.Unlock()
		return
	}
	s := p.servers[at]
	p.servers = slices.Delete(p.servers, at, at+1)
	p.mu.Unlock()
	s.under.Wait()
}

// turn returns each server once, the next one first. The caller ends them all.
func (p *Proxy) turn() []*server {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.servers)
	all := make([]*server, n)
	for i := range all {
		all[i] = p.servers[(p.next+i)%n]
		all[i].under.Add(1)
	}
	p.next++
	return all
}

// ServeHTTP passes a request on.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	err = errors.New("no server")
	for _, s := range p.turn() {
		if err != nil {
			err = p.pass(w, r, s.url, body)
		}
		s.under.Done()
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
	}
}

// pass returns what the server answered. Its error says that nobody listened there.
func (p *Proxy) pass(w http.ResponseWriter, r *http.Request, url string, body []byte) error {
	out, err := http.NewRequestWithContext(r.Context(), r.Method, url+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	out.Header = r.Header.Clone()
	res, err := p.transport.RoundTrip(out)
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		return err
	}
	var text []byte
	if err == nil {
		text, err = io.ReadAll(res.Body)
		err = errors.Join(err, res.Body.Close())
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return nil
	}
	for name, values := range res.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(res.StatusCode)
	_, _ = w.Write(text) // the client is gone
	return nil
}
