package redis_test

import (
	"errors"
	"testing"
	"time"

	driver "github.com/redis/go-redis/v9"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/redis"
)

func TestCheck(t *testing.T) {
	s := ownServer(t)
	attempts := s.store(redis.Options{})
	if err := attempts.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, policy := range []string{"allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"} {
		s.do("CONFIG", "SET", "maxmemory-policy", policy)
		if err := attempts.Check(t.Context()); !errors.Is(err, redis.ErrEviction) {
			t.Errorf("%s: %v", policy, err)
		}
	}
	s.do("CONFIG", "SET", "maxmemory-policy", "noeviction")
	if err := s.store(redis.Options{Prefix: "a{}b"}).Check(t.Context()); err == nil {
		t.Error("a prefix with empty braces passes")
	}
	s.do("REPLICAOF", "127.0.0.1", "1")
	if err := attempts.Check(t.Context()); !driver.IsReadOnlyError(err) {
		t.Errorf("a replica: %v", err)
	}
	s.do("REPLICAOF", "NO", "ONE")
	s.do("ACL", "SETUSER", "default", "-eval", "-evalsha")
	if err := attempts.Check(t.Context()); !driver.IsPermissionError(err) {
		t.Errorf("a server without scripts: %v", err)
	}
	s.kill()
	if err := attempts.Check(t.Context()); err == nil {
		t.Error("a stopped server passes")
	}
	if err := redis.New(nil, redis.Options{}).Check(t.Context()); err == nil {
		t.Error("no client passes")
	}
}

// TestCheckAsksEveryServer of a ring, not only the one that has the slot.
func TestCheckAsksEveryServer(t *testing.T) {
	good, bad := ownServer(t), ownServer(t, "--maxmemory-policy", "allkeys-lru")
	for _, servers := range [][2]*server{{good, bad}, {bad, good}} {
		ring := driver.NewRing(&driver.RingOptions{
			Addrs:     map[string]string{"one": servers[0].socket(), "two": servers[1].socket()},
			NewClient: func(o *driver.Options) *driver.Client { o.Network = "unix"; return driver.NewClient(o) },
		})
		if err := redis.New(ring, redis.Options{}).Check(t.Context()); !errors.Is(err, redis.ErrEviction) {
			t.Errorf("a ring with one evicting server: %v", err)
		}
		_ = ring.Close()
	}
}

// TestRights are those that the package comment names.
func TestRights(t *testing.T) {
	s := ownServer(t)
	s.do("ACL", "SETUSER", "counter", "on", ">secret", "~tollkeeper:*", "+eval", "+evalsha", "+mget", "+get", "+set", "+del", "+info")
	client := s.client(func(o *driver.Options) { o.Username, o.Password = "counter", "secret" })
	defer func() { _ = client.Close() }()
	attempts, b := redis.New(client, redis.Options{Timeout: 20 * time.Second}), bucket(lock)
	if err := attempts.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	take(t, attempts, b)
	for _, release := range []store.Release{
		{Forgive: []store.Bucket{b}, Marks: []store.Digest{digest()}, Until: now.Add(time.Hour)},
		{Forget: []store.Bucket{b}, Pardon: []store.Digest{digest()}, PardonUntil: now.Add(time.Hour)},
	} {
		if err := attempts.Release(t.Context(), release, now); err != nil {
			t.Error(err)
		}
	}
	if _, err := redis.New(client, redis.Options{Prefix: "other:"}).Take(t.Context(), []store.Bucket{b}, now); err == nil {
		t.Error("the user may use other keys")
	}
}
