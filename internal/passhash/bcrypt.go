package passhash

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

const (
	bcryptLen     = 60 // bytes of the whole text
	bcryptMaxCost = 15 // some 3.5 s; 31 would take hours (R10)
	bcryptMaxPass = 72 // bytes; the algorithm reads no further
)

// MaxPepper is the longest pepper of [Bcrypt] in bytes.
const MaxPepper = 256

// bcryptHash is a whole stored text, checked, and what it is a hash of.
type bcryptHash struct {
	text   string
	of     before
	plain  bool // of the password and nothing else
	secret bool // its text holds a secret of the system that it comes from
}

// before makes of a password what was given to bcrypt. False: nothing of that length was. It may append to the
// password's room, as it is the caller's own.
type before func(password []byte) (input []byte, ok bool)

// wholePassword refuses what bcrypt would cut: CompareHashAndPassword does so without a word (SECURITY.md F1).
func wholePassword(p []byte) ([]byte, bool) { return p, len(p) <= bcryptMaxPass }

// cutPassword cuts as PHP, Ruby and Python before 5.0 of its bcrypt do: whoever has a longer password is let in by it
// once, and gets a hash of all of it.
func cutPassword(p []byte) ([]byte, bool) { return p[:min(len(p), bcryptMaxPass)], true }

// hexDigest is Django's BCryptSHA256PasswordHasher.
func hexDigest(p []byte) ([]byte, bool) {
	sum := sha256.Sum256(p)
	return hex.AppendEncode(nil, sum[:]), true
}

// wordpressDigest is what WordPress does since 6.8.
func wordpressDigest(p []byte) ([]byte, bool) {
	d := hmac.New(sha512.New384, []byte("wp-sha384"))
	d.Write(p)
	return base64.StdEncoding.AppendEncode(nil, d.Sum(nil)), true
}

func parseBcrypt(text, _ string) (scheme, error) {
	h, err := parseBcryptOf(text, wholePassword)
	h.plain = true
	return h, err
}

// bcryptOf reads a bcrypt text behind a prefix that says what it is a hash of.
func bcryptOf(of before) parser {
	return func(_, body string) (scheme, error) { return parseBcryptOf(body, of) }
}

// parseBcryptOf takes $2a$, $2b$ and $2y$, which name the same correct algorithm. $2x$ marks hashes of a faulty one and
// is refused.
func parseBcryptOf(text string, of before) (bcryptHash, error) {
	if len(text) != bcryptLen || text[0] != '$' || text[1] != '2' || !strings.Contains("aby", text[2:3]) || text[3] != '$' || text[6] != '$' {
		return bcryptHash{}, fmt.Errorf("%w: bcrypt text has not its one form", ErrMalformed)
	}
	cost := text[4:6]
	if cost[0] < '0' || cost[0] > '9' || cost[1] < '0' || cost[1] > '9' {
		return bcryptHash{}, fmt.Errorf("%w: bcrypt cost is not two digits", ErrMalformed)
	}
	n := int(cost[0]-'0')*10 + int(cost[1]-'0')
	if n < bcrypt.MinCost || n > bcryptMaxCost {
		return bcryptHash{}, fmt.Errorf("%w: bcrypt cost %d is outside %d..%d", ErrBounds, n, bcrypt.MinCost, bcryptMaxCost)
	}
	if strings.Trim(text[7:], cryptAlphabet) != "" {
		return bcryptHash{}, fmt.Errorf("%w: bcrypt salt or digest is not base64", ErrMalformed)
	}
	return bcryptHash{text: text, of: of}, nil
}

// parsePepper reads base64url(pepper)$bcrypt, a form of this package: Devise hashes password and pepper, as far as
// bcrypt reads, and keeps the pepper elsewhere.
func parsePepper(of before) parser {
	return func(_, body string) (scheme, error) {
		text, body, _ := strings.Cut(body, "$")
		pepper, err := decode(base64.RawURLEncoding, "pepper", text, 1, MaxPepper)
		if err != nil {
			return nil, err
		}
		h, err := parseBcryptOf("$"+body, func(p []byte) ([]byte, bool) {
			if _, ok := of(p); !ok {
				return nil, false
			}
			return cutPassword(append(p, pepper...))
		})
		h.secret = true
		return h, err
	}
}

// parsePasslibBcrypt reads passlib's bcrypt_sha256: v=2,t=2b,r=12$salt$digest, and its first version 2b,12$salt$digest.
func parsePasslibBcrypt(_, body string) (scheme, error) {
	f, err := split(body, 3)
	if err != nil {
		return nil, err
	}
	settings, keyed := strings.CutPrefix(f[0], "v=2,t=")
	ident, rounds, _ := strings.Cut(settings, ",")
	if keyed {
		rounds, keyed = strings.CutPrefix(rounds, "r=")
		if !keyed {
			return nil, fmt.Errorf("%w: parameter r is missing", ErrMalformed)
		}
	}
	cost, err := number(rounds, bcrypt.MinCost, bcryptMaxCost)
	if err != nil {
		return nil, err
	}
	salt := []byte(f[1])
	of := func(p []byte) ([]byte, bool) {
		sum := sha256.Sum256(p)
		if keyed {
			d := hmac.New(sha256.New, salt)
			d.Write(p)
			sum = [sha256.Size]byte(d.Sum(nil))
		}
		return base64.StdEncoding.AppendEncode(nil, sum[:]), true
	}
	zero := ""
	if cost < 10 {
		zero = "0"
	}
	return parseBcryptOf("$"+ident+"$"+zero+strconv.Itoa(cost)+"$"+f[1]+f[2], of)
}

func (h bcryptHash) name() string { return "bcrypt" }

func (h bcryptHash) verify(password []byte, _ Derive) bool {
	input, ok := h.of(password)
	return ok && bcrypt.CompareHashAndPassword([]byte(h.text), input) == nil
}

// Bcrypt says what a plain bcrypt hash was made of, beside the password.
type Bcrypt struct {
	Pepper string // appended to the password, as Devise does; at most [MaxPepper] bytes
	Cut    bool   // a password of more than 72 bytes was cut there
}

// Of returns the text of an imported hash as one that verifies so. A text that is no bcrypt hash of the password alone,
// whatever its prefix, stays as it is.
func (b Bcrypt) Of(text string) string {
	if b == (Bcrypt{}) {
		return text
	}
	parsed, err := Parse(text)
	h, ok := parsed.scheme.(bcryptHash)
	if err != nil || !ok || !h.plain {
		return text
	}
	switch pepper := base64.RawURLEncoding.EncodeToString([]byte(b.Pepper)); {
	case b.Pepper == "":
		return "$bcrypt-cut$" + h.text
	case b.Cut:
		return "$bcrypt-pepper-cut$" + pepper + h.text
	default:
		return "$bcrypt-pepper$" + pepper + h.text
	}
}
