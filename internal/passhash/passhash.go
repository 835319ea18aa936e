// Package passhash hashes passwords with argon2id and verifies stored hashes,
// its own and those imported from other systems.
//
// A password goes through three steps:
//
//	h, err := passhash.Parse(stored)  // bounds every parameter before any work
//	ok := h.Verify(password)          // the expensive step: run it inside a Gate
//	if ok && !h.Current(params) {
//		stored, err = passhash.New(password, params)
//	}
//
// Parse is cheap and never hashes. Verify and [New] cost what the parameters
// say, up to a gigabyte and seconds, and take no context: bound how many run
// at once with a Gate. All functions are safe for concurrent use.
package passhash

import (
	"errors"
	"fmt"
	"strings"
)

// MaxPassword is the longest password in bytes that is hashed or verified (SECURITY.md R02). A longer one is refused,
// never cut.
const MaxPassword = 1024

// maxIterated is the longest password in bytes for schemes that digest the password itself in each of many rounds,
// whose work grows with its length: md5-crypt, SHA-crypt, phpass.
const maxIterated = 256

// maxEncoded bounds a stored hash in bytes. The longest accepted form, firebase-scrypt with its signer key, stays below
// 600.
const maxEncoded = 1024

var (
	// ErrUnknownScheme: the text is in none of the accepted formats.
	ErrUnknownScheme = errors.New("passhash: unknown hash scheme")
	// ErrMalformed: the scheme is known, the text is not one of its hashes.
	ErrMalformed = errors.New("passhash: malformed hash")
	// ErrBounds: a parameter lies outside what this package agrees to compute.
	ErrBounds = errors.New("passhash: parameter out of bounds")
	// ErrPasswordTooLong: the password exceeds [MaxPassword] bytes.
	ErrPasswordTooLong = errors.New("passhash: password too long")
)

// Hash is a parsed stored hash. The zero Hash verifies no password. It prints as its scheme only, so that it may reach
// a log by mistake.
type Hash struct {
	scheme scheme
	derive Derive // how argon2id is computed
}

// scheme is one stored hash of one format. Implementations are immutable and compare in constant time; Hash has tested
// the password's length before.
type scheme interface {
	name() string
	verify(password []byte, by Derive) bool // by: for what of it is argon2id
}

// Parse reads a stored hash without computing anything. Accepted is what has a row in the table of formats.go.
//
// The error is, or wraps, [ErrUnknownScheme], [ErrMalformed] or [ErrBounds], and never quotes the hash (SECURITY.md
// R10).
func Parse(encoded string) (Hash, error) {
	if len(encoded) > maxEncoded {
		return Hash{}, fmt.Errorf("%w: longer than %d bytes", ErrMalformed, maxEncoded)
	}
	for i := range len(encoded) {
		// Go's base64 skips CR and LF; no accepted format holds either.
		if encoded[i] <= ' ' || encoded[i] > '~' {
			return Hash{}, fmt.Errorf("%w: not printable ASCII", ErrMalformed)
		}
	}
	s, err := find(formats, encoded)
	if err != nil {
		return Hash{}, err
	}
	return Hash{scheme: s}, nil
}

// Verify reports whether password is the one that was hashed, byte for byte. A password over [MaxPassword] bytes never
// verifies, nor one over 256 with a scheme that digests it again in each of thousands of rounds, nor one that the
// scheme itself would cut or pad: over 72 bytes with bcrypt, and one holding a NUL byte with any scheme but argon2
// (crypt(3) ends there, bcrypt repeats its NUL-ended key, HMAC pads with NUL: "a" and "a\x00" would be equal).
func (h Hash) Verify(password string) bool {
	if h.scheme == nil || len(password) > MaxPassword {
		return false
	}
	if _, exact := h.scheme.(argon2Hash); !exact && strings.IndexByte(password, 0) >= 0 {
		return false
	}
	return h.scheme.verify([]byte(password), h.derive)
}

// With returns h as one whose Verify computes argon2id by d. Every other scheme stays as it is.
func (h Hash) With(d Derive) Hash {
	h.derive = d
	return h
}

// Current reports whether h is an argon2id hash with at least the parameters p, a 16-byte salt and a 32-byte tag, so
// that it needs no upgrade.
func (h Hash) Current(p Params) bool {
	a, ok := h.scheme.(argon2Hash)
	return ok && a.atLeast(p)
}

// Dear reports whether h computes argon2id with at least the parameters p, be it of the password or, wrapped, of a weak
// hash: a wrong password then costs what it does with our own.
func (h Hash) Dear(p Params) bool {
	if w, ok := h.scheme.(wrappedHash); ok {
		return w.over.atLeast(p)
	}
	return h.Current(p)
}

// Secret reports whether the text holds a secret of the system that it comes from, beside the hash: a pepper, or
// Firebase's signer key.
func (h Hash) Secret() bool {
	switch s := h.scheme.(type) {
	case bcryptHash:
		return s.secret
	case firebaseHash:
		return true
	}
	return false
}

// Scheme names the algorithm, whichever program wrote it: argon2id, argon2i, bcrypt, scrypt, firebase-scrypt,
// pbkdf2-sha1, pbkdf2-sha256, pbkdf2-sha512, md5-crypt, sha256-crypt, sha512-crypt, phpass, phpass-sha512,
// spring-sha256, md5, sha, sha256, sha384, sha512, with salt smd5, ssha, ssha256, ssha384, ssha512. A wrapped hash has
// the name of what is wrapped. It is empty for the zero Hash.
func (h Hash) Scheme() string {
	if h.scheme == nil {
		return ""
	}
	return h.scheme.name()
}

// String returns the scheme in place of the hash.
func (h Hash) String() string { return "passhash(" + h.Scheme() + ")" }

// GoString returns the same as [Hash.String], so that %#v shows no salt or tag.
func (h Hash) GoString() string { return h.String() }
