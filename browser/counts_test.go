package browser_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// counts is what came to a service, and what it cost.
type counts struct {
	store.Store

	mu      sync.Mutex
	arrived map[string]int // "METHOD /path" of requests of pages that are not the service's own
	cookies int            // of these, with the session cookie
	taken   int            // attempts of whomever
	sick    bool           // for those who ask after the health of the store
}

// Session is what health is asked by, for one that there never is.
func (c *counts) Session(ctx context.Context, id uuid.UUID, now time.Time) (store.Live, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sick && id == uuid.Max {
		return store.Live{}, errors.New("the store is not well")
	}
	return c.Store.Session(ctx, id, now)
}

// Take counts attempts.
func (c *counts) Take(ctx context.Context, b []store.Bucket, now time.Time) (store.Decision, error) {
	c.mu.Lock()
	c.taken++
	c.mu.Unlock()
	return c.Store.Take(ctx, b, now)
}

// before counts what arrives.
func (c *counts) before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if site := r.Header.Get("Sec-Fetch-Site"); !slices.Contains([]string{"same-origin", "none", ""}, site) {
			c.mu.Lock()
			c.arrived[r.Method+" "+r.URL.Path]++
			if _, err := r.Cookie("__Host-session"); err == nil {
				c.cookies++
			}
			c.mu.Unlock()
		}
		next.ServeHTTP(w, r)
	})
}

func (c *counts) of(route string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.arrived[route]
}

func (c *counts) spent() (taken, cookies int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.taken, c.cookies
}
