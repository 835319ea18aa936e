package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/token"
	"github.com/tollkeeper/tollkeeper/internal/upstream"
)

// remote is the keys behind a URL. They are kept whole: a key that left the set is gone with the next fetch.
type remote struct {
	keys upstream.Cache[map[string]*token.Key]
}

func newRemote(c Config) *remote {
	client := upstream.Client(c.HTTPClient)
	return &remote{upstream.Cache[map[string]*token.Key]{
		Load: func(ctx context.Context) (map[string]*token.Key, error) {
			body, err := upstream.Get(ctx, client, c.JWKSURL)
			if err != nil {
				return nil, err
			}
			keys, err := token.ParseJWKS(body)
			if err != nil {
				return nil, fmt.Errorf("%s answers no key set: %w", c.JWKSURL, err)
			}
			return keys, nil
		},
		Timeout: orElse(c.Timeout, 5*time.Second), Refresh: orElse(c.Refresh, 10*time.Minute),
		Stale: max(0, orElse(c.Stale, 24*time.Hour)), Interval: orElse(c.Interval, 10*time.Second),
	}}
}

func orElse(d, zero time.Duration) time.Duration {
	if d == 0 {
		return zero
	}
	return d
}

func (r *remote) find(ctx context.Context, kid string, now time.Time) (*token.Key, error) {
	keys, err := r.keys.Get(ctx, now, func(keys map[string]*token.Key) bool {
		_, known := keys[kid]
		return known
	})
	if errors.Is(err, upstream.ErrUnavailable) {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if err != nil {
		return nil, err
	}
	k, known := keys[kid]
	if !known {
		return nil, ErrInvalidToken
	}
	return k, nil
}
