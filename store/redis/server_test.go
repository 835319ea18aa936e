package redis_test

import (
	"context"
	"crypto/rand"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	driver "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/redis"
)

const serverVariable = "TOLLKEEPER_TEST_REDIS"

// The driver logs each connection that these tests break.
func TestMain(m *testing.M) {
	logging.Disable()
	os.Exit(m.Run())
}

// missing skips the test, or fails it where everything must be there.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("TOLLKEEPER_TEST_STRICT") == "1" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// shared is a client of the server that all tests use; a prefix keeps them apart.
func shared(t testing.TB) (client *driver.Client, prefix string) {
	t.Helper()
	url := os.Getenv(serverVariable)
	if url == "" {
		missing(t, serverVariable+" is not set: it names a Redis server, as redis://…")
	}
	o, err := driver.ParseURL(url)
	if err != nil {
		t.Fatal(serverVariable, err)
	}
	o.PoolSize, o.ContextTimeoutEnabled = 64, true
	client = driver.NewClient(o)
	t.Cleanup(func() { _ = client.Close() })
	return client, "test:" + rand.Text() + ":"
}

// patient is a store that a busy machine does not fail.
func patient(t testing.TB) *redis.Store {
	t.Helper()
	client, prefix := shared(t)
	return redis.New(client, redis.Options{Prefix: prefix, Timeout: 20 * time.Second})
}

// server is one of the test's own, to be stopped, paused and filled. It listens on a Unix socket only.
type server struct {
	t       *testing.T
	folder  string
	options []string
	process *exec.Cmd
}

func ownServer(t *testing.T, options ...string) *server {
	t.Helper()
	if os.Getenv(serverVariable) == "" {
		missing(t, serverVariable+" is not set: tests with a Redis server do not run")
	}
	// The folders of t.TempDir may be too long for a socket's name.
	folder, err := os.MkdirTemp("", "tk-redis-")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, folder: folder, options: options}
	t.Cleanup(func() {
		s.kill()
		_ = os.RemoveAll(folder)
	})
	s.start()
	return s
}

func (s *server) socket() string { return filepath.Join(s.folder, "socket") }

func (s *server) start() {
	s.t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		missing(s.t, "the program redis-server is not in PATH, and this test stops its own")
	}
	args := append([]string{"--port", "0", "--unixsocket", s.socket(), "--dir", s.folder, "--save", ""}, s.options...)
	s.process = exec.Command(program, args...)
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	client := s.client(nil)
	defer func() { _ = client.Close() }()
	for range 1_000 {
		if _, err := os.Stat(s.socket()); err == nil && client.Ping(context.Background()).Err() == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatal("redis-server does not answer")
}

// kill ends the server as a crash would; it may be started again.
func (s *server) kill() {
	if s.process != nil && s.process.Process != nil {
		_ = s.process.Process.Kill()
		_ = s.process.Wait()
		s.process = nil
		_ = os.Remove(s.socket())
	}
}

func (s *server) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.process.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) client(edit func(*driver.Options)) *driver.Client {
	o := &driver.Options{Network: "unix", Addr: s.socket(), DialerRetries: 1}
	if edit != nil {
		edit(o)
	}
	return driver.NewClient(o)
}

// store is a store on the server with the default timeout, unless o says otherwise.
func (s *server) store(o redis.Options) *redis.Store {
	client := s.client(nil)
	s.t.Cleanup(func() { _ = client.Close() })
	return redis.New(client, o)
}

// do sends one command to the server.
func (s *server) do(args ...any) {
	s.t.Helper()
	client := s.client(nil)
	defer func() { _ = client.Close() }()
	if err := client.Do(context.Background(), args...).Err(); err != nil {
		s.t.Fatal(args, err)
	}
}

// until waits until the answer to a command contains want.
func (s *server) until(want string, args ...any) {
	s.t.Helper()
	client := s.client(nil)
	defer func() { _ = client.Close() }()
	for range 400 {
		if text, _ := client.Do(context.Background(), args...).Text(); strings.Contains(text, want) {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	s.t.Fatalf("%v never answers %q", args, want)
}

// cluster is a client that takes the server for a cluster.
func (s *server) cluster() *driver.ClusterClient {
	client := driver.NewClusterClient(&driver.ClusterOptions{
		Addrs: []string{"one:1"},
		Dialer: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", s.socket())
		},
		ClusterSlots: func(context.Context) ([]driver.ClusterSlot, error) {
			return []driver.ClusterSlot{{Start: 0, End: 16383, Nodes: []driver.ClusterNode{{Addr: "one:1"}}}}, nil
		},
	})
	s.t.Cleanup(func() { _ = client.Close() })
	return client
}

var (
	now     = time.Date(2044, 5, 6, 7, 8, 9, 12e6, time.UTC)
	rate    = store.Limit{Every: 10 * time.Second, Burst: 3}
	lock    = store.Limit{Free: 3, Base: 30 * time.Second, Max: 15 * time.Minute, Window: 15 * time.Minute}
	ceiling = store.Limit{Free: 10, Window: time.Hour}
)

func digest() (d store.Digest) {
	_, _ = rand.Read(d[:])
	return d
}

func bucket(l store.Limit) store.Bucket { return store.Bucket{Key: digest(), Limit: l} }

// fail takes, and the proof is wrong.
func fail(t testing.TB, s *redis.Store, b ...store.Bucket) {
	t.Helper()
	take(t, s, b...)
	if err := s.Release(t.Context(), store.Release{Failed: b}, now); err != nil {
		t.Fatal(err)
	}
}

// take wants an answer of the server.
func take(t testing.TB, s *redis.Store, b ...store.Bucket) store.Decision {
	t.Helper()
	d, err := s.Take(t.Context(), b, now)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
