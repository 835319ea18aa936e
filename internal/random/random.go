// Package random makes the codes, tokens and keys that nobody may guess. All of it is crypto/rand, which never fails:
// a system without randomness ends the process.
package random

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"
)

var base32Plain = base32.StdEncoding.WithPadding(base32.NoPadding)

// Code returns six unbiased digits (SECURITY.md R25).
func Code() string { return fmt.Sprintf("%06d", below(1_000_000)) }

// Token returns 256 bits as base64url, 43 characters.
func Token() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

const shortAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// ShortToken returns 12 characters of 36, 62 bits (docs/WIRE.md 1.4).
func ShortToken() string {
	b := make([]byte, 12)
	for i := range b {
		b[i] = shortAlphabet[below(uint64(len(shortAlphabet)))]
	}
	return string(b)
}

// RecoveryCode returns 80 bits in base32, four groups of four characters with hyphens between them (SECURITY.md R43).
func RecoveryCode() string {
	b := make([]byte, 10)
	rand.Read(b)
	text := strings.ToLower(base32Plain.EncodeToString(b))
	return text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:]
}

// PublicKey returns "APK_" and 130 bits in base32: not secret, but not to be guessed in bulk either.
func PublicKey() string {
	b := make([]byte, 17)
	rand.Read(b)
	return "APK_" + base32Plain.EncodeToString(b)[:26]
}

// Duration returns one of [0, most), so that callers who wait do not come back together. most is above zero.
func Duration(most time.Duration) time.Duration { return time.Duration(below(uint64(most))) }

// below returns an unbiased number in [0, n).
func below(n uint64) uint64 {
	whole := math.MaxUint64 - math.MaxUint64%n // what lies above would make small numbers more likely
	var b [8]byte
	for {
		rand.Read(b[:])
		if v := binary.NativeEndian.Uint64(b[:]); v < whole {
			return v % n
		}
	}
}
