// Package remember is a bounded, sharded cache for answers that are expensive to find again.
package remember

import (
	"hash/maphash"
	"sync"
)

const shards = 64

// Cache keeps values by key within a bound of bytes. Each shard has two generations: what is used moves into the young
// one, and when that is full the old one is dropped whole. So nothing is kept in order, nothing is swept, and a burst
// of new keys costs at most one generation. It is safe for concurrent use.
type Cache[K comparable, V any] struct {
	hash   func(maphash.Seed, K) uint64
	seed   maphash.Seed
	bound  int // bytes of one generation of one shard
	shards [shards]shard[K, V]
}

type shard[K comparable, V any] struct {
	mu         sync.RWMutex
	young, old map[uint64]entry[K, V] // by hash
	size       int                    // of young
	_          [64]byte
}

type entry[K comparable, V any] struct {
	k    K
	v    V
	cost int
}

// New makes a cache of at most so many bytes, by the costs that [Cache.Put] is told. The hash is seeded, so that nobody
// can aim at one shard; it may look at a part of the key that tells keys apart, since a hit compares the whole key.
func New[K comparable, V any](bytes int, hash func(maphash.Seed, K) uint64) *Cache[K, V] {
	return &Cache[K, V]{hash: hash, seed: maphash.MakeSeed(), bound: max(1, bytes/shards/2)}
}

// Get returns the value of k, if it is still kept. It allocates nothing while k is young.
func (c *Cache[K, V]) Get(k K) (v V, ok bool) {
	h := c.hash(c.seed, k)
	s := &c.shards[h%shards]
	s.mu.RLock()
	e, ok := s.young[h]
	if ok && e.k == k {
		s.mu.RUnlock()
		return e.v, true
	}
	e, ok = s.old[h]
	s.mu.RUnlock()
	if !ok || e.k != k {
		return v, false
	}
	c.put(h, e)
	return e.v, true
}

// Put keeps v under k, in place of what has the same hash. What costs more than a generation holds is not kept.
func (c *Cache[K, V]) Put(k K, v V, cost int) {
	c.put(c.hash(c.seed, k), entry[K, V]{k: k, v: v, cost: cost})
}

func (c *Cache[K, V]) put(h uint64, e entry[K, V]) {
	if e.cost > c.bound {
		return
	}
	s := &c.shards[h%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if before, ok := s.young[h]; ok {
		s.size -= before.cost
	} else if s.young == nil || s.size+e.cost > c.bound {
		s.old, s.young, s.size = s.young, make(map[uint64]entry[K, V]), 0
	}
	s.young[h] = e
	s.size += e.cost
}

// Drop forgets k.
func (c *Cache[K, V]) Drop(k K) {
	h := c.hash(c.seed, k)
	s := &c.shards[h%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.young[h]; ok && e.k == k {
		s.size -= e.cost
		delete(s.young, h)
	}
	if e, ok := s.old[h]; ok && e.k == k {
		delete(s.old, h)
	}
}

// Bytes returns the cost of all that is kept.
func (c *Cache[K, V]) Bytes() (n int) {
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.RLock()
		n += s.size
		for _, e := range s.old {
			n += e.cost
		}
		s.mu.RUnlock()
	}
	return n
}
