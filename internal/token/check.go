package token

import (
	"bytes"
	"hash/maphash"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/remember"
)

// The hot path. It judges only tokens that look, byte for byte, as this package writes them: a header that one of our
// keys is known by, and claims in the order in which Sign's encoder puts them. Whatever looks different goes to
// Keyring.Check, so that there is one place that knows JWT, and a differential fuzz test holds the two to the same
// verdict.
//
// Why it is fast: the header is compared, not parsed; HMAC states are kept with their key already absorbed; base64 is
// decoded into a pooled buffer; the claims are read in one pass. encoding/json alone is three quarters of an ordinary
// check. A good token is remembered by its full text at its second sight, so that its signature is not checked again;
// that verdict is pure and can go stale only by time, which every hit checks again. At the first sight only a hash of
// it is noted: many tokens are seen but once, and they neither cost memory nor push out what is in use. Bad tokens
// leave nothing behind.

const (
	rememberedBytes = 32 << 20 // of tokens
	rememberedKeys  = 4 << 20  // of tenant keys
	rememberedCost  = 1 << 10  // of an entry, besides the token's text
)

// Checker checks tokens and remembers good ones, each with a T of the caller's. It is safe for concurrent use.
type Checker[T any] struct {
	keys      *Keyring
	issuer    string
	audiences []string
	headers   map[string]*Key                    // instance keys by encoded header; immutable
	tenants   *remember.Cache[string, *Key]      // tenant keys by encoded header, after their first good signature
	known     *remember.Cache[string, *known[T]] // by full text
	once      remember.Sightings                 // of good tokens that are not in known
	seed      maphash.Seed                       // of once
	scratch   sync.Pool                          // *scratch
}

// Genuine is what a token says whose signature is good, and the key that signed it.
type Genuine struct {
	Claims Claims
	Key    *Key
}

// known is a token that is remembered.
type known[T any] struct {
	Genuine
	seen atomic.Pointer[T] // what the caller found behind it
}

// scratch is what one check writes to.
type scratch struct {
	text [MaxBytes]byte
	sig  [512]byte // RS256 with 4,096 bits
}

// NewChecker makes a Checker of tokens of one issuer. The audiences are the usual ones, whose names it need not copy;
// it takes others.
func NewChecker[T any](keys *Keyring, issuer string, audiences ...string) *Checker[T] {
	c := &Checker[T]{
		keys: keys, issuer: issuer, audiences: audiences, headers: map[string]*Key{}, seed: maphash.MakeSeed(),
		tenants: remember.New[string, *Key](rememberedKeys, maphash.String),
		known:   remember.New[string, *known[T]](rememberedBytes, hashOfSignature),
	}
	c.scratch.New = func() any { return new(scratch) }
	for _, k := range keys.known {
		c.headers[k.head] = k
	}
	return c
}

// hashOfSignature looks at the end of a token alone: what is remembered has a good signature, and no two of those end
// alike.
func hashOfSignature(seed maphash.Seed, text string) uint64 {
	return maphash.String(seed, text[max(0, len(text)-32):])
}

// Check returns a genuine token: the one in memory, with what the caller keeps there, or fresh, with what was read of
// one that is not remembered. now decides in both cases.
func (c *Checker[T]) Check(text string, now time.Time, fresh *Genuine) (g *Genuine, seen *atomic.Pointer[T], ok bool) {
	if len(text) > MaxBytes {
		return nil, nil, false
	}
	if k, ok := c.known.Get(text); ok {
		return &k.Genuine, &k.seen, k.Claims.Good(c.issuer, now)
	}
	if fresh.Key, ok = c.firstSight(text, now, &fresh.Claims); !ok {
		return nil, nil, false
	}
	if !c.once.Again(hashOfSignature(c.seed, text)) {
		return fresh, nil, true
	}
	k := &known[T]{Genuine: *fresh}
	text = strings.Clone(text) // the host's text may be part of something large
	c.known.Put(text, k, len(text)+rememberedCost)
	return &k.Genuine, &k.seen, true
}

// firstSight checks a token that is not remembered. Its claims are in cl if it is good.
func (c *Checker[T]) firstSight(text string, now time.Time, cl *Claims) (*Key, bool) {
	first := strings.IndexByte(text, '.')
	last := strings.LastIndexByte(text, '.')
	if first < 0 || first == last {
		return nil, false
	}
	key, ok := c.headers[text[:first]]
	if !ok {
		key, ok = c.tenants.Get(text[:first])
	}
	if !ok {
		return c.slow(text, now, cl)
	}
	return c.fast(text, first, last, key, now, cl)
}

// slow is the strict path. A tenant key that has just verified something is kept for the fast one.
func (c *Checker[T]) slow(text string, now time.Time, cl *Claims) (key *Key, ok bool) {
	*cl, key, ok = c.keys.Check(text, c.issuer, now)
	if ok && key.IsTenant() && strings.HasPrefix(text, key.head+".") {
		c.keep(key)
	}
	return key, ok
}

func (c *Checker[T]) fast(text string, first, last int, key *Key, now time.Time, cl *Claims) (*Key, bool) {
	w := c.scratch.Get().(*scratch)
	defer c.scratch.Put(w)
	b := append(w.text[:0], text...)
	if bytes.IndexByte(b, '\n') >= 0 || bytes.IndexByte(b, '\r') >= 0 { // Go's decoder skips these (F5)
		return nil, false
	}
	if strictBase64.DecodedLen(len(b)-last-1) > len(w.sig) {
		return c.slow(text, now, cl)
	}
	n, err := strictBase64.Decode(w.sig[:], b[last+1:])
	if err != nil || !key.signed(text[:last], b[:last], w.sig[:n]) {
		return nil, false
	}
	payload := b[first+1 : last]
	n, err = strictBase64.Decode(payload, payload) // in place: it gets shorter
	if err != nil {
		return nil, false
	}
	if !scanClaims(payload[:n], c.issuer, c.audiences, cl) {
		return c.slow(text, now, cl)
	}
	return key, cl.Good(c.issuer, now)
}

// Named returns the key of that id, from memory if it is a tenant's that was used before.
func (c *Checker[T]) Named(kid string) (*Key, bool) {
	if k, ok := c.keys.known[kid]; ok {
		return k, true
	}
	if k, ok := c.tenants.Get(encodedHeader(kid, jwt.SigningMethodHS256)); ok {
		return k, true
	}
	k, ok := c.keys.find(kid)
	if ok {
		c.keep(k)
	}
	return k, ok
}

// Tenant is [Keyring.Tenant] from memory, if the key was used before.
func (c *Checker[T]) Tenant(master string, account uuid.UUID, version int) (*Key, bool) {
	id, ok := newTenantKeyID(master, account, version)
	if !ok {
		return nil, false
	}
	return c.Named(id.String())
}

// keep remembers a tenant's key, so that it need not be derived again.
func (c *Checker[T]) keep(k *Key) { c.tenants.Put(k.head, k, len(k.head)+rememberedCost) }
