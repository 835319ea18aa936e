package tollkeeper

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"sync"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// digestKeys make the keyed digests under which stores and throttles know things. All come from the oldest master key,
// so that putting a new one in front forgets neither codes nor locks.
type digestKeys struct {
	secrets map[store.Purpose]*macPool
	limiter *macPool
	logs    *macPool
}

func newDigestKeys(oldest MasterKey) digestKeys {
	d := digestKeys{
		secrets: map[store.Purpose]*macPool{},
		limiter: newMACPool(oldest.derive("tollkeeper limiter v1")),
		logs:    newMACPool(oldest.derive("tollkeeper log v1")),
	}
	for _, p := range []store.Purpose{store.PurposeSignIn, store.PurposeReset, store.PurposeVerify, store.PurposeChangeEmail, store.PurposeRecovery} {
		d.secrets[p] = newMACPool(oldest.derive("tollkeeper digest v1 " + string(p)))
	}
	return d
}

// secret digests what was mailed. Codes are bound to the address by bound; links are long enough to stand alone, and
// the row binds them to account and address.
func (d digestKeys) secret(p store.Purpose, bound, value string) store.Digest {
	return d.secrets[p].mac(bound, value)
}

// bucket digests what a throttle counts.
func (d digestKeys) bucket(parts ...string) store.Digest { return d.limiter.mac(parts...) }

// session names a session in logs and events: whoever holds a tenant's secret and learns a live session id could act as
// that session, so the id itself is never logged (docs/WIRE.md 1.1 rule 6).
func (d digestKeys) session(id uuid.UUID) string {
	m := d.logs.mac(string(id[:]))
	return hex.EncodeToString(m[:8])
}

// mac digests the parts, each with its length before it, so that no two lists of parts collide.
func (p *macPool) mac(parts ...string) (d store.Digest) {
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
