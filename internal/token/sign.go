package token

import (
	"encoding/hex"
	"encoding/json"
	"strconv"

	"github.com/google/uuid"
)

// Sign makes an access token: the header that the key is known by, and the claims in the order in which the hot path
// reads them. Asymmetric keys sign through golang-jwt; an HMAC takes the state that the key keeps.
func (k *Key) Sign(c Claims) (string, error) {
	payload := c.appendJSON(make([]byte, 0, 512))
	b := append(append(make([]byte, 0, 1024), k.head...), '.')
	b = strictBase64.AppendEncode(b, payload)
	if k.macs != nil {
		m := k.macs.get()
		defer k.macs.put(m)
		absorb(m, b)
		return string(strictBase64.AppendEncode(append(b, '.'), m.sum())), nil
	}
	if k.private == nil {
		return "", errVerifiesOnly
	}
	sig, err := k.method.Sign(string(b), k.private)
	if err != nil {
		return "", err
	}
	return string(strictBase64.AppendEncode(append(b, '.'), sig)), nil
}

// appendJSON writes the claims in the order of their names, as any map would be. A test compares it with encoding/json.
func (c *Claims) appendJSON(b []byte) []byte {
	b = appendText(append(b, `{"aud":`...), c.Audience)
	b = strconv.AppendInt(append(b, `,"exp":`...), c.ExpiresAt, 10)
	if c.Ext != "" {
		b = append(append(b, `,"ext":`...), c.Ext...)
	}
	b = strconv.AppendInt(append(b, `,"iat":`...), c.IssuedAt, 10)
	b = appendText(append(b, `,"iss":`...), c.Issuer)
	b = appendText(append(b, `,"jti":`...), c.ID)
	b = strconv.AppendInt(append(b, `,"nbf":`...), c.NotBefore, 10)
	b = appendText(append(b, `,"parent":`...), c.Parent)
	b = appendID(append(b, `,"sid":"`...), c.Session)
	b = appendID(append(b, `","sub":"`...), c.Subject)
	return append(b, `"}`...)
}

// appendText writes a JSON string. Ours are plain; what is not is left to encoding/json.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			escaped, _ := json.Marshal(s) // a string never fails
			return append(b, escaped...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// Texts returns two ids as they stand in claims, in one piece of memory.
func Texts(a, b uuid.UUID) (string, string) {
	var room [72]byte
	both := string(appendID(appendID(room[:0], a), b))
	return both[:36], both[36:]
}

// appendID writes what id.String returns, which would be an allocation.
func appendID(b []byte, id uuid.UUID) []byte {
	b = append(hex.AppendEncode(b, id[:4]), '-')
	b = append(hex.AppendEncode(b, id[4:6]), '-')
	b = append(hex.AppendEncode(b, id[6:8]), '-')
	b = append(hex.AppendEncode(b, id[8:10]), '-')
	return hex.AppendEncode(b, id[10:])
}
