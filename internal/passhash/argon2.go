package passhash

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"

	"golang.org/x/crypto/argon2"
)

// Sizes of what New writes, in bytes (R09).
const (
	saltSize = 16
	tagSize  = 32
)

// New hashes password with argon2id, a fresh 16-byte salt and a 32-byte tag, and returns the PHC text, about 97 bytes.
// It refuses a password over [MaxPassword] bytes ([ErrPasswordTooLong]) and parameters that are not sane ([ErrBounds]);
// the OWASP floor is the caller's to check with [Params.Validate].
func New(password string, p Params) (string, error) {
	if len(password) > MaxPassword {
		return "", ErrPasswordTooLong
	}
	if err := p.Validate(false); err != nil {
		return "", err
	}
	salt := make([]byte, saltSize)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("passhash: salt: %w", err)
	}
	tag := argon2.IDKey([]byte(password), salt, p.Time, p.Memory, p.Threads, tagSize)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		p.Memory, p.Time, p.Threads, b64.EncodeToString(salt), b64.EncodeToString(tag)), nil
}

type argon2Hash struct {
	id        string // argon2id or argon2i
	params    Params
	salt, tag []byte
}

// parseArgon2 reads v=19$m=..,t=..,p=..$salt$tag. Version 16, a key id and associated data are refused: no common
// exporter writes them.
func parseArgon2(id, body string) (scheme, error) {
	f, err := split(body, 4)
	if err != nil {
		return nil, err
	}
	if f[0] != "v=19" {
		return nil, fmt.Errorf("%w: argon2 version is not 19", ErrMalformed)
	}
	n, err := list(f[1], limit{"m", 8, maxMemory}, limit{"t", 1, maxTime}, limit{"p", 1, maxThreads})
	if err != nil {
		return nil, err
	}
	h := argon2Hash{id: id, params: Params{Memory: uint32(n[0]), Time: uint32(n[1]), Threads: uint8(n[2])}}
	if err := h.params.Validate(false); err != nil {
		return nil, err
	}
	if h.salt, err = decode(base64.RawStdEncoding, "salt", f[2], 8, 64); err != nil {
		return nil, err
	}
	if h.tag, err = decode(base64.RawStdEncoding, "tag", f[3], 16, 64); err != nil {
		return nil, err
	}
	return h, nil
}

func (h argon2Hash) name() string { return h.id }

func (h argon2Hash) verify(password []byte) bool {
	derive := argon2.IDKey
	if h.id == "argon2i" {
		derive = argon2.Key
	}
	got := derive(password, h.salt, h.params.Time, h.params.Memory, h.params.Threads, uint32(len(h.tag)))
	return subtle.ConstantTimeCompare(got, h.tag) == 1
}

func (h argon2Hash) atLeast(p Params) bool {
	return h.id == "argon2id" &&
		h.params.Memory >= p.Memory && h.params.Time >= p.Time && h.params.Threads >= p.Threads &&
		len(h.salt) >= saltSize && len(h.tag) >= tagSize
}
