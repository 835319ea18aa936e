package bench

import (
	"crypto/sha256"
	"crypto/subtle"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
)

// cheapHash is the hash of everyone here: what a sign-in costs beyond a real one is not to drown in it.
var cheapHash = tollkeeper.Hash{UnsafeForTests: true, Derive: func(password, salt []byte, _, _ uint32, _ uint8, _ uint32) []byte {
	tag := cheap(string(password), salt)
	return tag[:]
}}

// cheap is one SHA-256 over salt and password.
func cheap(password string, salt []byte) [sha256.Size]byte {
	var b [128]byte
	return sha256.Sum256(append(append(b[:0], salt...), password...))
}

// kept is a password as the rivals keep it.
type kept struct {
	salt uuid.UUID
	tag  [sha256.Size]byte
}

func keep(password string) kept {
	salt := uuid.New()
	return kept{salt, cheap(password, salt[:])}
}

func (k *kept) matches(password string) bool {
	tag := cheap(password, k.salt[:])
	return subtle.ConstantTimeCompare(k.tag[:], tag[:]) == 1
}
