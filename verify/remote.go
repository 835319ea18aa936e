package verify

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

const maxSet = 256 << 10 // bytes of a key set

// remote is the keys behind a URL. They are kept whole: a key that left the set is gone with the next fetch.
type remote struct {
	url                               string
	client                            *http.Client
	timeout, refresh, stale, interval time.Duration

	mu      sync.Mutex
	keys    map[string]key // never changed, only replaced
	fetched time.Time      // when the fetch that brought keys began
	tried   time.Time      // when the last fetch began
	failure error          // of the last fetch
	flight  chan struct{}  // closed when the fetch under way ends; nil: none
}

func newRemote(c Config) *remote {
	client := &http.Client{}
	if c.HTTPClient != nil {
		*client = *c.HTTPClient
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.Jar = nil
	return &remote{
		url: c.JWKSURL, client: client, timeout: orElse(c.Timeout, 5*time.Second), refresh: orElse(c.Refresh, 10*time.Minute),
		stale: max(0, orElse(c.Stale, 24*time.Hour)), interval: orElse(c.Interval, 10*time.Second),
	}
}

func orElse(d, zero time.Duration) time.Duration {
	if d == 0 {
		return zero
	}
	return d
}

// find answers the key of kid. It fetches where keys are old or this one is unknown, once for all who wait and not more
// often than every interval, so that made-up key ids cannot make this service a nuisance to the host.
func (r *remote) find(ctx context.Context, kid string, now time.Time) (key, error) {
	r.mu.Lock()
	if k, known := r.keys[kid]; known && now.Sub(r.fetched) < r.refresh && !now.Before(r.fetched) {
		r.mu.Unlock()
		return k, nil
	}
	wait := r.flight
	if wait == nil && (now.Sub(r.tried) >= r.interval || now.Before(r.tried)) {
		wait = make(chan struct{})
		r.flight, r.tried = wait, now
		go r.fetch(now, wait)
	}
	r.mu.Unlock()
	if wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
			return key{}, ctx.Err()
		}
	}
	return r.kept(kid, now)
}

// kept answers what is known now, also when it is old, within the bound.
func (r *remote) kept(kid string, now time.Time) (key, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keys == nil || now.Sub(r.fetched) >= r.refresh+r.stale {
		return key{}, fmt.Errorf("%w: %w", ErrUnavailable, r.cause())
	}
	if k, known := r.keys[kid]; known {
		return k, nil
	}
	if r.failure != nil { // the key may be a new one
		return key{}, fmt.Errorf("%w: %w", ErrUnavailable, r.failure)
	}
	return key{}, ErrInvalidToken
}

func (r *remote) cause() error {
	if r.failure != nil {
		return r.failure
	}
	return fmt.Errorf("they were fetched at %v", r.fetched)
}

// fetch runs apart from the callers, so that one who goes away does not spoil it for the others; timeout ends it.
func (r *remote) fetch(began time.Time, done chan struct{}) {
	keys, err := r.load()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failure = err; err == nil {
		r.keys, r.fetched = keys, began
	}
	r.flight = nil
	close(done)
}

func (r *remote) load() (map[string]key, error) {
	ctx, cancel := context.WithTimeout(context.Background(), r.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	response, err := r.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", r.url, response.Status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxSet+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxSet {
		return nil, fmt.Errorf("%s answers more than %d bytes", r.url, maxSet)
	}
	keys, err := parseKeys(body)
	if err != nil {
		return nil, fmt.Errorf("%s answers no key set: %w", r.url, err)
	}
	return keys, nil
}
