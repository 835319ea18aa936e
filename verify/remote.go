package verify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/token"
	"github.com/tollkeeper/tollkeeper/internal/upstream"
)

// remote is the keys behind a URL. They are kept whole: a key that left the set is gone with the next fetch.
type remote struct{ keys upstream.Keys }

func newRemote(c Config) *remote {
	r, client := &remote{}, upstream.Client(c.HTTPClient)
	log := c.Logger
	if log == nil {
		log = slog.Default()
	}
	r.keys.Read(func(ctx context.Context) ([]byte, error) { return upstream.Get(ctx, client, c.JWKSURL) }, log.With("url", c.JWKSURL))
	r.keys.Timeout, r.keys.Refresh = orElse(c.Timeout, 5*time.Second), orElse(c.Refresh, 10*time.Minute)
	r.keys.Stale, r.keys.Interval = max(0, orElse(c.Stale, 24*time.Hour)), orElse(c.Interval, 10*time.Second)
	return r
}

func orElse(d, zero time.Duration) time.Duration {
	if d == 0 {
		return zero
	}
	return d
}

func (r *remote) find(ctx context.Context, u token.Unverified, now time.Time) ([]*token.Key, error) {
	keys, err := r.keys.Fitting(ctx, u, now)
	if errors.Is(err, upstream.ErrUnavailable) {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return keys, err
}
