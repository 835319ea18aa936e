package token

import "github.com/google/uuid"

// RememberedBytes returns how much is kept of tokens and keys.
func (c *Checker[T]) RememberedBytes() int { return c.known.Bytes() + c.tenants.Bytes() }

// ScanClaims is what the hot path reads of claims; false: it leaves them to the strict one.
func ScanClaims(payload, issuer string, audiences ...string) (c Claims, ok bool) {
	ok = scanClaims([]byte(payload), issuer, audiences, &c)
	return c, ok
}

// ParseID is how ids in tokens are read.
func ParseID(text string) (id uuid.UUID, ok bool) {
	ok = parseID(&id, []byte(text))
	return id, ok
}

// MaxKid is the length of the longest key id that is read.
const MaxKid = maxKid

// MaxSealed is the length of the longest sealed text that is opened.
const MaxSealed = maxSealed

// Keys counts what a set has: a key for each algorithm that it serves.
func Keys(s *KeySet) int { return len(s.keys) }
