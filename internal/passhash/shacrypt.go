package passhash

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"fmt"
	"hash"
	"strings"
)

// cryptAlphabet is the base64 alphabet of crypt(3); bcrypt uses the same
// characters in another order.
const cryptAlphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// Bounds of SHA-crypt. The specification raises and lowers other rounds to
// 1,000..999,999,999; here they are refused.
const (
	shaCryptDefault   = 5_000
	shaCryptMinRounds = 1_000
	shaCryptMaxRounds = 1_000_000
	shaCryptMaxSalt   = 16 // bytes
)

// The order in which the specification encodes the bytes of the digest.
var (
	order256 = []byte{
		20, 10, 0, 11, 1, 21, 2, 22, 12, 23, 13, 3, 14, 4, 24, 5, 25, 15,
		26, 16, 6, 17, 7, 27, 8, 28, 18, 29, 19, 9, 30, 31,
	}
	order512 = []byte{
		42, 21, 0, 1, 43, 22, 23, 2, 44, 45, 24, 3, 4, 46, 25, 26, 5, 47,
		48, 27, 6, 7, 49, 28, 29, 8, 50, 51, 30, 9, 10, 52, 31, 32, 11, 53,
		54, 33, 12, 13, 55, 34, 35, 14, 56, 57, 36, 15, 16, 58, 37, 38, 17, 59,
		60, 39, 18, 19, 61, 40, 41, 20, 62, 63,
	}
)

// shaCryptHash is "Unix crypt using SHA-256 and SHA-512" (U. Drepper, 2007).
type shaCryptHash struct {
	id     string // sha256-crypt or sha512-crypt
	digest func() hash.Hash
	order  []byte
	rounds int
	salt   []byte
	tag    string // as encoded
}

// parseSHACrypt reads [rounds=N$]salt$tag.
func parseSHACrypt(id string) parser {
	return func(_, body string) (scheme, error) {
		h := shaCryptHash{id: id, digest: sha256.New, order: order256, rounds: shaCryptDefault}
		if id == "sha512-crypt" {
			h.digest, h.order = sha512.New, order512
		}
		if rest, ok := strings.CutPrefix(body, "rounds="); ok {
			text, rest, _ := strings.Cut(rest, "$")
			n, err := number(text, shaCryptMinRounds, shaCryptMaxRounds)
			if err != nil {
				return nil, err
			}
			h.rounds, body = n, rest
		}
		f, err := split(body, 2)
		if err != nil {
			return nil, err
		}
		if len(f[0]) < 1 || len(f[0]) > shaCryptMaxSalt {
			return nil, fmt.Errorf("%w: salt of %d bytes is outside 1..%d", ErrBounds, len(f[0]), shaCryptMaxSalt)
		}
		size := (8*len(h.order) + 5) / 6
		if len(f[1]) != size || strings.Trim(f[1], cryptAlphabet) != "" {
			return nil, fmt.Errorf("%w: tag is not %d characters of crypt base64", ErrMalformed, size)
		}
		h.salt, h.tag = []byte(f[0]), f[1]
		return h, nil
	}
}

func (h shaCryptHash) name() string { return h.id }

func (h shaCryptHash) verify(password []byte, _ Derive) bool {
	if len(password) > maxIterated {
		return false
	}
	got := encodeCrypt(h.derive(password), h.order)
	return subtle.ConstantTimeCompare([]byte(got), []byte(h.tag)) == 1
}

// derive follows the numbered steps of the specification.
func (h shaCryptHash) derive(password []byte) []byte {
	d := h.digest()
	sum := h.start(d, password) // steps 1 to 12

	d.Reset() // steps 13 to 16
	for range password {
		d.Write(password)
	}
	p := stretch(d.Sum(nil), len(password))

	d.Reset() // steps 17 to 20
	for range 16 + int(sum[0]) {
		d.Write(h.salt)
	}
	s := stretch(d.Sum(nil), len(h.salt))

	for i := range h.rounds { // step 21
		first, last := sum, p
		if i%2 == 1 {
			first, last = p, sum
		}
		d.Reset()
		d.Write(first)
		if i%3 != 0 {
			d.Write(s)
		}
		if i%7 != 0 {
			d.Write(p)
		}
		d.Write(last)
		sum = d.Sum(sum[:0])
	}
	return sum
}

// start computes the specification's digest A.
func (h shaCryptHash) start(d hash.Hash, password []byte) []byte {
	d.Write(password)
	d.Write(h.salt)
	d.Write(password)
	b := d.Sum(nil)

	d.Reset()
	d.Write(password)
	d.Write(h.salt)
	d.Write(stretch(b, len(password)))
	for n := len(password); n > 0; n >>= 1 {
		if n&1 == 1 {
			d.Write(b)
		} else {
			d.Write(password)
		}
	}
	return d.Sum(nil)
}

// stretch repeats b and cuts it to n bytes.
func stretch(b []byte, n int) []byte {
	return bytes.Repeat(b, n/len(b)+1)[:n]
}

// encodeCrypt writes the bytes of sum in the given order, six bits a
// character, the lowest bits first.
func encodeCrypt(sum, order []byte) string {
	var text strings.Builder
	acc, bits := 0, 0
	for _, i := range order {
		acc |= int(sum[i]) << bits
		for bits += 8; bits >= 6; bits -= 6 {
			text.WriteByte(cryptAlphabet[acc&63])
			acc >>= 6
		}
	}
	if bits > 0 {
		text.WriteByte(cryptAlphabet[acc])
	}
	return text.String()
}
