package token

import (
	"strings"

	"github.com/tollkeeper/tollkeeper/internal/strictjson"
)

// issuedHeader is a header that another issuer wrote. What names or brings a key beside its id (jku, jwk, x5u, x5c) is
// not looked at, as RFC 7515 4.1 permits.
type issuedHeader struct {
	Algorithm string `json:"alg"`
	Type      string `json:"typ"`
	KeyID     string `json:"kid"`
	Critical  any    `json:"crit"` // something that a reader has to understand (RFC 7515 4.1.11), and this one does not
	Encoded   any    `json:"b64"`  // whether the payload is base64url (RFC 7797)
}

// ParseIssued reads the header of a JWT that another issuer has signed. Unlike [Parse] it takes tokens without key id
// and without type, and every algorithm: only a key of the issuer has to have it. A type that is there must be JWT, so
// that a token of another kind, such as "at+jwt" or "logout+jwt", does not pass for this one (RFC 8725 3.11).
func ParseIssued(text string) (Unverified, bool) {
	head, payload, signature, ok := split(text)
	if !ok {
		return Unverified{}, false
	}
	raw, err := strictBase64.DecodeString(head)
	if err != nil {
		return Unverified{}, false
	}
	var h issuedHeader
	if strictjson.Decode(raw, &h) != nil || h.Critical != nil || h.Encoded != nil || !plainJWT(h.Type) {
		return Unverified{}, false
	}
	signed := text[:len(head)+1+len(payload)]
	return Unverified{KeyID: h.KeyID, algorithm: h.Algorithm, signed: signed, payload: payload, signature: signature}, true
}

// plainJWT compares as media types are compared, without regard to case, and without the prefix that may be left out
// (RFC 7515 4.1.9).
func plainJWT(typ string) bool {
	return typ == "" || strings.EqualFold(typ, "JWT") || strings.EqualFold(typ, "application/jwt")
}
