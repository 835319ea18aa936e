package redis_test

import (
	"sync/atomic"
	"syscall"
	"testing"

	driver "github.com/redis/go-redis/v9"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/redis"
)

// openly wants a Take of rates to be let in uncounted, and one with anything else to be refused.
func openly(t *testing.T, s *server) {
	t.Helper()
	var told atomic.Int64
	attempts := s.store(redis.Options{RatesFailOpen: true, FailedOpen: func(err error) {
		if err != nil {
			told.Add(1)
		}
	}})
	two := []store.Bucket{bucket(rate), bucket(rate)}
	for range 2 * rate.Burst {
		d := take(t, attempts, two...)
		if !d.Allowed || len(d.Outcomes) != 2 || d.Outcomes[0] != (store.Outcome{}) || d.Outcomes[1] != (store.Outcome{}) {
			t.Fatalf("rates: %+v", d)
		}
	}
	if n := told.Load(); n != int64(2*rate.Burst) {
		t.Errorf("told %d times", n)
	}
	refuses(t, attempts, bucket(rate), bucket(lock))
	refuses(t, attempts, bucket(ceiling), bucket(rate))
	refuses(t, s.store(redis.Options{}), bucket(rate))
}

func TestRatesFailOpen(t *testing.T) {
	t.Run("the server is stopped", func(t *testing.T) {
		s := ownServer(t)
		s.kill()
		openly(t, s)
	})
	t.Run("the server is paused", func(t *testing.T) {
		s := ownServer(t)
		s.signal(syscall.SIGSTOP)
		openly(t, s)
	})
	t.Run("the server has become a replica", func(t *testing.T) {
		s := ownServer(t)
		s.do("REPLICAOF", "127.0.0.1", "1")
		openly(t, s)
	})
}

// Whoever could bring these about must not switch the rates off by it.
func TestRatesStayShut(t *testing.T) {
	open := redis.Options{RatesFailOpen: true}
	t.Run("out of memory", func(t *testing.T) {
		s := ownServer(t)
		s.do("CONFIG", "SET", "maxmemory", "1")
		refuses(t, s.store(open), bucket(rate))
	})
	t.Run("no rights", func(t *testing.T) {
		s := ownServer(t)
		s.do("ACL", "SETUSER", "default", "-evalsha")
		refuses(t, s.store(open), bucket(rate))
	})
	t.Run("wrong password", func(t *testing.T) {
		s := ownServer(t)
		s.do("CONFIG", "SET", "requirepass", "right")
		client := s.client(func(o *driver.Options) { o.Password = "wrong" })
		defer func() { _ = client.Close() }()
		refuses(t, redis.New(client, open), bucket(rate))
	})
	t.Run("closed client", func(t *testing.T) {
		s := ownServer(t)
		client := s.client(nil)
		_ = client.Close()
		refuses(t, redis.New(client, open), bucket(rate))
	})
	t.Run("no client", func(t *testing.T) { refuses(t, redis.New(nil, open), bucket(rate)) })
}

// With the server there, the option changes nothing.
func TestRatesAreCountedWhileTheServerAnswers(t *testing.T) {
	client, prefix := shared(t)
	attempts, b := redis.New(client, redis.Options{Prefix: prefix, RatesFailOpen: true}), bucket(rate)
	for range rate.Burst {
		if d := take(t, attempts, b); !d.Allowed || !d.Outcomes[0].Counted {
			t.Fatalf("%+v", d)
		}
	}
	if d := take(t, attempts, b); d.Allowed {
		t.Errorf("let in beyond the burst: %+v", d)
	}
}
