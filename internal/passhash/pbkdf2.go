package passhash

import (
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"hash"
	"strings"
)

const (
	// pbkdf2MaxRounds is some eight times what OWASP asks of HMAC-SHA-256. It bounds rounds times blocks of the key.
	pbkdf2MaxRounds = 5_000_000

	// pbkdf2Quick is below what any program has as its default that still makes hashes.
	pbkdf2Quick = 10_000

	pbkdf2MaxSalt = 128 // bytes
	pbkdf2MinKey  = 16
	pbkdf2MaxKey  = 512
)

// ab64 is passlib's base64: unpadded, with "." in place of "+".
var ab64 = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./").WithPadding(base64.NoPadding)

// pbkdf2Digests are those of HMAC, by the name of the scheme.
var pbkdf2Digests = map[string]func() hash.Hash{"pbkdf2-sha1": sha1.New, "pbkdf2-sha256": sha256.New, "pbkdf2-sha512": sha512.New}

// pbkdf2Hash is PBKDF2-HMAC (RFC 8018) of any length of key: some programs ask for more or less than a digest.
type pbkdf2Hash struct {
	id        string // pbkdf2-sha1, pbkdf2-sha256 or pbkdf2-sha512
	rounds    int
	salt, key []byte
}

// pbkdf2Of checks what any program's text says.
func pbkdf2Of(id string, rounds int, salt, key []byte) (scheme, error) {
	if len(salt) < 1 || len(salt) > pbkdf2MaxSalt {
		return nil, fmt.Errorf("%w: salt of %d bytes is outside 1..%d", ErrBounds, len(salt), pbkdf2MaxSalt)
	}
	if len(key) < pbkdf2MinKey || len(key) > pbkdf2MaxKey {
		return nil, fmt.Errorf("%w: key of %d bytes is outside %d..%d", ErrBounds, len(key), pbkdf2MinKey, pbkdf2MaxKey)
	}
	size := pbkdf2Digests[id]().Size()
	if blocks := (len(key) + size - 1) / size; rounds < 1 || rounds > pbkdf2MaxRounds/blocks {
		return nil, fmt.Errorf("%w: %d rounds for %d blocks are outside 1..%d", ErrBounds, rounds, blocks, pbkdf2MaxRounds)
	}
	return pbkdf2Hash{id, rounds, salt, key}, nil
}

// pbkdf2Text is pbkdf2Of of encoded parts.
func pbkdf2Text(id, rounds, salt, key string, readSalt, readKey decoder) (scheme, error) {
	n, err := number(rounds, 1, pbkdf2MaxRounds)
	if err != nil {
		return nil, err
	}
	s, err := readSalt("salt", salt, 1, pbkdf2MaxSalt)
	if err != nil {
		return nil, err
	}
	k, err := readKey("key", key, pbkdf2MinKey, pbkdf2MaxKey)
	if err != nil {
		return nil, err
	}
	return pbkdf2Of(id, n, s, k)
}

// parsePBKDF2 reads the PHC text i=rounds,l=length$salt$key in unpadded base64, and passlib's rounds$salt$key.
func parsePBKDF2(id string) parser {
	passlib := parsePasslib(id)
	return func(text, body string) (scheme, error) {
		settings, rest, _ := strings.Cut(body, "$")
		if !strings.HasPrefix(settings, "i=") {
			return passlib(text, body)
		}
		n, err := list(settings, limit{"i", 1, pbkdf2MaxRounds}, limit{"l", pbkdf2MinKey, pbkdf2MaxKey})
		if err != nil {
			return nil, err
		}
		f, err := split(rest, 2)
		if err != nil {
			return nil, err
		}
		salt, err := raw64("salt", f[0], 1, pbkdf2MaxSalt)
		if err != nil {
			return nil, err
		}
		key, err := raw64("key", f[1], n[1], n[1])
		if err != nil {
			return nil, err
		}
		return pbkdf2Of(id, n[0], salt, key)
	}
}

// parsePasslib reads rounds$salt$key.
func parsePasslib(id string) parser {
	return func(_, body string) (scheme, error) {
		f, err := split(body, 3)
		if err != nil {
			return nil, err
		}
		return pbkdf2Text(id, f[0], f[1], f[2], rawAB64, rawAB64)
	}
}

// parseDjango reads rounds$salt$key: the salt is used as the text it is, the key is padded base64.
func parseDjango(id string) parser {
	return func(_, body string) (scheme, error) {
		f, err := split(body, 3)
		if err != nil {
			return nil, err
		}
		return pbkdf2Text(id, f[0], f[1], f[2], asText, decode64)
	}
}

// parseWerkzeug reads rounds$salt$key: the salt is used as the text it is, the key is hexadecimal.
func parseWerkzeug(id string) parser {
	return func(_, body string) (scheme, error) {
		f, err := split(body, 3)
		if err != nil {
			return nil, err
		}
		return pbkdf2Text(id, f[0], f[1], f[2], asText, decodeHex)
	}
}

func (h pbkdf2Hash) name() string { return h.id }
func (h pbkdf2Hash) quick() bool  { return h.rounds < pbkdf2Quick }
func (h pbkdf2Hash) kept() []byte { return h.key }

func (h pbkdf2Hash) blank() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$%s$i=%d,l=%d$%s$%s", h.id, h.rounds, len(h.key), b64.EncodeToString(h.salt), b64.EncodeToString(make([]byte, len(h.key))))
}

func (h pbkdf2Hash) digest(password []byte) []byte {
	key, err := pbkdf2.Key(pbkdf2Digests[h.id], string(password), h.salt, h.rounds, len(h.key))
	if err != nil {
		return nil // equal to no key: FIPS 140 refuses short ones
	}
	return key
}

func (h pbkdf2Hash) verify(password []byte, _ Derive) bool { return verifies(h, password) }

// raw64, rawAB64 and asText read what decode64 does in another encoding, or in none.
func raw64(what, s string, low, high int) ([]byte, error) {
	return decode(base64.RawStdEncoding, what, s, low, high)
}

func rawAB64(what, s string, low, high int) ([]byte, error) {
	return decode(ab64, what, s, low, high)
}

func asText(what, s string, low, high int) ([]byte, error) {
	if len(s) < low || len(s) > high {
		return nil, fmt.Errorf("%w: %s of %d bytes is outside %d..%d", ErrBounds, what, len(s), low, high)
	}
	return []byte(s), nil
}
