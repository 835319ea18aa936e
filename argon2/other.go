//go:build !amd64 || !gc || purego

package argon2

import "golang.org/x/crypto/argon2"

func idKey(password, salt []byte, time, memory uint32, threads uint8, size uint32) []byte {
	return argon2.IDKey(password, salt, time, memory, threads, size)
}
