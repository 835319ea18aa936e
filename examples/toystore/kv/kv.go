// Package kv is the engine below toystore: ordered keys, and transactions that may have to be run again. It is as small
// as such an engine can be. FoundationDB, bbolt, etcd, Badger and Redis with WATCH offer the same two calls, and a
// disk.
package kv

import (
	"context"
	"iter"
	"strings"
	"sync/atomic"
)

// DB is a database in memory. It is safe for concurrent use. The zero DB is empty.
type DB struct{ root atomic.Pointer[node] }

// View runs f on what was committed when it began.
func (db *DB) View(ctx context.Context, f func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return f(&Tx{root: db.root.Load()})
}

// Update runs f and commits all that it wrote, or nothing if f returns an error. It runs f anew when another Update has
// committed meanwhile. So f must have no effect but on its [Tx] and on what it sets each time.
func (db *DB) Update(ctx context.Context, f func(*Tx) error) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		was := db.root.Load()
		tx := &Tx{root: was}
		if err := f(tx); err != nil {
			return err
		}
		if db.root.CompareAndSwap(was, tx.root) {
			return nil
		}
	}
}

// Tx is a transaction. It sees what was committed when it began, and what it wrote itself.
type Tx struct{ root *node }

// Get returns the value of the key; false: there is none. The value must not be changed.
func (t *Tx) Get(key string) ([]byte, bool) {
	for n := t.root; n != nil; {
		switch {
		case key == n.key:
			return n.value, true
		case key < n.key:
			n = n.less
		default:
			n = n.more
		}
	}
	return nil, false
}

// Put sets the value of the key. The value belongs to the database from then on.
func (t *Tx) Put(key string, value []byte) { t.root = t.root.with(key, value) }

// Delete removes the key, if it is there.
func (t *Tx) Delete(key string) { t.root = t.root.without(key) }

// Scan walks in order over the keys that have the prefix and are greater than after. It sees what the transaction had
// written when the walk began.
func (t *Tx) Scan(prefix, after string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		t.root.walk(max(prefix, after), func(n *node) bool {
			return n.key == after || strings.HasPrefix(n.key, prefix) && yield(n.key, n.value)
		})
	}
}
