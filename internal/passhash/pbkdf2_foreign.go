package passhash

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
)

// parseSpring reads salt and key in hexadecimal. Spring Security names no cost: the length tells its defaults before
// 5.8 (8 bytes of salt, SHA-1, 185,000 rounds) from those since (16, SHA-256, 310,000), both without a secret.
func parseSpring(_, body string) (scheme, error) {
	const key = 32
	b, err := decodeHex("salt and key", body, 8+key, 16+key)
	switch {
	case err != nil && strings.Contains(body, "$"):
		return nil, ErrUnknownScheme // OpenLDAP's, with the same prefix
	case err != nil:
		return nil, err
	case len(b) == 8+key:
		return pbkdf2Of("pbkdf2-sha1", 185_000, b[:8], b[8:])
	case len(b) == 16+key:
		return pbkdf2Of("pbkdf2-sha256", 310_000, b[:16], b[16:])
	}
	return nil, fmt.Errorf("%w: %d bytes are of no default of Spring Security", ErrMalformed, len(b))
}

// parseDirectory reads rounds$salt$key, as OpenLDAP writes it, like passlib; 389 Directory Server writes standard
// base64 with padding.
func parseDirectory(id string) parser {
	passlib := parsePasslib(id)
	return func(text, body string) (scheme, error) {
		return passlib(text, strings.NewReplacer("+", ".", "=", "").Replace(body))
	}
}

// parseDovecot reads salt$rounds$key: the salt is used as the text it is, the key is hexadecimal.
func parseDovecot(_, body string) (scheme, error) {
	f, err := split(body, 3)
	if err != nil {
		return nil, err
	}
	return pbkdf2Text("pbkdf2-sha1", f[1], f[0], f[2], asText, decodeHex)
}

// parse389 reads what 389 Directory Server keeps as one piece in base64: four bytes of rounds, 64 of salt, 256 of key.
func parse389(_, body string) (scheme, error) {
	const salt, key = 64, 256
	b, err := raw64("rounds, salt and key", strings.TrimRight(body, "="), 4+salt+key, 4+salt+key)
	if err != nil {
		return nil, err
	}
	return pbkdf2Of("pbkdf2-sha256", int(binary.BigEndian.Uint32(b)), b[4:4+salt], b[4+salt:])
}

// parseAtlassian reads 16 bytes of salt and 32 of key in base64.
func parseAtlassian(_, body string) (scheme, error) {
	b, err := decode64("salt and key", body, 48, 48)
	if err != nil {
		return nil, err
	}
	return pbkdf2Of("pbkdf2-sha1", 10_000, b[:16], b[16:])
}

// parseIdentityV2 reads ASP.NET Identity's first format in base64: a zero, 16 bytes of salt, 32 of key.
func parseIdentityV2(text, _ string) (scheme, error) {
	const size = 1 + 16 + 32
	if len(text) != base64.StdEncoding.EncodedLen(size) {
		return nil, ErrUnknownScheme
	}
	b, err := decode64("hash", text, size, size)
	if err != nil || b[0] != 0 {
		return nil, ErrUnknownScheme
	}
	return pbkdf2Of("pbkdf2-sha1", 1_000, b[1:17], b[17:])
}

// parseIdentityV3 reads its second one: a one, then as big-endian numbers of four bytes the digest, the rounds and the
// length of the salt, then salt and key.
func parseIdentityV3(text, _ string) (scheme, error) {
	const head = 1 + 3*4
	b, err := decode64("hash", text, head+1+pbkdf2MinKey, head+pbkdf2MaxSalt+pbkdf2MaxKey)
	if err != nil {
		return nil, err
	}
	digest, rounds, salt := binary.BigEndian.Uint32(b[1:]), binary.BigEndian.Uint32(b[5:]), binary.BigEndian.Uint32(b[9:])
	names := []string{"pbkdf2-sha1", "pbkdf2-sha256", "pbkdf2-sha512"}
	if b[0] != 1 || digest >= uint32(len(names)) || uint64(salt) > uint64(len(b)-head) {
		return nil, fmt.Errorf("%w: not of ASP.NET Identity", ErrMalformed)
	}
	if rounds > pbkdf2MaxRounds {
		return nil, fmt.Errorf("%w: %d rounds", ErrBounds, rounds)
	}
	return pbkdf2Of(names[digest], int(rounds), b[head:head+salt], b[head+salt:])
}
