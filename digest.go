package tollkeeper

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"github.com/google/uuid"
)

// digestKeys make the keyed digests under which stores and throttles know things. All come from the oldest master key,
// so that putting a new one in front forgets neither codes nor locks.
type digestKeys struct {
	secrets map[Purpose][]byte
	limiter []byte
	logs    []byte
}

func newDigestKeys(oldest MasterKey) digestKeys {
	d := digestKeys{
		secrets: map[Purpose][]byte{},
		limiter: oldest.derive("tollkeeper limiter v1"),
		logs:    oldest.derive("tollkeeper log v1"),
	}
	for _, p := range []Purpose{PurposeSignIn, PurposeReset, PurposeVerify, PurposeChangeEmail, PurposeRecovery} {
		d.secrets[p] = oldest.derive("tollkeeper digest v1 " + string(p))
	}
	return d
}

// secret digests what was mailed. Codes are bound to the address by bound; links are long enough to stand alone, and
// the row binds them to account and address.
func (d digestKeys) secret(p Purpose, bound, value string) Digest {
	return mac(d.secrets[p], bound, value)
}

// bucket digests what a throttle counts.
func (d digestKeys) bucket(parts ...string) Digest { return mac(d.limiter, parts...) }

// session names a session in logs and events: whoever holds a tenant's secret and learns a live session id could act as
// that session, so the id itself is never logged (WIRE.md 1.1 rule 6).
func (d digestKeys) session(id uuid.UUID) string {
	m := mac(d.logs, string(id[:]))
	return hex.EncodeToString(m[:8])
}

// mac is HMAC-SHA-256 over the parts, each with its length before it, so that no two lists of parts collide.
func mac(key []byte, parts ...string) (d Digest) {
	h := hmac.New(sha256.New, key)
	var n [4]byte
	for _, p := range parts {
		binary.BigEndian.PutUint32(n[:], uint32(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	h.Sum(d[:0])
	return d
}
