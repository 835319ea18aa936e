package tollkeeper

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
)

// MasterKey is a secret of 32 bytes or more from which every other key of an instance is derived. It shows itself
// nowhere: formatting, logging and JSON give "[redacted]" (R86).
type MasterKey []byte

// NewMasterKey answers 32 random bytes.
func NewMasterKey() MasterKey {
	k := make([]byte, 32)
	rand.Read(k) // never fails (crypto/rand)
	return k
}

// ParseMasterKey reads the text that Reveal writes.
func ParseMasterKey(text string) (MasterKey, error) {
	k, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(k) < 32 {
		return nil, ErrInvalidInput.WithField("MasterKey").WithMessage("tollkeeper: a master key is base64url text of 32 bytes or more")
	}
	return k, nil
}

// Reveal answers the key as base64url text, to be kept in a file or a secret manager.
func (k MasterKey) Reveal() string { return base64.RawURLEncoding.EncodeToString(k) }

// Format writes "[redacted]", for every verb.
func (MasterKey) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue answers "[redacted]".
func (MasterKey) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText answers "[redacted]", so that no encoder writes the key by accident.
func (MasterKey) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// derive answers 32 bytes for one use of the key (RFC 5869).
func (k MasterKey) derive(info string) []byte {
	out, err := hkdf.Key(sha256.New, k, nil, info, 32)
	if err != nil {
		panic("tollkeeper: hkdf: " + err.Error()) // only for lengths beyond 255 blocks
	}
	return out
}

// masterID names a master key inside key ids, without telling anything of it.
type masterID [8]byte

func (k MasterKey) id() (id masterID) {
	copy(id[:], k.derive("tollkeeper master id v1"))
	return id
}
