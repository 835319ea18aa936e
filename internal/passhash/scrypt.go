package passhash

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"golang.org/x/crypto/scrypt"
)

// Bounds of scrypt: 128*N*r bytes of memory up to one GiB, and N*r*p up to
// what N=2^20, r=8, p=1 costs, the strongest setting in common use.
const (
	scryptMaxLogN = 20
	scryptMaxR    = 32
	scryptMaxP    = 16
	scryptMaxWork = 1 << 23
)

// scryptCost are the parameters of RFC 7914; N is 1<<logN.
type scryptCost struct{ logN, r, p int }

func (c scryptCost) check() error {
	if work := (1 << c.logN) * c.r * c.p; work > scryptMaxWork {
		return fmt.Errorf("%w: scrypt work %d is over %d", ErrBounds, work, scryptMaxWork)
	}
	return nil
}

func (c scryptCost) derive(password, salt []byte, size int) ([]byte, error) {
	return scrypt.Key(password, salt, 1<<c.logN, c.r, c.p, size)
}

type scryptHash struct {
	cost      scryptCost
	salt, tag []byte
}

// parseScrypt reads ln=..,r=..,p=..$salt$tag with unpadded base64, the text
// of passlib and of the PHC proposal.
func parseScrypt(_, body string) (scheme, error) {
	f, err := split(body, 3)
	if err != nil {
		return nil, err
	}
	n, err := list(f[0], limit{"ln", 1, scryptMaxLogN}, limit{"r", 1, scryptMaxR}, limit{"p", 1, scryptMaxP})
	if err != nil {
		return nil, err
	}
	h := scryptHash{cost: scryptCost{n[0], n[1], n[2]}}
	if err := h.cost.check(); err != nil {
		return nil, err
	}
	if h.salt, err = decode(base64.RawStdEncoding, "salt", f[1], 1, 64); err != nil {
		return nil, err
	}
	if h.tag, err = decode(base64.RawStdEncoding, "tag", f[2], 16, 64); err != nil {
		return nil, err
	}
	return h, nil
}

// parseDjangoScrypt reads N$salt$r$p$tag: the salt is used as the text it is, the tag is padded base64.
func parseDjangoScrypt(_, body string) (scheme, error) {
	f, err := split(body, 5)
	if err != nil {
		return nil, err
	}
	tag, err := decode(base64.StdEncoding, "tag", f[4], 16, 64)
	if err != nil {
		return nil, err
	}
	return scryptOf(f[0], f[2], f[3], []byte(f[1]), tag)
}

// parseWerkzeugScrypt reads N:r:p$salt$tag: the salt is used as the text it is, the tag is hexadecimal.
func parseWerkzeugScrypt(_, body string) (scheme, error) {
	f, err := split(body, 3)
	if err != nil {
		return nil, err
	}
	cost := strings.Split(f[0], ":")
	if len(cost) != 3 {
		return nil, fmt.Errorf("%w: wrong number of parameters", ErrMalformed)
	}
	tag, err := decodeHex("tag", f[2], 16, 64)
	if err != nil {
		return nil, err
	}
	return scryptOf(cost[0], cost[1], cost[2], []byte(f[1]), tag)
}

// parseSpringScrypt reads $cost$salt$tag in padded base64, where cost has N, r and p in hexadecimal: e0801.
func parseSpringScrypt(_, body string) (scheme, error) {
	f, err := split(body, 4)
	if err != nil {
		return nil, err
	}
	cost, err := strconv.ParseUint(f[1], 16, 32)
	if err != nil || f[0] != "" {
		return nil, fmt.Errorf("%w: parameters are not hexadecimal", ErrMalformed)
	}
	salt, err := decode(base64.StdEncoding, "salt", f[2], 1, 64)
	if err != nil {
		return nil, err
	}
	tag, err := decode(base64.StdEncoding, "tag", f[3], 16, 64)
	if err != nil {
		return nil, err
	}
	return scryptWith(scryptCost{int(cost >> 16), int(cost >> 8 & 0xff), int(cost & 0xff)}, salt, tag)
}

// parseBetterAuth reads salt:tag in hexadecimal, of scrypt with N=2^14 and r=16: the salt is used as the text it is.
// There is no prefix; the lengths are its mark. A password is brought into Unicode's form NFKC there, in which nearly
// everything is that people type; what is not is a wrong password here.
func parseBetterAuth(text, _ string) (scheme, error) {
	const salt, tag = 32, 128 // characters
	if len(text) != salt+1+tag || text[salt] != ':' {
		return nil, ErrUnknownScheme
	}
	if _, err := decodeHex("salt", text[:salt], salt/2, salt/2); err != nil {
		return nil, ErrUnknownScheme
	}
	key, err := decodeHex("tag", text[salt+1:], tag/2, tag/2)
	if err != nil {
		return nil, ErrUnknownScheme
	}
	return scryptWith(scryptCost{logN: 14, r: 16, p: 1}, []byte(text[:salt]), key)
}

func scryptOf(n, r, p string, salt, tag []byte) (scheme, error) {
	iterations, err := number(n, 2, 1<<scryptMaxLogN)
	if err != nil {
		return nil, err
	}
	if iterations&(iterations-1) != 0 {
		return nil, fmt.Errorf("%w: N is no power of two", ErrMalformed)
	}
	blocks, err := number(r, 1, scryptMaxR)
	if err != nil {
		return nil, err
	}
	lanes, err := number(p, 1, scryptMaxP)
	if err != nil {
		return nil, err
	}
	return scryptWith(scryptCost{bits.Len(uint(iterations)) - 1, blocks, lanes}, salt, tag)
}

// scryptWith checks what a program of its own writes.
func scryptWith(cost scryptCost, salt, tag []byte) (scheme, error) {
	if cost.logN < 1 || cost.logN > scryptMaxLogN || cost.r < 1 || cost.r > scryptMaxR || cost.p < 1 || cost.p > scryptMaxP {
		return nil, fmt.Errorf("%w: scrypt parameters", ErrBounds)
	}
	if len(salt) < 1 || len(salt) > 64 {
		return nil, fmt.Errorf("%w: salt of %d bytes is outside 1..64", ErrBounds, len(salt))
	}
	return scryptHash{cost, salt, tag}, cost.check()
}

func (h scryptHash) name() string { return "scrypt" }

func (h scryptHash) verify(password []byte, _ Derive) bool {
	got, err := h.cost.derive(password, h.salt, len(h.tag))
	return err == nil && subtle.ConstantTimeCompare(got, h.tag) == 1
}
