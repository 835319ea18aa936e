package passhash

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"

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
func parseScrypt(body string) (scheme, error) {
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

func (h scryptHash) name() string { return "scrypt" }

func (h scryptHash) verify(password []byte, _ Derive) bool {
	got, err := h.cost.derive(password, h.salt, len(h.tag))
	return err == nil && subtle.ConstantTimeCompare(got, h.tag) == 1
}
