package passhash

import (
	"bytes"
	"crypto/sha512"
	"fmt"
	"hash"
	"slices"
	"strings"
)

// phpassHash is the portable hash of Solar Designer's phpass: a digest over salt and password, and again over itself
// and the password. WordPress up to 6.7 and phpBB take MD5; Drupal 7 takes SHA-512, as often as makes it dear, and
// keeps the first characters.
type phpassHash struct {
	prefix    string
	algorithm func() hash.Hash
	rounds    int // log2
	salt      []byte
	tag       []byte // as encoded
}

const (
	phpassMinRounds = 7
	phpassMaxRounds = 20 // log2: some 0.3 s of SHA-512
	phpassDear      = 14 // log2, of SHA-512: from there on some 5 ms
	phpassSalt      = 8
)

// parsePhpass reads one character of rounds, eight of salt and the tag of so many.
func parsePhpass(prefix string, algorithm func() hash.Hash, tag int) parser {
	return func(_, body string) (scheme, error) {
		if len(body) != 1+phpassSalt+tag || strings.Trim(body[1+phpassSalt:], cryptAlphabet) != "" {
			return nil, fmt.Errorf("%w: not %d characters of salt and tag", ErrMalformed, 1+phpassSalt+tag)
		}
		rounds := strings.IndexByte(cryptAlphabet, body[0])
		if rounds < phpassMinRounds || rounds > phpassMaxRounds {
			return nil, fmt.Errorf("%w: rounds are outside 2^%d..2^%d", ErrBounds, phpassMinRounds, phpassMaxRounds)
		}
		salt, kept := []byte(body[1:1+phpassSalt]), []byte(body[1+phpassSalt:])
		return phpassHash{prefix, algorithm, rounds, salt, kept}, nil
	}
}

func (h phpassHash) name() string {
	if h.dear() {
		return "phpass-sha512"
	}
	return "phpass"
}

func (h phpassHash) dear() bool   { return h.algorithm().Size() == sha512.Size && h.rounds >= phpassDear }
func (h phpassHash) quick() bool  { return !h.dear() }
func (h phpassHash) kept() []byte { return h.tag }

func (h phpassHash) blank() string {
	return h.prefix + cryptAlphabet[h.rounds:h.rounds+1] + string(h.salt) + string(bytes.Repeat([]byte{'.'}, len(h.tag)))
}

func (h phpassHash) verify(password []byte, _ Derive) bool { return verifies(h, password) }

func (h phpassHash) digest(password []byte) []byte {
	if len(password) > maxIterated {
		return nil
	}
	d := h.algorithm()
	d.Write(slices.Concat(h.salt, password))
	sum := d.Sum(nil)
	for range 1 << h.rounds {
		d.Reset()
		d.Write(sum)
		d.Write(password)
		sum = d.Sum(sum[:0])
	}
	order := make([]byte, len(sum))
	for i := range order {
		order[i] = byte(i)
	}
	return []byte(encodeCrypt(sum, order))[:len(h.tag)]
}
