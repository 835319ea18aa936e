package tollkeeper

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/tollkeeper/tollkeeper/store"
)

// sealed texts leave the instance and come back: cursors, challenges, refresh tokens. They are authenticated with
// instance keys, one per use, and never with a tenant's. A new first master key seals; all of them open.

const maxSealed = 4096

// seal answers base64url(JSON of v) "." base64url(MAC).
func (r *keyring) seal(use string, v any) string {
	payload, err := json.Marshal(v)
	if err != nil {
		panic("tollkeeper: seal: " + err.Error()) // only our own structs come here
	}
	body := base64.RawURLEncoding.EncodeToString(payload)
	tag := newMACPool(sealKey(r.first, use)).mac(body)
	return body + "." + base64.RawURLEncoding.EncodeToString(tag[:])
}

// open reads what seal wrote for the same use into v, and reports whether it was ours.
func (r *keyring) open(use, text string, v any) bool {
	body, tag64, ok := strings.Cut(text, ".")
	if !ok || len(text) > maxSealed {
		return false
	}
	tag, err := base64.RawURLEncoding.Strict().DecodeString(tag64)
	if err != nil || len(tag) != len(store.Digest{}) || strings.ContainsAny(text, "\r\n") {
		return false
	}
	for _, m := range r.masters {
		want := newMACPool(sealKey(m, use)).mac(body)
		if hmac.Equal(want[:], tag) {
			payload, err := base64.RawURLEncoding.Strict().DecodeString(body)
			return err == nil && json.Unmarshal(payload, v) == nil
		}
	}
	return false
}

func sealKey(m MasterKey, use string) []byte { return m.derive("tollkeeper seal v1 " + use) }

// encrypt seals a seed at rest: master id, nonce, AES-256-GCM with the owner as associated data (R45).
func (r *keyring) encrypt(use string, plain, owner []byte) []byte {
	aead := seedCipher(r.first, use)
	out := append([]byte(nil), r.firstID[:]...)
	nonce := make([]byte, aead.NonceSize())
	rand.Read(nonce)
	out = append(out, nonce...)
	return aead.Seal(out, nonce, plain, owner)
}

func (r *keyring) decrypt(use string, box, owner []byte) ([]byte, bool) {
	if len(box) < 8+12+16 {
		return nil, false
	}
	m, ok := r.masters[masterID(box[:8])]
	if !ok {
		return nil, false
	}
	aead := seedCipher(m, use)
	plain, err := aead.Open(nil, box[8:8+aead.NonceSize()], box[8+aead.NonceSize():], owner)
	return plain, err == nil
}

func seedCipher(m MasterKey, use string) cipher.AEAD {
	block, err := aes.NewCipher(m.derive("tollkeeper box v1 " + use))
	if err != nil {
		panic("tollkeeper: aes: " + err.Error()) // only for a key that is not 32 bytes
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic("tollkeeper: gcm: " + err.Error())
	}
	return aead
}
