package passhash

import (
	"crypto/md5"
	"fmt"
	"hash"
	"strings"
)

// md5Crypt is Poul-Henning Kamp's crypt of FreeBSD, and Apache's, which differs by the magic alone.
type md5Crypt struct {
	magic string // $1$ or $apr1$
	salt  []byte
	tag   []byte // as encoded
}

const (
	md5CryptMaxSalt = 8
	md5CryptTag     = 22 // characters
)

// md5CryptOrder is in which order the bytes of the digest are encoded.
var md5CryptOrder = []byte{12, 6, 0, 13, 7, 1, 14, 8, 2, 15, 9, 3, 5, 10, 4, 11}

// parseMD5Crypt reads salt$tag.
func parseMD5Crypt(magic string) parser {
	return func(_, body string) (scheme, error) {
		f, err := split(body, 2)
		if err != nil {
			return nil, err
		}
		if len(f[0]) > md5CryptMaxSalt {
			return nil, fmt.Errorf("%w: salt of %d bytes is outside 0..%d", ErrBounds, len(f[0]), md5CryptMaxSalt)
		}
		if len(f[1]) != md5CryptTag || strings.Trim(f[1], cryptAlphabet) != "" {
			return nil, fmt.Errorf("%w: tag is not %d characters of crypt base64", ErrMalformed, md5CryptTag)
		}
		return md5Crypt{magic, []byte(f[0]), []byte(f[1])}, nil
	}
}

func (h md5Crypt) name() string { return "md5-crypt" }
func (h md5Crypt) quick() bool  { return true }
func (h md5Crypt) kept() []byte { return h.tag }

func (h md5Crypt) blank() string {
	return h.magic + string(h.salt) + "$" + strings.Repeat(".", md5CryptTag)
}

func (h md5Crypt) verify(password []byte, _ Derive) bool { return verifies(h, password) }

func (h md5Crypt) digest(password []byte) []byte {
	if len(password) > maxIterated {
		return nil
	}
	d := md5.New()
	sum := h.start(d, password)
	for i := range 1_000 {
		d.Reset()
		first, last := sum, password
		if i%2 == 1 {
			first, last = password, sum
		}
		d.Write(first)
		if i%3 != 0 {
			d.Write(h.salt)
		}
		if i%7 != 0 {
			d.Write(password)
		}
		d.Write(last)
		sum = d.Sum(sum[:0])
	}
	return []byte(encodeCrypt(sum, md5CryptOrder))
}

// start computes what the rounds begin with.
func (h md5Crypt) start(d hash.Hash, password []byte) []byte {
	d.Write(password)
	d.Write(h.salt)
	d.Write(password)
	b := d.Sum(nil)

	d.Reset()
	d.Write(password)
	d.Write([]byte(h.magic))
	d.Write(h.salt)
	d.Write(stretch(b, len(password)))
	for n := len(password); n > 0; n >>= 1 {
		if n&1 == 1 {
			d.Write([]byte{0})
		} else {
			d.Write(password[:1])
		}
	}
	return d.Sum(nil)
}
