// Package sqlite keeps everything in one SQLite file: the embedded default, pure Go, durable, for one process or a few
// on one machine.
//
//	store, err := sqlite.Open("tollkeeper.db")
//	…
//	err = store.Migrate(ctx)
//
// What a verb returned is on disk: write-ahead log, synchronous=FULL, so neither kill -9 nor a power cut takes it back.
// One connection writes; calls that wait while it commits share the next commit, each with its own answer. A few
// connections read beside it and see every verb that returned.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/tollkeeper/tollkeeper/internal/group"
	"github.com/tollkeeper/tollkeeper/store"
)

var _ store.Store = (*Store)(nil)

// ErrClosed returns every verb after [Store.Close].
var ErrClosed = errors.New("sqlite: the store is closed")

// Store is a [store.Store] on one SQLite file. Open makes it, Close ends it. It is safe for concurrent use, and
// several processes may open the same file.
type Store struct {
	path     string
	readers  *pool
	writer   *pool // of one; the same as readers when the database is in memory
	lane     *group.Group[work, struct{}]
	migrated atomic.Bool

	closing sync.Once
	closed  chan struct{}
	failure error // of Close
}

// work is one verb inside a transaction. It may run twice, the first time undone, so it sets its results whole.
type work func(*conn) error

// Open opens the file, or makes it with mode 0600, or with ":memory:" opens a database that ends with the Store. The
// schema is [Store.Migrate]'s to make. An error is a directory, a link, a file of another user or one that others than
// its owner may read, one that cannot be read or written, that is no SQLite database or belongs to another application;
// and so is such a log file beside it.
func Open(path string) (*Store, error) {
	s := &Store{path: path, closed: make(chan struct{}), readers: new(pool), writer: new(pool)}
	s.lane = group.New(group.Config[work]{}, s.commit)
	if err := s.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: open %s: %w", path, err), s.Close())
	}
	return s, nil
}

func (s *Store) open() error {
	if s.path == memory {
		s.writer = s.readers
		return s.writer.fill(1, memory, nil)
	}
	dsn, err := locate(s.path)
	if err != nil {
		return err
	}
	if err := s.writer.fill(1, dsn, useWAL); err != nil {
		return err
	}
	return s.readers.fill(min(8, max(2, runtime.GOMAXPROCS(0))), dsn, onlyRead)
}

// Close waits for the verbs that run and closes the file. Later verbs return [ErrClosed]. Calling it again returns the
// same.
func (s *Store) Close() error {
	s.closing.Do(func() {
		close(s.closed)
		s.failure = s.readers.drain()
		if s.writer != s.readers {
			s.failure = errors.Join(s.failure, s.writer.drain())
		}
	})
	return s.failure
}

// take borrows a connection of the pool; give it back.
func (s *Store) take(ctx context.Context, p *pool) (*conn, error) {
	select {
	case <-s.closed:
		return nil, ErrClosed
	default:
	}
	select {
	case c := <-p.free:
		return c, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-s.closed:
		return nil, ErrClosed
	}
}

// read runs do with a connection on which every statement sees what was committed before it.
func (s *Store) read(ctx context.Context, do func(*conn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c, err := s.take(ctx, s.readers)
	if err != nil {
		return err
	}
	defer s.readers.give(c)
	if err := s.ready(c); err != nil {
		return err
	}
	return do(c)
}

// snapshot is read for verbs of several statements, which then all see the same moment.
func (s *Store) snapshot(ctx context.Context, do func(*conn) error) error {
	return s.read(ctx, func(c *conn) error {
		if err := c.begin(beginRead); err != nil {
			return err
		}
		defer c.rollback()
		return do(c)
	})
}
