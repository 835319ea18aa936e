package token

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
)

// Sealed texts leave the instance and come back: cursors, challenges, refresh tokens. They are authenticated with
// instance keys, one for each use, and never with a tenant's. A new first master key seals; all of them open.

const maxSealed = 4096 // bytes

// Seal returns base64url(JSON of v) "." base64url(MAC). The error is that of encoding v.
func (r *Keyring) Seal(use string, v any) (string, error) {
	payload, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	body := base64.RawURLEncoding.EncodeToString(payload)
	tag := r.first().seal(use, body)
	return body + "." + base64.RawURLEncoding.EncodeToString(tag[:]), nil
}

// Open reads what [Keyring.Seal] wrote for the same use into v, and reports whether it was ours.
func (r *Keyring) Open(use, text string, v any) bool {
	body, tag64, ok := strings.Cut(text, ".")
	if !ok || len(text) > maxSealed {
		return false
	}
	tag, err := strictBase64.DecodeString(tag64)
	if err != nil || len(tag) != sha256.Size || strings.ContainsAny(text, "\r\n") {
		return false
	}
	for _, m := range r.masters {
		want := m.seal(use, body)
		if hmac.Equal(want[:], tag) {
			payload, err := strictBase64.DecodeString(body)
			return err == nil && json.Unmarshal(payload, v) == nil
		}
	}
	return false
}

func (m *master) seal(use, body string) Digest { return m.mac("tollkeeper seal v1 " + use).mac(body) }

// Encrypt puts a seed that is at rest into a box: master id, nonce, AES-256-GCM with the owner as associated data
// (R45).
func (r *Keyring) Encrypt(use string, plain, owner []byte) ([]byte, error) {
	m := r.first()
	aead, err := m.cipher(use)
	if err != nil {
		return nil, err
	}
	return aead.Seal(slices.Clone(m.id[:]), nil, plain, owner), nil
}

// Decrypt returns what [Keyring.Encrypt] put into a box for the same use and owner, and reports whether it was ours.
func (r *Keyring) Decrypt(use string, box, owner []byte) ([]byte, bool) {
	const idLen = len(masterID{})
	if len(box) < idLen {
		return nil, false
	}
	m, ok := r.master(masterID(box[:idLen]))
	if !ok {
		return nil, false
	}
	aead, err := m.cipher(use)
	if err != nil {
		return nil, false
	}
	plain, err := aead.Open(nil, nil, box[idLen:], owner)
	return plain, err == nil
}

// cipher puts the nonce, which it draws itself, before what it encrypts.
func (m *master) cipher(use string) (cipher.AEAD, error) {
	block, err := aes.NewCipher(m.derive("tollkeeper box v1 " + use))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
