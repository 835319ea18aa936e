package passhash

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/base64"
)

// firebaseHash is Firebase Authentication's modified scrypt. Its text is this
// package's own, because Firebase exports the parts separately:
//
//	$firebase-scrypt$v=1,n=<mem_cost>,r=<rounds>$<salt>$<saltSeparator>$<signerKey>$<hash>
//
// n and r are mem_cost and rounds, and saltSeparator and signerKey are
// base64_salt_separator and base64_signer_key of the project's password hash
// parameters; salt and hash are the exported user's salt and passwordHash.
// All four are standard base64 with padding; the URL-safe form that the admin
// API lists must be rewritten. The separator may be empty.
//
// The signer key is a secret of the project and part of every such text: store
// and move these hashes accordingly.
type firebaseHash struct {
	cost              scryptCost
	salt              []byte // salt and separator, as scrypt takes them
	signerKey, sealed []byte
}

func parseFirebase(_, body string) (scheme, error) {
	f, err := split(body, 5)
	if err != nil {
		return nil, err
	}
	n, err := list(f[0], limit{"v", 1, 1}, limit{"n", 1, scryptMaxLogN}, limit{"r", 1, scryptMaxR})
	if err != nil {
		return nil, err
	}
	h := firebaseHash{cost: scryptCost{logN: n[1], r: n[2], p: 1}}
	if err := h.cost.check(); err != nil {
		return nil, err
	}
	salt, err := decode(base64.StdEncoding, "salt", f[1], 1, 64)
	if err != nil {
		return nil, err
	}
	separator, err := decode(base64.StdEncoding, "salt separator", f[2], 0, 64)
	if err != nil {
		return nil, err
	}
	h.salt = append(salt, separator...)
	if h.signerKey, err = decode(base64.StdEncoding, "signer key", f[3], 16, 128); err != nil {
		return nil, err
	}
	// CTR keeps the length, so any other one cannot be this key's.
	h.sealed, err = decode(base64.StdEncoding, "hash", f[4], len(h.signerKey), len(h.signerKey))
	if err != nil {
		return nil, err
	}
	return h, nil
}

func (h firebaseHash) name() string { return "firebase-scrypt" }

// verify derives an AES-256 key from the password and encrypts the signer key
// with it, in CTR mode. The counter starts at zero: each key comes from its
// own salt and encrypts one message.
func (h firebaseHash) verify(password []byte, _ Derive) bool {
	key, err := h.cost.derive(password, h.salt, 32)
	if err != nil {
		return false
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return false
	}
	got := make([]byte, len(h.signerKey))
	cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(got, h.signerKey)
	return subtle.ConstantTimeCompare(got, h.sealed) == 1
}
