package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	driver "github.com/redis/go-redis/v9"

	"github.com/tollkeeper/tollkeeper/store"
)

// ErrEviction is in the error of [Store.Check] when the server may throw away counters.
var ErrEviction = errors.New("redis: the server may evict counters: set maxmemory-policy to noeviction")

// Check says whether the server is fit for counters; call it once at start-up, before requests come in. An error is:
//
//   - [ErrEviction] ([errors.Is]): a server's maxmemory-policy is not noeviction. Whoever fills the memory could then
//     push out the counter that holds them back (R22); without eviction they only get everyone refused. It also comes
//     when the server does not tell its policy, which then must be known otherwise;
//   - that [Options.Prefix] has empty braces, which scatter the keys over a cluster;
//   - what the driver answers: the server is away, is a replica, or forbids INFO or scripts.
//
// Of a cluster or a ring every server is asked. It changes nothing and is not bound by [Options.Timeout], but by ctx.
func (s *Store) Check(ctx context.Context) error {
	if strings.Contains(s.prefix, "{}") {
		return fmt.Errorf("redis: Prefix %q must not contain {}", s.prefix)
	}
	if err := s.eachServer(ctx, checkServer); err != nil {
		return err
	}
	nothing := store.Release{Forget: []store.Bucket{{Limit: store.Limit{Free: 1, Window: time.Hour}}}}
	keys, args := s.releaseArguments(nothing, time.Time{})
	return releaseScript.Run(ctx, s.client, keys, args...).Err()
}

func (s *Store) eachServer(ctx context.Context, check func(context.Context, driver.Cmdable) error) error {
	one := func(ctx context.Context, c *driver.Client) error { return check(ctx, c) }
	switch c := s.client.(type) {
	case nil:
		return errNoClient
	case *driver.ClusterClient:
		return c.ForEachMaster(ctx, one)
	case *driver.Ring:
		return c.ForEachShard(ctx, one)
	default:
		return check(ctx, c)
	}
}

func checkServer(ctx context.Context, server driver.Cmdable) error {
	info, err := server.Info(ctx, "memory").Result()
	if err != nil {
		return err
	}
	policy := "unknown"
	for line := range strings.Lines(info) {
		if p, ok := strings.CutPrefix(line, "maxmemory_policy:"); ok {
			policy = strings.TrimSpace(p)
		}
	}
	if policy != "noeviction" {
		return fmt.Errorf("%w (it is %s)", ErrEviction, policy)
	}
	return nil
}
