package upstream

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/token"
)

// Keys is a [Cache] of the keys that an issuer of tokens publishes.
type Keys struct {
	Cache[*token.KeySet]

	logged string // what was said of the last set
}

// Read has the keys read from what body returns. Keys that cannot be used are named in the log, by one line, and again
// only when it is not the same line: else whoever makes up key ids could fill it.
func (k *Keys) Read(body func(context.Context) ([]byte, error), log *slog.Logger) {
	k.Load = func(ctx context.Context) (*token.KeySet, error) {
		text, err := body(ctx)
		if err != nil {
			return nil, err
		}
		set, err := token.ParseJWKS(text)
		if err != nil {
			return nil, fmt.Errorf("the answer is no key set: %w", err)
		}
		if skipped := strings.Join(set.Skipped(), "; "); skipped != k.logged { // one load runs at a time
			if k.logged = skipped; skipped != "" {
				log.WarnContext(ctx, "keys of a set cannot be used and are skipped", "keys", skipped)
			}
		}
		return set, nil
	}
}

// Fitting returns the keys that may have signed the token. Errors are those of [Cache.Get]; without one
// there may still be no key.
func (k *Keys) Fitting(ctx context.Context, u token.Unverified, now time.Time) ([]*token.Key, error) {
	set, err := k.Get(ctx, now, func(s *token.KeySet) bool { return len(s.Fitting(u)) > 0 })
	if err != nil {
		return nil, err
	}
	return set.Fitting(u), nil
}

// Newer returns those of a set that was loaded after the keys were, if it can be had now.
func (k *Keys) Newer(ctx context.Context, u token.Unverified, now time.Time, than []*token.Key) []*token.Key {
	set, err := k.Get(ctx, now, func(s *token.KeySet) bool { return !slices.Equal(s.Fitting(u), than) })
	if err != nil {
		return nil
	}
	return set.Fitting(u)
}
