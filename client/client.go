package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Options are the settings of a [Client]. The zero Options serve.
type Options struct {
	// Prefix is where the service mounts the family: its app.API.Prefix. Zero: "/api/auth".
	Prefix string

	// HTTPClient sends the requests. It is copied without its cookie jar, and redirects are not followed, whatever it
	// says. Zero: one of its own, with a Timeout of 30 seconds; a shorter one comes with the context.
	HTTPClient *http.Client

	// UserAgent is what the service makes the device of a session from. Zero: that of net/http, a "Go program".
	UserAgent string

	// Now is the clock that tells when a token is about to expire. Zero: [time.Now].
	Now func() time.Time
}

const (
	defaultPrefix  = "/api/auth"
	defaultTimeout = 30 * time.Second
	headerSize     = 64 << 10 // bytes of an answer's header
)

// Client asks one service. It holds no session, and is safe for concurrent use. Make it with [New].
type Client struct {
	base  string // up to the path of a route
	agent string // empty: that of net/http
	http  *http.Client
	now   func() time.Time
}

// New makes a Client of the service at baseURL: https, or http to this machine (localhost, or a loopback address), with
// a path where the service is below one. It refuses what could only fail later, and asks nothing yet.
func New(baseURL string, o Options) (*Client, error) {
	u, err := url.Parse(baseURL)
	switch {
	case err != nil:
		return nil, fmt.Errorf("client: the base URL: %w", err)
	case !secure(u):
		return nil, errors.New("client: the base URL must be https, or http to localhost")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return nil, errors.New("client: the base URL must be an origin with a path at most")
	}
	c := &Client{agent: o.UserAgent, now: o.Now}
	if c.now == nil {
		c.now = time.Now
	}
	prefix := o.Prefix
	if prefix == "" {
		prefix = defaultPrefix
	}
	if !strings.HasPrefix(prefix, "/") || strings.HasSuffix(prefix, "/") || strings.ContainsAny(prefix, "{}?#%\\ ") {
		return nil, errors.New("client: Options.Prefix must be a plain path")
	}
	c.base = strings.TrimRight(u.String(), "/") + prefix
	c.http = ownHTTP(o.HTTPClient)
	return c, nil
}

// secure reports whether nobody on the way can read what is sent.
func secure(u *url.URL) bool {
	host := u.Hostname()
	address, err := netip.ParseAddr(host)
	local := host == "localhost" || err == nil && address.IsLoopback()
	return host != "" && (u.Scheme == "https" || u.Scheme == "http" && local)
}

// ownHTTP returns a copy of the client that takes no cookies, whose session would come beside the bearer token, and no
// redirects, which would carry passwords elsewhere.
func ownHTTP(given *http.Client) *http.Client {
	h := http.Client{Timeout: defaultTimeout}
	if given != nil {
		h = *given
	} else if transport, ok := http.DefaultTransport.(*http.Transport); ok {
		transport = transport.Clone()
		transport.MaxResponseHeaderBytes = headerSize
		h.Transport = transport
	}
	h.Jar = nil
	h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &h
}

// request is one call of a route.
type request struct {
	method, path string
	query        url.Values
	body         any  // a struct; nil: none
	empty        bool // the route may answer without a body where one is read
}

// send asks with the token, if there is one, and reads the answer into out. Without out the answer has no body.
func (c *Client) send(ctx context.Context, r request, token Secret, out any) error {
	target := c.base + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	var body []byte
	if r.body != nil {
		var err error
		if body, err = json.Marshal(plain(r.body)); err != nil {
			return fmt.Errorf("client: %w", err)
		}
	}
	q, err := http.NewRequestWithContext(ctx, r.method, target, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	q.Header.Set("Accept", "application/json, application/problem+json")
	if c.agent != "" {
		q.Header.Set("User-Agent", c.agent)
	}
	if r.body != nil {
		q.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		q.Header.Set("Authorization", "Bearer "+string(token))
	}
	a, err := c.http.Do(q)
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	defer a.Body.Close()
	return read(a, r, out)
}
