package token_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/token"
)

// counted is a count from a first byte in equal steps.
func counted(first, step byte, n int) (key []byte) {
	for range n {
		key = append(key, first)
		first += step
	}
	return key
}

func TestGuessable(t *testing.T) {
	random := make([]byte, 16)
	rand.Read(random)
	for name, key := range map[string][]byte{
		"nothing":                    {},
		"zeros":                      make([]byte, 32),
		"many zeros":                 make([]byte, 4096),
		"ones":                       bytes.Repeat([]byte{0xff}, 32),
		"one letter":                 []byte(strings.Repeat("k", 33)),
		"one bit among zeros":        append(make([]byte, 31), 1),
		"a short word, then zeros":   append([]byte("secret"), make([]byte, 58)...),
		"two halves":                 append(bytes.Clone(random), random...),
		"a word again and again":     []byte(strings.Repeat("password", 4)),
		"the last repetition cut":    []byte(strings.Repeat("changeme-please", 3)[:40]),
		"a text of digits repeated":  []byte(strings.Repeat("0123456789abcdef", 4)),
		"a text of seven letters":    []byte("abcdefgbacdgfeabdcefgabcdefggfed"),
		"a count":                    counted(0, 1, 32),
		"a count from elsewhere":     counted(200, 1, 64),
		"a count down":               counted(31, 255, 32),
		"a count in steps of seven":  counted(3, 7, 40),
		"a count over all its bytes": counted(0, 1, 300),
	} {
		if !token.Guessable(key) {
			t.Errorf("%s is a secret", name)
		}
	}
	for range 10_000 {
		key := make([]byte, 32)
		rand.Read(key)
		if token.Guessable(key) || token.Guessable([]byte(hex.EncodeToString(key))) {
			t.Fatalf("%x is no secret", key)
		}
	}
	for _, text := range []string{"correct horse battery staple, and then some", "0123456789abcdef0123456789abcdeX",
		"abcdefghbacdhgfeabdcefghabcdefgh", "ab" + string(counted('g', 1, 30))} {
		if token.Guessable([]byte(text)) {
			t.Errorf("%s is judged", text)
		}
	}
}

// A private key of a constant is one that everybody has.
func TestKeysOfConstantsAreRefused(t *testing.T) {
	for name, seed := range map[string][]byte{"zeros": make([]byte, 32), "ones": bytes.Repeat([]byte{1}, 32), "a count": counted(0, 1, 32)} {
		if k, err := token.NewKey(ed25519.NewKeyFromSeed(seed), nil); !errors.Is(err, token.ErrGuessable) || k != nil {
			t.Errorf("Ed25519 of %s: %v, %v", name, k, err)
		}
		scalar := bytes.Clone(seed)
		scalar[31] |= 1 // zero is no key at all
		private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
		if err != nil {
			t.Fatal(err)
		}
		if k, err := token.NewKey(private, nil); !errors.Is(err, token.ErrGuessable) || k != nil {
			t.Errorf("ES256 of %s: %v, %v", name, k, err)
		}
	}
}
