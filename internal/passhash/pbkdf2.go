package passhash

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"hash"
)

// pbkdf2MaxRounds is some eight times what OWASP asks of HMAC-SHA-256.
const pbkdf2MaxRounds = 5_000_000

// ab64 is passlib's base64: unpadded, with "." in place of "+".
var ab64 = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./").WithPadding(base64.NoPadding)

// pbkdf2Hash is PBKDF2-HMAC (RFC 8018) whose tag is one whole digest.
type pbkdf2Hash struct {
	id        string // pbkdf2-sha256 or pbkdf2-sha512
	digest    func() hash.Hash
	rounds    int
	salt, tag []byte
}

// parsePBKDF2 reads passlib's rounds$salt$tag.
func parsePBKDF2(id, body string) (scheme, error) {
	h := pbkdf2Hash{id: id, digest: sha256.New}
	size := sha256.Size
	if id == "pbkdf2-sha512" {
		h.digest, size = sha512.New, sha512.Size
	}
	f, err := split(body, 3)
	if err != nil {
		return nil, err
	}
	if h.rounds, err = number(f[0], 1, pbkdf2MaxRounds); err != nil {
		return nil, err
	}
	if h.salt, err = decode(ab64, "salt", f[1], 1, 128); err != nil {
		return nil, err
	}
	if h.tag, err = decode(ab64, "tag", f[2], size, size); err != nil {
		return nil, err
	}
	return h, nil
}

// parseDjango reads Django's rounds$salt$tag: the salt is used as the text it
// is, the tag is padded base64.
func parseDjango(body string) (scheme, error) {
	f, err := split(body, 3)
	if err != nil {
		return nil, err
	}
	h := pbkdf2Hash{id: "pbkdf2-sha256", digest: sha256.New, salt: []byte(f[1])}
	if h.rounds, err = number(f[0], 1, pbkdf2MaxRounds); err != nil {
		return nil, err
	}
	if len(h.salt) < 1 || len(h.salt) > 128 {
		return nil, fmt.Errorf("%w: salt of %d bytes is outside 1..128", ErrBounds, len(h.salt))
	}
	if h.tag, err = decode(base64.StdEncoding, "tag", f[2], sha256.Size, sha256.Size); err != nil {
		return nil, err
	}
	return h, nil
}

func (h pbkdf2Hash) name() string { return h.id }

func (h pbkdf2Hash) verify(password []byte, _ Derive) bool {
	got, err := pbkdf2.Key(h.digest, string(password), h.salt, h.rounds, len(h.tag))
	return err == nil && subtle.ConstantTimeCompare(got, h.tag) == 1
}
