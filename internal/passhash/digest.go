package passhash

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strings"
)

// digestHash is one digest over password and salt, as directories keep it in userPassword.
type digestHash struct {
	id        string // such as sha256; with a salt ssha256
	prefix    string // such as {SHA256}
	algorithm func() hash.Hash
	salt, tag []byte
}

const digestMaxSalt = 64 // bytes

// digestForms are the rows of one digest: {SHA256} and {SSHA256} in base64; and Dovecot's, which name an encoding
// ({SHA256.HEX}), or write a digest without salt in hexadecimal, which its length tells.
func digestForms(id string, algorithm func() hash.Hash) (rows []format) {
	plain, salted := "{"+strings.ToUpper(id), "{S"+strings.ToUpper(id)
	for _, encoding := range []struct {
		end           string
		plain, salted decoder
	}{{"}", decodeByLength, decode64}, {".B64}", decode64, decode64}, {".BASE64}", decode64, decode64}, {".HEX}", decodeHex, decodeHex}} {
		rows = append(rows,
			format{plain + encoding.end, parseDigest(id, plain+"}", algorithm, 0, encoding.plain)},
			format{salted + encoding.end, parseDigest("s"+id, salted+"}", algorithm, digestMaxSalt, encoding.salted)})
	}
	return rows
}

type decoder func(what, text string, low, high int) ([]byte, error)

// parseDigest reads the digest and, behind it, a salt of at least one byte, unless there is none.
func parseDigest(id, prefix string, algorithm func() hash.Hash, maxSalt int, read decoder) parser {
	size := algorithm().Size()
	return func(_, body string) (scheme, error) {
		b, err := read("digest and salt", body, size+min(1, maxSalt), size+maxSalt)
		if err != nil {
			return nil, err
		}
		return digestHash{id: id, prefix: prefix, algorithm: algorithm, tag: b[:size], salt: b[size:]}, nil
	}
}

// Digest reports whether the hash is a single digest, which takes no time to speak of.
func (h Hash) Digest() bool {
	_, ok := h.scheme.(digestHash)
	return ok
}

func (h digestHash) name() string { return h.id }
func (h digestHash) quick() bool  { return true }
func (h digestHash) kept() []byte { return h.tag }

func (h digestHash) blank() string {
	return h.prefix + base64.StdEncoding.EncodeToString(slices.Concat(make([]byte, len(h.tag)), h.salt))
}

func (h digestHash) digest(password []byte) []byte {
	d := h.algorithm()
	d.Write(slices.Concat(password, h.salt))
	return d.Sum(nil)
}

func (h digestHash) verify(password []byte, _ Derive) bool { return verifies(h, password) }

// springDigest is Spring's StandardPasswordEncoder without a secret: SHA-256 over salt and password, and 1,023 times
// over itself. Its prefix is that of a directory's digest, too; the length tells them apart.
type springDigest struct{ salt, tag []byte }

const springDigestSalt = 8 // bytes

func parseSpringDigest(_, body string) (scheme, error) {
	const size = springDigestSalt + sha256.Size
	if len(body) != 2*size {
		return nil, ErrUnknownScheme
	}
	b, err := decodeHex("salt and digest", body, size, size)
	if err != nil {
		return nil, err
	}
	return springDigest{b[:springDigestSalt], b[springDigestSalt:]}, nil
}

func (h springDigest) name() string  { return "spring-sha256" }
func (h springDigest) quick() bool   { return true }
func (h springDigest) kept() []byte  { return h.tag }
func (h springDigest) blank() string { return fmt.Sprintf("{sha256}%x%064x", h.salt, 0) }

func (h springDigest) digest(password []byte) []byte {
	sum := sha256.Sum256(slices.Concat(h.salt, password))
	for range 1023 {
		sum = sha256.Sum256(sum[:])
	}
	return sum[:]
}

func (h springDigest) verify(password []byte, _ Derive) bool { return verifies(h, password) }

// decodeByLength reads so many bytes in hexadecimal, if the text is that long, and else in base64.
func decodeByLength(what, s string, low, high int) ([]byte, error) {
	if len(s) == 2*low && low == high {
		return decodeHex(what, s, low, high)
	}
	return decode64(what, s, low, high)
}

// decode64 is decode of padded standard base64.
func decode64(what, s string, low, high int) ([]byte, error) {
	return decode(base64.StdEncoding, what, s, low, high)
}

// decodeHex reads hexadecimal digits in any letter case, of low to high bytes.
func decodeHex(what, s string, low, high int) ([]byte, error) {
	b, err := hex.DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("%w: %s is not hexadecimal", ErrMalformed, what)
	}
	if len(b) < low || len(b) > high {
		return nil, fmt.Errorf("%w: %s of %d bytes is outside %d..%d", ErrBounds, what, len(b), low, high)
	}
	return b, nil
}
