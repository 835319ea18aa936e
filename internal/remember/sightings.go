package remember

import "sync/atomic"

// Sightings tells a second sight from a first one, by hashes, in 128 KB. Each hash has one slot, and whoever comes by
// takes it: so what is met but once displaces a note of its like and nothing that is kept. The zero value has seen
// nothing; it is safe for concurrent use.
type Sightings [1 << 14]atomic.Uint64

// Again reports whether this hash was the last one in its slot, and puts it there.
func (s *Sightings) Again(hash uint64) bool {
	slot := &s[hash%uint64(len(s))]
	if slot.Load() == hash {
		return true
	}
	slot.Store(hash)
	return false
}
