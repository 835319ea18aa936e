package token

import (
	"encoding/base64"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tollkeeper/tollkeeper/internal/strictjson"
)

// MaxBytes is the length of the longest token that is read at all (R57).
const MaxBytes = 8 << 10

const maxKid = 256 // bytes

var strictBase64 = base64.RawURLEncoding.Strict()

// Unverified is a token whose shape and header are good. Nothing that it says has been proved.
type Unverified struct {
	KeyID string // only picks one of the reader's own keys

	algorithm                  string
	signed, payload, signature string
}

// header is what the tokens that we write have, and nothing else: alg, kid and typ. A field more may bring a key of its
// own, or change what is signed or how it is read (b64, zip, crit). Who does not know it would not see that (RFC 7515
// 4.1.11, RFC 7797 6).
type header struct{ algorithm, keyID string }

func parseHeader(raw []byte) (header, bool) {
	var fields map[string]string
	if strictjson.Decode(raw, &fields) != nil || len(fields) != 3 || fields["typ"] != "JWT" {
		return header{}, false
	}
	h := header{algorithm: fields["alg"], keyID: fields["kid"]}
	return h, h.algorithm != "" && h.keyID != "" && len(h.keyID) <= maxKid
}

// Parse reads the header of a token. It is the one place that knows what a token looks like, for the instance itself as
// for services that verify on their own: what differs between them is where their keys come from.
func Parse(text string) (Unverified, bool) {
	head, payload, signature, ok := split(text)
	if !ok {
		return Unverified{}, false
	}
	raw, err := strictBase64.DecodeString(head)
	if err != nil {
		return Unverified{}, false
	}
	h, ok := parseHeader(raw)
	if !ok {
		return Unverified{}, false
	}
	signed := text[:len(head)+1+len(payload)]
	return Unverified{KeyID: h.keyID, algorithm: h.algorithm, signed: signed, payload: payload, signature: signature}, true
}

// split checks size, shape and alphabet before anything is decoded: Go's decoder skips line breaks (F5).
func split(text string) (head, payload, signature string, ok bool) {
	if len(text) > MaxBytes || strings.Count(text, ".") != 2 || strings.ContainsFunc(text, foreign) {
		return "", "", "", false
	}
	head, rest, _ := strings.Cut(text, ".")
	payload, signature, _ = strings.Cut(rest, ".")
	return head, payload, signature, head != "" && payload != "" && signature != ""
}

func foreign(c rune) bool {
	return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.')
}

// Verify returns the claims of the token if the key has signed it, by the algorithm of that key. Whether they are good
// now is for [Claims.Good] to say.
func (u Unverified) Verify(k *Key) (Claims, bool) {
	payload, ok := u.Payload(k)
	if !ok {
		return Claims{}, false
	}
	return readClaims(payload)
}

// Payload returns what the key has signed, by the algorithm of that key.
func (u Unverified) Payload(k *Key) ([]byte, bool) {
	if u.algorithm != k.Algorithm() {
		return nil, false
	}
	sig, err := strictBase64.DecodeString(u.signature)
	if err != nil || !k.signed(u.signed, []byte(u.signed), sig) {
		return nil, false
	}
	payload, err := strictBase64.DecodeString(u.payload)
	return payload, err == nil
}

// Check returns the claims of a token with a good signature of one of our keys, in its time, and the key. It reads no
// store, so that what it returns may be remembered; it says nothing about the session.
func (r *Keyring) Check(text, issuer string, now time.Time) (Claims, *Key, bool) {
	u, ok := Parse(text)
	if !ok {
		return Claims{}, nil, false
	}
	k, ok := r.find(u.KeyID)
	if !ok {
		return Claims{}, nil, false
	}
	c, ok := u.Verify(k)
	if !ok || !c.Good(issuer, now) {
		return Claims{}, nil, false
	}
	return c, k, true
}

// encodedHeader is the header of a key's tokens. Names of algorithms and our own key ids need no escaping.
func encodedHeader(kid string, m jwt.SigningMethod) string {
	var plain, encoded [128]byte // as much as one of ours takes
	b := append(append(plain[:0], `{"alg":"`...), m.Alg()...)
	b = append(append(append(b, `","kid":"`...), kid...), `","typ":"JWT"}`...)
	return string(strictBase64.AppendEncode(encoded[:0], b))
}
