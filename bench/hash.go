package bench

import (
	"context"
	"crypto/rand"

	reference "golang.org/x/crypto/argon2"

	"github.com/tollkeeper/tollkeeper/argon2"
)

const (
	hashOurs   = "argon2id, module argon2"
	hashCrypto = "argon2id, x/crypto"
)

// openHash compares argon2id at the cost that is the default: 19,456 KiB, two passes, one lane.
func openHash(_ context.Context, s Setup) (*Bench, error) {
	return open(func(b *Bench) error {
		text, salt, memory := []byte(password), make([]byte, 16), uint32(s.size(19456, 64))
		if _, err := rand.Read(salt); err != nil {
			return err
		}
		b.add(hashOurs, func(int) error {
			argon2.IDKey(text, salt, 2, memory, 1, 32)
			return nil
		})
		b.add(hashCrypto, func(int) error {
			reference.IDKey(text, salt, 2, memory, 1, 32)
			return nil
		})
		b.Targets = []Target{
			{What: "argon2id, default cost, processor time to x/crypto", Value: ratio(cpu, hashOurs, hashCrypto), Unit: "×", Must: 0.6, Aim: 0.5},
		}
		return nil
	})
}
