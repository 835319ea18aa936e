package redis_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	driver "github.com/redis/go-redis/v9"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/redis"
)

// refuses wants Take and Release to return an error soon.
func refuses(t *testing.T, attempts *redis.Store, b ...store.Bucket) error {
	t.Helper()
	start := time.Now()
	d, err := attempts.Take(t.Context(), b, now)
	if err == nil {
		t.Fatalf("let in: %+v", d)
	}
	if released := attempts.Release(t.Context(), store.Release{Marks: []store.Digest{digest()}, Until: now.Add(time.Hour)}, now); released == nil {
		t.Error("Release has no error")
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("two errors took %v", took)
	}
	return err
}

// serves waits until the server answers again.
func serves(t *testing.T, attempts *redis.Store, b ...store.Bucket) store.Decision {
	t.Helper()
	var d store.Decision
	var err error
	for range 200 {
		if d, err = attempts.Take(t.Context(), b, now); err == nil {
			return d
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatal("the store does not recover: ", err)
	return d
}

func TestStoppedServer(t *testing.T) {
	s := ownServer(t, "--appendonly", "yes", "--appendfsync", "always")
	attempts, b := s.store(redis.Options{}), bucket(lock)
	for range lock.Free {
		fail(t, attempts, b)
	}
	s.kill()
	refuses(t, attempts, b)
	s.start()
	if d := serves(t, attempts, b); d.Allowed || !d.Outcomes[0].State.Until.Equal(now.Add(lock.Base)) {
		t.Errorf("the lock did not outlast a crash of a server that persists: %+v", d)
	}
}

func TestPausedServer(t *testing.T) {
	for name, edit := range map[string]func(*driver.Options){
		"a driver that reads on":             nil,
		"a driver that honours the deadline": func(o *driver.Options) { o.ContextTimeoutEnabled = true },
	} {
		t.Run(name, func(t *testing.T) {
			s := ownServer(t)
			client := s.client(edit)
			defer func() { _ = client.Close() }()
			attempts, b := redis.New(client, redis.Options{}), bucket(lock)
			take(t, attempts, b)
			s.signal(syscall.SIGSTOP)
			if err := refuses(t, attempts, b); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the error is %v", err)
			}
			unconnected := s.client(edit)
			defer func() { _ = unconnected.Close() }()
			refuses(t, redis.New(unconnected, redis.Options{}), b)
			s.signal(syscall.SIGCONT)
			serves(t, attempts, bucket(rate))
			if n := serves(t, attempts, b).Outcomes[0].State.Held; n < 2 || n > 3 {
				t.Errorf("%d places are held; the two without an answer may or may not", n)
			}
		})
	}
}

// What waits for a server that hangs goes away by itself.
func TestPausedServerLeavesNoGoroutines(t *testing.T) {
	s := ownServer(t)
	client := s.client(func(o *driver.Options) { o.ReadTimeout = 300 * time.Millisecond })
	defer func() { _ = client.Close() }()
	attempts := redis.New(client, redis.Options{Timeout: 20 * time.Millisecond})
	s.signal(syscall.SIGSTOP)
	before := runtime.NumGoroutine()
	var wait sync.WaitGroup
	for range 200 {
		wait.Go(func() { _, _ = attempts.Take(t.Context(), []store.Bucket{bucket(lock)}, now) })
	}
	wait.Wait()
	for range 400 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Errorf("%d goroutines before, %d after", before, runtime.NumGoroutine())
}

func TestCallersContextEndsTheWait(t *testing.T) {
	s := ownServer(t)
	attempts := s.store(redis.Options{Timeout: time.Minute, RatesFailOpen: true})
	take(t, attempts, bucket(rate))
	s.signal(syscall.SIGSTOP)
	defer s.signal(syscall.SIGCONT)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	if d, err := attempts.Take(ctx, []store.Bucket{bucket(rate)}, now); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("answers %+v, %v", d, err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestFlushedServerStartsFromZero(t *testing.T) {
	s := ownServer(t)
	attempts, b := s.store(redis.Options{}), bucket(lock)
	for range lock.Free {
		fail(t, attempts, b)
	}
	s.do("FLUSHALL")
	if d := take(t, attempts, b); !d.Allowed || d.Outcomes[0].State.N != 0 {
		t.Errorf("after a flush: %+v", d)
	}
}

func TestLostScriptsAreSentAgain(t *testing.T) {
	s := ownServer(t)
	attempts, b := s.store(redis.Options{Timeout: 20 * time.Second}), bucket(ceiling)
	for range 3 {
		take(t, attempts, b)
		s.do("SCRIPT", "FLUSH")
		forgive := store.Release{Forgive: []store.Bucket{b}, Marks: []store.Digest{digest()}, Until: now.Add(time.Hour)}
		if err := attempts.Release(t.Context(), forgive, now); err != nil {
			t.Fatal(err)
		}
		s.do("SCRIPT", "FLUSH")
	}
	if n := take(t, attempts, b).Outcomes[0].State.Held; n != 1 {
		t.Errorf("%d places are held, want 1", n)
	}
}

// TestRestartInTheMiddle: whatever happens to the server, nobody is let in that the limit, counted from each of its
// starts, would refuse.
func TestRestartInTheMiddle(t *testing.T) {
	s := ownServer(t)
	attempts := s.store(redis.Options{Timeout: time.Second, RatesFailOpen: true})
	b := []store.Bucket{bucket(store.Limit{Free: 40, Window: time.Hour}), bucket(store.Limit{Every: time.Hour, Burst: 1_000_000})}
	var in, failed atomic.Int64
	stop := make(chan struct{})
	var wait sync.WaitGroup
	for range 16 {
		wait.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				switch d, err := attempts.Take(t.Context(), b, now); {
				case err != nil:
					failed.Add(1)
					time.Sleep(5 * time.Millisecond)
				case d.Allowed:
					in.Add(1)
				}
			}
		})
	}
	time.Sleep(200 * time.Millisecond)
	s.kill()
	time.Sleep(200 * time.Millisecond)
	s.start()
	serves(t, attempts, bucket(rate))
	time.Sleep(200 * time.Millisecond)
	close(stop)
	wait.Wait()
	if in.Load() < 40 || in.Load() > 80 {
		t.Errorf("let in %d; at most 40 per start of the server are allowed", in.Load())
	}
	if failed.Load() == 0 {
		t.Error("nothing failed while the server was away")
	}
}

// A server that is full, or has become a replica, refuses before the first write: all or none.
func TestRefusedWriteChangesNothing(t *testing.T) {
	for name, c := range map[string]struct{ spoil, repair []any }{
		"out of memory": {[]any{"CONFIG", "SET", "maxmemory", "1"}, []any{"CONFIG", "SET", "maxmemory", "0"}},
		"read only":     {[]any{"REPLICAOF", "127.0.0.1", "1"}, []any{"REPLICAOF", "NO", "ONE"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := ownServer(t)
			attempts := s.store(redis.Options{})
			one, two := bucket(ceiling), bucket(ceiling)
			take(t, attempts, one, two)
			s.do(c.spoil...)
			d, err := attempts.Take(t.Context(), []store.Bucket{one, two}, now)
			if err == nil {
				t.Errorf("let in: %+v", d)
			}
			s.do(c.repair...)
			for i, o := range serves(t, attempts, one, two).Outcomes {
				if o.State.Held != 2 {
					t.Errorf("bucket %d holds %d, want 2", i, o.State.Held)
				}
			}
		})
	}
}

// TestJunkPushesNothingOut: whoever fills the memory gets everyone refused, but not their own lock forgotten (R22).
func TestJunkPushesNothingOut(t *testing.T) {
	s := ownServer(t)
	attempts, victim := s.store(redis.Options{Timeout: 20 * time.Second}), bucket(lock)
	for range lock.Free {
		fail(t, attempts, victim)
	}
	s.do("CONFIG", "SET", "maxmemory", "3mb")
	full := false
	for i := 0; i < 10_000 && !full; i++ {
		junk := make([]store.Bucket, 20)
		for j := range junk {
			junk[j] = bucket(ceiling)
		}
		_, err := attempts.Take(t.Context(), junk, now)
		full = driver.IsOOMError(err)
	}
	if !full {
		t.Fatal("the server did not fill")
	}
	s.do("CONFIG", "SET", "maxmemory", "0")
	if d := take(t, attempts, victim); d.Allowed || !d.Outcomes[0].State.Until.Equal(now.Add(lock.Base)) {
		t.Errorf("the lock is gone: %+v", d)
	}
}
