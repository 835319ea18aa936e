package redis

import (
	"encoding/base64"
	"time"

	driver "github.com/redis/go-redis/v9"

	"github.com/tollkeeper/tollkeeper/store"
)

// Options of a Store. The zero value is ready for use.
type Options struct {
	// Prefix starts every key; zero: "tollkeeper:". Installations that share a server need different ones. The package
	// comment says what it means in a cluster.
	Prefix string

	// Timeout is how long a verb waits for the server's answer, for a free connection included. Zero: 250 ms. The
	// context of the call may end it earlier.
	Timeout time.Duration

	// RatesFailOpen lets a Take in, uncounted, that has only rates, while the server does not answer or says that it
	// cannot serve just now. A Take with a lock or a ceiling among its buckets is refused all the same. Zero: every
	// Take is refused.
	RatesFailOpen bool

	// FailedOpen is told of each Take that RatesFailOpen let in, with the error behind it, before Take
	// answers. It may be called by several goroutines at once. Zero: nobody is told.
	FailedOpen func(error)
}

// Store counts attempts on a Redis server. It is safe for concurrent use and remembers nothing of its own.
type Store struct {
	client  driver.UniversalClient
	prompt  bool // needs no goroutine to give up in time
	prefix  string
	timeout time.Duration
	open    bool
	opened  func(error)
}

var _ store.AttemptStore = (*Store)(nil)

// New makes a Store on the client, which stays the caller's to close. It does not talk to the server; [Store.Check]
// does.
func New(client driver.UniversalClient, o Options) *Store {
	s := &Store{client: client, prompt: prompt(client), prefix: o.Prefix, timeout: o.Timeout, open: o.RatesFailOpen, opened: o.FailedOpen}
	if s.prefix == "" {
		s.prefix = "tollkeeper:"
	}
	if s.timeout <= 0 {
		s.timeout = 250 * time.Millisecond
	}
	if s.opened == nil {
		s.opened = func(error) {}
	}
	return s
}

// slot is the hash tag: Redis Cluster places a key by what stands in its first braces, so all keys share one slot.
const slot = "{tk}"

func (s *Store) counter(d store.Digest) string { return s.key("c:", d) }

func (s *Store) mark(d store.Digest) string { return s.key("m:", d) }

func (s *Store) pardon(d store.Digest) string { return s.key("p:", d) }

func (s *Store) key(kind string, d store.Digest) string {
	return s.prefix + slot + kind + base64.RawURLEncoding.EncodeToString(d[:])
}
