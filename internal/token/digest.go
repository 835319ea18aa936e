package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"sync"

	"github.com/google/uuid"
)

// Digest is an HMAC-SHA-256.
type Digest = [sha256.Size]byte

// Keyed digests are what stores and throttles know things under. Their keys come from the oldest master key, so that
// putting a new one in front forgets neither codes nor locks.

// Secret digests what was mailed, with a key for that purpose alone. Codes are bound to the address by bound; links are
// long enough to stand alone, and the store binds them to account and address.
func (r *Keyring) Secret(purpose, bound, value string) Digest {
	return r.oldest().mac("tollkeeper digest v1 "+purpose).mac(bound, value)
}

// Bucket digests what a throttle counts.
func (r *Keyring) Bucket(parts ...string) Digest { return r.limiter.mac(parts...) }

// SessionName names a session in logs and events: whoever holds a tenant key and learns a live session id could
// act as that session, so the id itself is never logged (docs/WIRE.md 1.1 rule 6).
func (r *Keyring) SessionName(id uuid.UUID) string {
	m := r.logs.mac(string(id[:]))
	return hex.EncodeToString(m[:8])
}

// macPool keeps HMAC-SHA-256 states that have absorbed their key already.
type macPool struct{ states sync.Pool }

// keyed is one such state, with room for what it reads and its sum.
type keyed struct {
	hash.Hash
	out [256]byte
}

func newMACPool(key []byte) *macPool {
	p := &macPool{}
	p.states.New = func() any { return &keyed{Hash: hmac.New(sha256.New, key)} }
	return p
}

func (p *macPool) get() *keyed {
	m := p.states.Get().(*keyed)
	m.Reset()
	return m
}

func (p *macPool) put(m *keyed) { p.states.Put(m) }

func (m *keyed) sum() []byte { return m.Sum(m.out[:0]) }

// mac digests the parts, each with its length before it, so that no two lists of parts collide.
func (p *macPool) mac(parts ...string) (d Digest) {
	m := p.get()
	defer p.put(m)
	for _, part := range parts {
		binary.BigEndian.PutUint32(m.out[:4], uint32(len(part)))
		m.Write(m.out[:4])
		absorb(m, part)
	}
	copy(d[:], m.sum())
	return d
}

// absorb writes the part by way of m's own memory: what goes through the interface of a hash is moved to the heap.
func absorb[T string | []byte](m *keyed, part T) {
	for len(part) > 0 {
		n := copy(m.out[:], part)
		m.Write(m.out[:n])
		part = part[n:]
	}
}
