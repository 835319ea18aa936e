package passhash

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"hash"
	"slices"
	"strings"
)

// ldapHash is one digest over password and salt, as directories keep it in
// userPassword. It is far too fast for passwords and accepted only so that
// imported accounts can sign in once and be upgraded.
type ldapHash struct {
	id        string // ssha, ssha256 or ssha512
	digest    func() hash.Hash
	salt, tag []byte
}

// parseLDAP reads SSHA}base64(digest and salt) and its SHA-2 variants. The
// unsalted {SHA} and the crypt wrapper are refused.
func parseLDAP(body string) (scheme, error) {
	id, text, _ := strings.Cut(body, "}")
	var h ldapHash
	switch id {
	case "SSHA":
		h = ldapHash{id: "ssha", digest: sha1.New}
	case "SSHA256":
		h = ldapHash{id: "ssha256", digest: sha256.New}
	case "SSHA512":
		h = ldapHash{id: "ssha512", digest: sha512.New}
	default:
		return nil, ErrUnknownScheme
	}
	size := h.digest().Size()
	b, err := decode(base64.StdEncoding, "digest and salt", text, size+1, size+64)
	if err != nil {
		return nil, err
	}
	h.tag, h.salt = b[:size], b[size:]
	return h, nil
}

func (h ldapHash) name() string { return h.id }

func (h ldapHash) verify(password []byte, _ Derive) bool {
	d := h.digest()
	d.Write(slices.Concat(password, h.salt))
	return subtle.ConstantTimeCompare(d.Sum(nil), h.tag) == 1
}
