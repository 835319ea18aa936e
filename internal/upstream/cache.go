// Package upstream keeps what another server publishes and changes now and then: the keys of an issuer.
package upstream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrUnavailable means that there is no value: it cannot be loaded, and there is none that may still serve.
var ErrUnavailable = errors.New("upstream: not available")

// Cache keeps one value, which is loaded at first use. Make it with its fields set; they do not change. It is safe for
// concurrent use and needs no closing: it loads only while a caller waits.
type Cache[T any] struct {
	Load func(context.Context) (T, error)

	Timeout  time.Duration // of one load
	Refresh  time.Duration // a value older than this is loaded again before it serves
	Stale    time.Duration // for so long after Refresh it serves if that fails
	Interval time.Duration // between two loads at least, also after failures

	mu      sync.Mutex
	value   T
	loaded  time.Time     // when the load that brought value began; zero: there is none
	tried   time.Time     // when the last load began
	failure error         // of the last load
	flight  chan struct{} // closed when the load under way ends; nil: none
}

// Get returns the value. Where it is old, or not enough for the caller, it is loaded first: once for all who wait, and
// not more often than every [Cache.Interval], so that made-up questions cannot make this process a nuisance to the
// other. Whether the value is enough then, the caller decides. An error is [ErrUnavailable] with its cause, also where
// the value is not enough and a newer one could not be loaded; or that of ctx.
func (c *Cache[T]) Get(ctx context.Context, now time.Time, enough func(T) bool) (T, error) {
	c.mu.Lock()
	if age := now.Sub(c.loaded); !c.loaded.IsZero() && age >= 0 && age < c.Refresh && enough(c.value) {
		defer c.mu.Unlock()
		return c.value, nil
	}
	wait := c.flight
	if wait == nil && (now.Sub(c.tried) >= c.Interval || now.Before(c.tried)) {
		wait = make(chan struct{})
		c.flight, c.tried = wait, now
		go c.load(now, wait)
	}
	c.mu.Unlock()
	if wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		}
	}
	return c.kept(now, enough)
}

// kept returns the value also when it is old, within the bound.
func (c *Cache[T]) kept(now time.Time, enough func(T) bool) (T, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if over := c.loaded.IsZero() || now.Sub(c.loaded) >= c.Refresh+c.Stale; over || c.failure != nil && !enough(c.value) {
		var none T
		return none, c.unavailable()
	}
	return c.value, nil
}

func (c *Cache[T]) unavailable() error {
	if c.failure == nil {
		return ErrUnavailable
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, c.failure)
}

// load runs apart from the callers, so that one who goes away does not spoil it for the others; Timeout ends it.
func (c *Cache[T]) load(began time.Time, done chan struct{}) {
	value, err := c.guarded()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure = err; err == nil {
		c.value, c.loaded = value, began
	}
	c.flight = nil
	close(done)
}

// guarded keeps a panic in a host's http.RoundTripper from ending the process.
func (c *Cache[T]) guarded() (value T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("it panicked: %v", r)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), c.Timeout)
	defer cancel()
	return c.Load(ctx)
}
