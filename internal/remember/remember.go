// Package remember is a bounded, sharded cache for answers that are expensive to find again.
package remember

import (
	"hash/maphash"
	"sync"
)

const shards = 64

// Cache keeps values by key within a bound of bytes. Each shard has two generations: what is used moves into the young one,
// and when that is full the old one is dropped whole. So nothing is kept in order, nothing is swept, and a burst of new
// keys costs at most one generation. It is safe for concurrent use.
type Cache[K comparable, V any] struct {
	hash   func(maphash.Seed, K) uint64
	seed   maphash.Seed
	bound  int // bytes of one generation of one shard
	shards [shards]shard[K, V]
}

type shard[K comparable, V any] struct {
	mu         sync.RWMutex
	young, old map[K]sized[V]
	size       int // of young
	_          [64]byte
}

type sized[V any] struct {
	v    V
	cost int
}

// New makes a cache of at most so many bytes, by the costs that Put is told. The hash is seeded, so that nobody can aim
// at one shard.
func New[K comparable, V any](bytes int, hash func(maphash.Seed, K) uint64) *Cache[K, V] {
	return &Cache[K, V]{hash: hash, seed: maphash.MakeSeed(), bound: max(1, bytes/shards/2)}
}

// Get answers the value of k, if it is still kept. It allocates nothing while k is young.
func (c *Cache[K, V]) Get(k K) (v V, ok bool) {
	s := c.shard(k)
	s.mu.RLock()
	e, ok := s.young[k]
	if ok {
		s.mu.RUnlock()
		return e.v, true
	}
	e, ok = s.old[k]
	s.mu.RUnlock()
	if ok {
		c.Put(k, e.v, e.cost)
	}
	return e.v, ok
}

// Put keeps v under k. What costs more than a generation holds is not kept.
func (c *Cache[K, V]) Put(k K, v V, cost int) {
	if cost > c.bound {
		return
	}
	s := c.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if before, ok := s.young[k]; ok {
		s.size -= before.cost
	} else if s.young == nil || s.size+cost > c.bound {
		s.old, s.young, s.size = s.young, make(map[K]sized[V]), 0
	}
	s.young[k] = sized[V]{v: v, cost: cost}
	s.size += cost
}

// Drop forgets k.
func (c *Cache[K, V]) Drop(k K) {
	s := c.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.young[k]; ok {
		s.size -= e.cost
		delete(s.young, k)
	}
	delete(s.old, k)
}

// Bytes answers the cost of all that is kept.
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

func (c *Cache[K, V]) shard(k K) *shard[K, V] { return &c.shards[c.hash(c.seed, k)%shards] }
