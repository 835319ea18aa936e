package tollkeeper

import (
	"bytes"
	"crypto/hmac"
	"hash/maphash"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/remember"
	"github.com/tollkeeper/tollkeeper/store"
)

// The hot path of Authenticate. It judges only tokens that look, byte for byte, as this library writes them: a header that
// one of our keys is known by, and claims in the order in which signToken's encoder puts them. Whatever looks different goes to
// checkToken, so that there is one place that knows JWT, and a differential fuzz test holds the two to the same verdict.
//
// Why it is fast: the header is compared, not parsed; HMAC states are kept with their key already absorbed; base64 is
// decoded into a pooled buffer; the claims are read in one pass. encoding/json alone is three quarters of an
// ordinary check. A good token is then remembered by its full text, so that its signature is checked once; that answer is pure
// and can go stale only by time, which every hit checks again. Bad tokens are never remembered.

const (
	rememberedBytes = 32 << 20 // of tokens
	rememberedKeys  = 4 << 20  // of tenant keys
	rememberedCost  = 1 << 10  // of an entry, besides the token's text
)

// tokenChecker checks tokens and remembers good ones.
type tokenChecker struct {
	keys     *keyring
	issuer   string
	headers  map[string]*hotKey                   // instance keys by encoded header; immutable
	instance *hotKey                              // of them, the one that signs
	tenants  *remember.Cache[string, *hotKey]     // tenant keys, after their first good signature
	known    *remember.Cache[string, *knownToken] // by full text
	scratch  sync.Pool                            // *scratch
}

// scratch is what one check writes to.
type scratch struct {
	text [maxToken]byte
	sig  [512]byte // RS256 with 4,096 bits
}

// hotKey is a key with its HMAC states.
type hotKey struct {
	tokenKey
	head string   // of its tokens, encoded
	macs *macPool // nil: asymmetric
}

// knownToken is a token whose signature was good, and the identity that its session gave last.
type knownToken struct {
	claims claims
	key    *tokenKey
	seen   atomic.Pointer[seenIdentity]
}

type seenIdentity struct {
	live store.Live
	id   *Identity
}

var seenOnce = new(seenIdentity) // stands for an identity that is not kept yet

func newTokenChecker(keys *keyring, issuer string) *tokenChecker {
	c := &tokenChecker{
		keys: keys, issuer: issuer, headers: map[string]*hotKey{},
		tenants: remember.New[string, *hotKey](rememberedKeys, maphash.String),
		known:   remember.New[string, *knownToken](rememberedBytes, hashOfSignature),
	}
	c.scratch.New = func() any { return new(scratch) }
	for _, k := range keys.known {
		h := newHotKey(k)
		c.headers[h.head] = h
		if k.id == keys.instance.id {
			c.instance = h
		}
	}
	return c
}

// hashOfSignature looks at the end of a token alone: what is remembered has a good signature, and no two of those end alike.
func hashOfSignature(seed maphash.Seed, token string) uint64 {
	return maphash.String(seed, token[max(0, len(token)-32):])
}

func newHotKey(k tokenKey) *hotKey {
	h := &hotKey{tokenKey: k, head: encodedHeader(k.id, k.method)}
	if secret, ok := k.verify.([]byte); ok {
		h.macs = newMACPool(secret)
	}
	return h
}

// check answers a known token, from memory or after checking it. now decides in both cases.
func (c *tokenChecker) check(token string, now time.Time) (*knownToken, bool) {
	if len(token) > maxToken {
		return nil, false
	}
	if k, ok := c.known.Get(token); ok {
		return k, k.claims.good(c.issuer, now)
	}
	cl, key, ok := c.firstSight(token, now)
	if !ok {
		return nil, false
	}
	k := &knownToken{claims: cl, key: key}
	token = strings.Clone(token) // the host's text may be part of something large
	c.known.Put(token, k, len(token)+rememberedCost)
	return k, true
}

// firstSight checks a token that is not remembered.
func (c *tokenChecker) firstSight(token string, now time.Time) (claims, *tokenKey, bool) {
	first := strings.IndexByte(token, '.')
	last := strings.LastIndexByte(token, '.')
	if first < 0 || first == last {
		return claims{}, nil, false
	}
	key, ok := c.headers[token[:first]]
	if !ok {
		key, ok = c.tenants.Get(token[:first])
	}
	if !ok {
		return c.slow(token, now)
	}
	return c.fast(token, first, last, key, now)
}

// slow is the strict path. A tenant key that has just verified something is kept for the fast one.
func (c *tokenChecker) slow(token string, now time.Time) (claims, *tokenKey, bool) {
	cl, key, ok := c.keys.checkToken(token, c.issuer, now)
	if !ok {
		return claims{}, nil, false
	}
	hot := newHotKey(key)
	if strings.HasPrefix(token, hot.head+".") && key.text != "" {
		c.keep(hot)
	}
	return cl, &hot.tokenKey, true
}

func (c *tokenChecker) fast(token string, first, last int, key *hotKey, now time.Time) (claims, *tokenKey, bool) {
	w := c.scratch.Get().(*scratch)
	defer c.scratch.Put(w)
	b := append(w.text[:0], token...)
	if bytes.IndexByte(b, '\n') >= 0 || bytes.IndexByte(b, '\r') >= 0 { // Go's decoder skips these (F5)
		return claims{}, nil, false
	}
	if strictBase64.DecodedLen(len(b)-last-1) > len(w.sig) {
		return c.slow(token, now)
	}
	n, err := strictBase64.Decode(w.sig[:], b[last+1:])
	if err != nil || !key.signed(token[:last], b[:last], w.sig[:n]) {
		return claims{}, nil, false
	}
	payload := b[first+1 : last]
	n, err = strictBase64.Decode(payload, payload) // in place: it gets shorter
	if err != nil {
		return claims{}, nil, false
	}
	cl, ok := scanClaims(payload[:n], c.issuer)
	if !ok {
		return c.slow(token, now)
	}
	return cl, &key.tokenKey, cl.good(c.issuer, now)
}

// signed reports whether sig signs the text, which is given as string and as bytes.
func (k *hotKey) signed(text string, b, sig []byte) bool {
	if k.macs == nil {
		return k.method.Verify(text, sig, k.verify) == nil
	}
	m := k.macs.get()
	defer k.macs.put(m)
	m.Write(b)
	return hmac.Equal(m.sum(), sig)
}

// scanner reads claims that look as signToken writes them. Anything else: not ok, and nothing is decided.
type scanner struct {
	b  []byte
	ok bool
}

func scanClaims(b []byte, issuer string) (c claims, ok bool) {
	s := scanner{b: b, ok: true}
	audience := s.text(`{"aud":"`)
	c.ExpiresAt = s.number(`","exp":`)
	c.IssuedAt = s.number(`,"iat":`)
	iss := s.text(`,"iss":"`)
	s.text(`","jti":"`)
	c.NotBefore = s.number(`","nbf":`)
	s.text(`,"parent":"`)
	session := s.text(`","sid":"`)
	subject := s.text(`","sub":"`)
	s.expect(`"}`)
	if !s.ok || len(s.b) != 0 || string(iss) != issuer || len(session) != 36 || len(subject) != 36 {
		return claims{}, false
	}
	var err1, err2 error
	c.Session, err1 = uuid.ParseBytes(session)
	c.Subject, err2 = uuid.ParseBytes(subject)
	c.Issuer, c.Audience = issuer, audienceText(audience)
	return c, err1 == nil && err2 == nil
}

// audienceText avoids making the usual strings anew.
func audienceText(b []byte) string {
	for _, a := range []Audience{AudienceOrganization, AudienceV1, AudiencePlatform, AudienceHost} {
		if string(b) == string(a) {
			return string(a)
		}
	}
	return string(b)
}

func (s *scanner) expect(text string) {
	if len(s.b) < len(text) || string(s.b[:len(text)]) != text {
		s.ok = false
		return
	}
	s.b = s.b[len(text):]
}

// text reads a string that needs no unescaping, up to its closing quote.
func (s *scanner) text(before string) []byte {
	s.expect(before)
	for i, c := range s.b {
		if c == '"' {
			t := s.b[:i]
			s.b = s.b[i:]
			return t
		}
		if c < 0x20 || c >= 0x7f || c == '\\' {
			break
		}
	}
	s.ok = false
	return nil
}

// number reads a NumericDate of one to sixteen digits without a leading zero.
func (s *scanner) number(before string) (n int64) {
	s.expect(before)
	i := 0
	for i < len(s.b) && i < 17 && '0' <= s.b[i] && s.b[i] <= '9' {
		n = n*10 + int64(s.b[i]-'0')
		i++
	}
	if i == 0 || i > 16 || s.b[0] == '0' {
		s.ok = false
		return 0
	}
	s.b = s.b[i:]
	return n
}
