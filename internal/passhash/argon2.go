package passhash

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"

	"golang.org/x/crypto/argon2"
)

// Sizes of what New writes, in bytes (R09).
const (
	saltSize = 16
	tagSize  = 32
)

// Derive computes a tag of argon2id, version 19, as [argon2.IDKey] of x/crypto does: memory in KiB, size in bytes. It
// keeps neither password nor salt. The nil Derive is that of x/crypto.
type Derive func(password, salt []byte, time, memory uint32, threads uint8, size uint32) []byte

// tag computes by d, or by x/crypto.
func (d Derive) tag(password, salt []byte, p Params, size uint32) []byte {
	if d == nil {
		d = argon2.IDKey
	}
	return d(password, salt, p.Time, p.Memory, p.Threads, size)
}

// Check returns an error unless d computes argon2id: of two small inputs, one of them on two lanes.
func (d Derive) Check() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("passhash: Derive panics: %v", r)
		}
	}()
	password, salt := []byte("a password"), []byte("a salt of sixteen")
	for _, p := range []Params{{Memory: 16, Time: 1, Threads: 2}, {Memory: 67, Time: 2, Threads: 1}} {
		got := d.tag(bytes.Clone(password), bytes.Clone(salt), p, tagSize)
		if subtle.ConstantTimeCompare(got, Derive(nil).tag(password, salt, p, tagSize)) != 1 {
			return errors.New("passhash: Derive is not argon2id")
		}
	}
	return nil
}

// New is [Derive.New] by x/crypto.
func New(password string, p Params) (string, error) { return Derive(nil).New(password, p) }

// New hashes password with argon2id, a fresh 16-byte salt and a 32-byte tag, and returns the PHC text, about 97 bytes.
// It refuses a password over [MaxPassword] bytes ([ErrPasswordTooLong]) and parameters that are not sane ([ErrBounds]);
// the OWASP floor is the caller's to check with [Params.Validate].
func (d Derive) New(password string, p Params) (string, error) {
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
	tag := d.tag([]byte(password), salt, p, tagSize)
	return "$argon2id$" + argon2Body(p, salt, tag), nil
}

// argon2Body is what follows the prefix.
func argon2Body(p Params, salt, tag []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		p.Memory, p.Time, p.Threads, b64.EncodeToString(salt), b64.EncodeToString(tag))
}

type argon2Hash struct {
	id        string // argon2id or argon2i
	params    Params
	salt, tag []byte
}

// parseArgon2 reads v=19$m=..,t=..,p=..$salt$tag. Version 16, a key id and associated data are refused: no common
// exporter writes them.
func parseArgon2(id string) parser {
	return func(_, body string) (scheme, error) {
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
		b64 := base64.RawStdEncoding
		room := make([]byte, b64.DecodedLen(len(f[2]))+b64.DecodedLen(len(f[3])))
		if h.salt, err = decodeInto(room, b64, "salt", f[2], 8, 64); err != nil {
			return nil, err
		}
		if h.tag, err = decodeInto(room[len(h.salt):], b64, "tag", f[3], 16, 64); err != nil {
			return nil, err
		}
		return h, nil
	}
}

func (h argon2Hash) name() string { return h.id }

func (h argon2Hash) verify(password []byte, by Derive) bool {
	if h.id == "argon2i" {
		by = argon2.Key
	}
	got := by.tag(password, h.salt, h.params, uint32(len(h.tag)))
	return subtle.ConstantTimeCompare(got, h.tag) == 1
}

func (h argon2Hash) atLeast(p Params) bool {
	return h.id == "argon2id" &&
		h.params.Memory >= p.Memory && h.params.Time >= p.Time && h.params.Threads >= p.Threads &&
		len(h.salt) >= saltSize && len(h.tag) >= tagSize
}
