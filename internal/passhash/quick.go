package passhash

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// quick is a scheme that may be computed so fast that whoever steals its hashes finds most of the passwords: one
// digest, or some thousands. Such a hash is not kept as it is: see [Hash.Wrap].
type quick interface {
	scheme
	quick() bool
	digest(password []byte) []byte // what kept is, if the password is right; nil: nobody's password is like that
	kept() []byte
	blank() string // its text with nothing in place of kept, as the same parser reads it
}

// verifies is the verify of every quick scheme.
func verifies(q quick, password []byte) bool {
	return subtle.ConstantTimeCompare(q.digest(password), q.kept()) == 1
}

// wrappedHash is argon2id over the digest of a quick scheme, whose text without that digest tells how to compute it:
//
//	$wrapped$<base64url of the text>$v=19$m=19456,t=2,p=1$<salt>$<tag>
type wrappedHash struct {
	inner quick
	over  argon2Hash
}

// ErrNotQuick: a hash is dear enough to be kept as it is.
var ErrNotQuick = errors.New("passhash: the hash is dear enough to be kept as it is")

func (h Hash) weak() (quick, bool) {
	q, ok := h.scheme.(quick)
	return q, ok && q.quick()
}

// Weak reports whether the hash is computed so fast that it should be kept wrapped: MD5-crypt, phpass, plain and salted
// digests, PBKDF2 of fewer than 10,000 rounds.
func (h Hash) Weak() bool {
	_, ok := h.weak()
	return ok
}

// Wrap returns the text of argon2id over a weak hash, so that no weak one needs to be kept: it takes the same password,
// and costs an attacker what our own costs. The salt is made of the hash and its owner, so that nobody shares it and
// the same hash is wrapped alike; [Hash.Wraps] tells without computing anything. [ErrNotQuick]; [ErrBounds].
func (h Hash) Wrap(owner []byte, p Params) (string, error) {
	q, ok := h.weak()
	if !ok {
		return "", ErrNotQuick
	}
	if err := p.Validate(false); err != nil {
		return "", err
	}
	salt := wrappingSalt(owner, q)
	tag := h.derive.tag(q.kept(), salt, p, tagSize)
	return "$wrapped$" + base64.RawURLEncoding.EncodeToString([]byte(q.blank())) + "$" + argon2Body(p, salt, tag), nil
}

// Wraps reports whether h is what [Hash.Wrap] makes of the weak hash for that owner, with any parameters.
func (h Hash) Wraps(weak Hash, owner []byte) bool {
	w, ok := h.scheme.(wrappedHash)
	q, of := weak.weak()
	return ok && of && w.inner.blank() == q.blank() && string(w.over.salt) == string(wrappingSalt(owner, q))
}

// SameWeak reports whether both are one weak hash, however their texts write it.
func (h Hash) SameWeak(other Hash) bool {
	a, weak := h.weak()
	b, too := other.weak()
	return weak && too && a.blank() == b.blank() && subtle.ConstantTimeCompare(a.kept(), b.kept()) == 1
}

func wrappingSalt(owner []byte, q quick) []byte {
	d := sha256.New()
	fmt.Fprintf(d, "tollkeeper wrapped v1\x00%x\x00%s\x00%x", owner, q.blank(), q.kept())
	return d.Sum(nil)[:saltSize]
}

func parseWrapped(_, body string) (scheme, error) {
	text, body, _ := strings.Cut(body, "$")
	blank, err := decode(base64.RawURLEncoding, "wrapped text", text, 1, maxEncoded)
	if err != nil {
		return nil, err
	}
	of, err := find(quickForms, string(blank))
	if err != nil {
		return nil, fmt.Errorf("%w: what is wrapped is not read: %v", ErrMalformed, err)
	}
	q, ok := of.(quick)
	if !ok || !q.quick() || q.blank() != string(blank) {
		return nil, fmt.Errorf("%w: what is wrapped is not the text of a weak hash without its digest", ErrMalformed)
	}
	over, err := parseArgon2("argon2id")("", body)
	if err != nil {
		return nil, err
	}
	return wrappedHash{q, over.(argon2Hash)}, nil
}

func (h wrappedHash) name() string { return h.inner.name() }

func (h wrappedHash) verify(password []byte, by Derive) bool {
	digest := h.inner.digest(password)
	return h.over.verify(digest, by) && digest != nil
}
