package tollkeeper

import (
	"encoding/hex"
	"encoding/json"
	"strconv"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// named answers the key that a kid names, from memory if it is a tenant's that was used before.
func (c *tokenChecker) named(kid string) (*hotKey, bool) {
	if k, ok := c.keys.known[kid]; ok {
		return c.headers[encodedHeader(kid, k.method)], true
	}
	head := encodedHeader(kid, jwt.SigningMethodHS256)
	if k, ok := c.tenants.Get(head); ok {
		return k, true
	}
	k, ok := c.keys.find(kid)
	if !ok {
		return nil, false
	}
	return c.keep(newHotKey(k)), true
}

// keep remembers a tenant's key, so that it need not be derived again.
func (c *tokenChecker) keep(k *hotKey) *hotKey {
	c.tenants.Put(k.head, k, len(k.head)+rememberedCost)
	return k
}

// signer answers the key that signs a session of the account. Tenant keys sign for the organization family and nothing
// else, because the tenant holds them (R50).
func (c *tokenChecker) signer(s *Subject, audience Audience) (*hotKey, error) {
	if audience != AudienceOrganization {
		return c.instance, nil
	}
	owner := &s.Account
	if s.Child() {
		owner = s.Parent
	}
	if m, ok := masterOf(owner); ok {
		if k, ok := c.named(newTenantKeyID(m, owner.ID, owner.KeyVersion).String()); ok {
			return k, nil
		}
	}
	return nil, ErrInternal.WithCause(errMasterMissing)
}

// signToken makes the access token of a session: the header that the key is known by, and the claims in the order in
// which the hot path reads them. Asymmetric keys sign through golang-jwt; an HMAC takes the state that the key keeps.
func (k *hotKey) signToken(c claims) (string, error) {
	payload := c.appendJSON(make([]byte, 0, 512))
	b := append(append(make([]byte, 0, 1024), k.head...), '.')
	b = strictBase64.AppendEncode(b, payload)
	if k.macs != nil {
		m := k.macs.get()
		defer k.macs.put(m)
		absorb(m, b)
		return string(strictBase64.AppendEncode(append(b, '.'), m.sum())), nil
	}
	sig, err := k.method.Sign(string(b), k.sign)
	if err != nil {
		return "", err
	}
	return string(strictBase64.AppendEncode(append(b, '.'), sig)), nil
}

// appendJSON writes the claims in the order of their names, as any map would be. A test compares it with encoding/json.
func (c *claims) appendJSON(b []byte) []byte {
	b = appendText(append(b, `{"aud":`...), c.Audience)
	b = strconv.AppendInt(append(b, `,"exp":`...), c.ExpiresAt, 10)
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

// appendID writes what id.String answers, which would be an allocation.
func appendID(b []byte, id uuid.UUID) []byte {
	b = append(hex.AppendEncode(b, id[:4]), '-')
	b = append(hex.AppendEncode(b, id[4:6]), '-')
	b = append(hex.AppendEncode(b, id[6:8]), '-')
	b = append(hex.AppendEncode(b, id[8:10]), '-')
	return hex.AppendEncode(b, id[10:])
}
