package social_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tollkeeper/tollkeeper"
)

// offer is what an issuer does, beside what is usual: an RS256 token of its only key, "k1".
type offer struct {
	set       []any          // of keys
	discovery map[string]any // like the next two: over the usual, nil takes a member away
	head      map[string]any
	claims    map[string]any
	signer    *issuerKey
	edit      func(string) string
}

// TestConformance goes through the cases of the OpenID conformance suite for relying parties that are about ID tokens,
// keys and discovery, by the names of its modules, and more of their kind. A comment says where the standards leave it
// open, and why it is so here.
func TestConformance(t *testing.T) {
	rs, other := newIssuerKey(t, "k1", "RS256"), newIssuerKey(t, "k1", "RS256")
	es, es384 := newIssuerKey(t, "e1", "ES256"), newIssuerKey(t, "e3", "ES384")
	ps, named := issuerKey{"k1", jwt.SigningMethodPS256, rs.private}, issuerKey{"k2", rs.method, rs.private}
	now := start().now.Unix()
	noKid, set := map[string]any{"kid": nil}, func(keys ...any) []any { return keys }
	madeUp := func(more map[string]any) map[string]any {
		return change(map[string]any{"kty": "MADEUP", "kid": "mu"}, more)
	}
	modulus, err := base64.RawURLEncoding.DecodeString(rs.jwk()["n"].(string))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		good bool
		offer
	}{
		"oidcc-client-test":                       {true, offer{}},
		"oidcc-client-test-idtoken-sig-rs256":     {true, offer{head: map[string]any{"alg": "RS256"}}},
		"oidcc-client-test-invalid-iss":           {false, offer{claims: map[string]any{"iss": "https://another.example/"}}},
		"oidcc-client-test-missing-sub":           {false, offer{claims: map[string]any{"sub": nil}}},
		"oidcc-client-test-invalid-aud":           {false, offer{claims: map[string]any{"aud": client + "1"}}},
		"oidcc-client-test-missing-aud":           {false, offer{claims: map[string]any{"aud": nil}}},
		"oidcc-client-test-missing-iat":           {false, offer{claims: map[string]any{"iat": nil}}},
		"oidcc-client-test-missing-exp":           {false, offer{claims: map[string]any{"exp": nil}}},
		"oidcc-client-test-missing-iss":           {false, offer{claims: map[string]any{"iss": nil}}},
		"oidcc-client-test-nonce-invalid":         {false, offer{claims: map[string]any{"nonce": "n2"}}},
		"nonce missing":                           {false, offer{claims: map[string]any{"nonce": nil}}},
		"nonce a number":                          {false, offer{claims: map[string]any{"nonce": 1}}},
		"oidcc-client-test-aggregated-claims":     {true, offer{claims: map[string]any{"_claim_names": map[string]any{"address": "s"}, "_claim_sources": map[string]any{"s": map[string]any{"JWT": "a.b.c"}}}}},
		"oidcc-client-test-distributed-claims":    {true, offer{claims: map[string]any{"_claim_names": map[string]any{"score": "s"}, "_claim_sources": map[string]any{"s": map[string]any{"endpoint": "https://bank.example"}}}}},
		"at_hash beside, as in the code flow":     {true, offer{claims: map[string]any{"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}}},
		"acr, amr, auth_time, sid":                {true, offer{claims: map[string]any{"acr": "1", "amr": []string{"pwd"}, "auth_time": 1, "sid": "x"}}},
		"acr a number, as of some issuers":        {true, offer{claims: map[string]any{"acr": 1}}},
		"address, phone":                          {true, offer{claims: map[string]any{"address": map[string]any{"country": "DE"}, "phone_number_verified": "yes"}}},
		"name null":                               {true, offer{claims: map[string]any{"name": json.RawMessage("null")}}},
		"azp another, aud ours alone":             {true, offer{claims: map[string]any{"azp": "another"}}},   // open: so are tokens of Google's own apps
		"exp in 2100":                             {true, offer{claims: map[string]any{"exp": 4102444800}}},  // open: how long is the issuer's to say
		"iat a day ago":                           {true, offer{claims: map[string]any{"iat": now - 86400}}}, // open: likewise
		"oidcc-client-test-idtoken-sig-none":      {false, offer{edit: unsigned}},                            // open in the code flow: whoever posts a token need not have it from there
		"oidcc-client-test-invalid-sig-rs256":     {false, offer{edit: spoilt}},
		"oidcc-client-test-invalid-sig-es256":     {false, offer{signer: &es, set: set(es.jwk()), edit: spoilt}},
		"oidcc-client-test-invalid-sig-hs256":     {false, offer{edit: symmetric}}, // open with a good signature: there is no symmetric key here (RFC 8725 2.1)
		"ES256":                                   {true, offer{signer: &es, set: set(es.jwk())}},
		"ES384":                                   {true, offer{signer: &es384, set: set(es384.jwk())}}, // open
		"PS256 by a key that is for it":           {true, offer{signer: &ps, set: set(ps.jwk())}},       // open
		"PS256 by a key for RS256":                {false, offer{signer: &ps, set: set(rs.jwk())}},
		"PS256 by a key for whatever":             {true, offer{signer: &ps, set: set(rs.published(map[string]any{"alg": nil}))}},
		"alg in lower case":                       {false, offer{edit: lowered}},
		"crit":                                    {false, offer{head: map[string]any{"crit": []string{"exp"}}}},
		"typ absent":                              {true, offer{head: map[string]any{"typ": nil}}},
		"typ jwt":                                 {true, offer{head: map[string]any{"typ": "jwt"}}},
		"typ application/jwt":                     {true, offer{head: map[string]any{"typ": "application/JWT"}}},
		"typ at+jwt":                              {false, offer{head: map[string]any{"typ": "at+jwt"}}},     // open in Core: RFC 8725 3.11
		"typ logout+jwt":                          {false, offer{head: map[string]any{"typ": "logout+jwt"}}}, // likewise
		"oidcc-client-kid-absent-single-jwks":     {true, offer{set: set(rs.published(noKid)), head: noKid}},
		"oidcc-client-kid-absent-multiple-jwks":   {false, offer{set: set(rs.published(noKid), other.published(noKid)), head: noKid}}, // open: nobody says which
		"kid absent, one key of its algorithm":    {true, offer{set: set(es.jwk(), rs.jwk()), head: noKid}},
		"kid absent, one key with it":             {true, offer{head: noKid}},
		"kid in the token, one key without":       {false, offer{set: set(rs.published(noKid))}}, // open: it is not the key that the token names
		"kid mismatch":                            {false, offer{head: map[string]any{"kid": "k9"}}},
		"kid of another key":                      {false, offer{set: set(other.jwk(), named.jwk())}},
		"kid of 256 bytes":                        {true, offer{set: set(rs.published(map[string]any{"kid": strings.Repeat("k", 256)})), head: map[string]any{"kid": strings.Repeat("k", 256)}}},
		"ignores-unparseable-key-in-jwks":         {true, offer{set: set(map[string]any{"kty": "AKP", "alg": "ML-DSA-99", "kid": "pq", "pub": "AA"}, madeUp(nil), rs.jwk())}},
		"unusable, members of other types":        {true, offer{set: set(madeUp(map[string]any{"x": map[string]any{"a": 1}, "n": []int{1}, "e": 65537}), rs.jwk())}},
		"unusable, kid a number":                  {true, offer{set: set(madeUp(map[string]any{"kid": 7}), rs.jwk())}},
		"unusable, kid too long":                  {true, offer{set: set(rs.published(map[string]any{"kid": strings.Repeat("k", 257)}), rs.jwk())}},
		"null, a text and a list among the keys":  {true, offer{set: set(nil, "k1", []int{}, rs.jwk())}},
		"a member twice in another key":           {true, offer{set: set(json.RawMessage(`{"kty":"RSA","kid":"k1","kid":"k2"}`), rs.jwk())}},
		"the members of another type in ours":     {true, offer{set: set(rs.published(map[string]any{"x": 1, "crv": []int{}}))}},
		"unknown members":                         {true, offer{set: set(rs.published(map[string]any{"x5c": []string{"MIIB"}, "x5t": "abc", "key_ops": []string{"verify"}, "ext": true}))}},
		"key of P-384 and for encryption besides": {true, offer{set: set(es384.jwk(), other.published(map[string]any{"use": "enc", "alg": "RSA-OAEP"}), rs.jwk())}},
		"two keys of one kid":                     {true, offer{set: set(other.jwk(), rs.jwk())}}, // open: RFC 7517 4.5 does not forbid it
		"two keys of one kid and another kty":     {true, offer{set: set(es.published(map[string]any{"kid": "k1"}), rs.jwk())}},
		"the same key twice, kid absent":          {true, offer{set: set(rs.jwk(), rs.jwk()), head: noKid}},
		"key without use and alg":                 {true, offer{set: set(rs.published(map[string]any{"use": nil, "alg": nil}))}},
		"modulus with a leading zero":             {true, offer{set: set(rs.published(map[string]any{"n": text64(append([]byte{0}, modulus...))}))}},       // open: the value is the same
		"modulus in padded base64":                {false, offer{set: set(rs.published(map[string]any{"n": base64.URLEncoding.EncodeToString(modulus)}))}}, // open: RFC 7518 2 has no padding
		"key_ops of encryption":                   {false, offer{set: set(rs.published(map[string]any{"use": nil, "key_ops": []string{"encrypt"}}))}},
		"key_ops of nothing":                      {false, offer{set: set(rs.published(map[string]any{"use": nil, "key_ops": []string{}}))}},
		"key for encryption":                      {false, offer{set: set(rs.published(map[string]any{"use": "enc"}))}},
		"private key published":                   {false, offer{set: set(rs.published(map[string]any{"d": "AQAB"}))}}, // open: whoever read it signs as the issuer
		"discovery with unknown members":          {true, offer{discovery: map[string]any{"foo": map[string]any{"bar": 1}, "claims_supported": []string{"sub"}}}},
		"oidcc-client-discovery-issuer-mismatch":  {false, offer{discovery: map[string]any{"issuer": "https://another.example"}}},
		"jwks_uri missing":                        {false, offer{discovery: map[string]any{"jwks_uri": nil}}},
		"jwks_uri by http at another host":        {false, offer{discovery: map[string]any{"jwks_uri": "http://keys.example/jwks"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			i, c := newIssuer(t, rs), start()
			i.list, i.edit = tt.set, func(d map[string]any) { change(d, tt.discovery) }
			signer := rs
			if tt.signer != nil {
				signer = *tt.signer
			}
			text := signWith(signer, tt.head, change(i.person(c.now, client), tt.claims))
			if tt.offer.edit != nil {
				text = tt.offer.edit(text)
			}
			id, err := verifier(t, i, c).VerifyIDToken(t.Context(), text, client, "n1")
			if (err == nil) != tt.good || (id.Subject == "1077") != tt.good || errors.Is(err, tollkeeper.ErrUpstream) != (tt.discovery != nil && !tt.good) {
				t.Errorf("%+v, %v", id, err)
			}
		})
	}
}

func spoilt(text string) string {
	at := strings.LastIndexByte(text, '.') + 1
	signature, err := base64.RawURLEncoding.DecodeString(text[at:])
	if err != nil {
		panic(err)
	}
	signature[len(signature)/2] ^= 0x5a
	return text[:at] + text64(signature)
}

// headed has another header over the same claims, and the signature that method makes.
func headed(text, head string, method jwt.SigningMethod, key any) string {
	signed := text64([]byte(head)) + "." + strings.Split(text, ".")[1]
	signature, err := method.Sign(signed, key)
	if err != nil {
		panic(err)
	}
	return signed + "." + text64(signature)
}

func unsigned(text string) string {
	return headed(text, `{"alg":"none"}`, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType)
}

func symmetric(text string) string {
	return headed(text, `{"alg":"HS256","kid":"k1"}`, jwt.SigningMethodHS256, []byte("client secret"))
}

func lowered(text string) string {
	parts := strings.Split(text, ".")
	return text64([]byte(`{"alg":"rs256","kid":"k1"}`)) + "." + parts[1] + "." + parts[2]
}

// TestANewKeyIsTakenTenSecondsAfterTheLastFetch is the suite's signing-key-rotation, also just before signing. Sooner
// it is refused, so that nobody who makes up key ids has the issuer asked all the time.
func TestANewKeyIsTakenTenSecondsAfterTheLastFetch(t *testing.T) {
	first, second := newIssuerKey(t, "k1", "ES256"), newIssuerKey(t, "k2", "ES256")
	for _, wait := range []time.Duration{0, 9 * time.Second, 10 * time.Second, time.Hour} {
		i, c := newIssuer(t, first), start()
		v := verifier(t, i, c)
		good(t, v, sign(first, i.person(c.Now(), client)))
		i.keys = []issuerKey{second}
		c.advance(wait)
		if token := sign(second, i.person(c.Now(), client)); wait >= 10*time.Second {
			good(t, v, token)
		} else {
			refused(t, v, token, false)
		}
	}
}

// An issuer that names no keys rotates, too: then a bad signature is a reason to ask for the keys.
func TestAKeyWithoutIDRotates(t *testing.T) {
	first, second := newIssuerKey(t, "", "ES256"), newIssuerKey(t, "", "ES256")
	i, c := newIssuer(t, first), start()
	v, nameless := verifier(t, i, c), map[string]any{"kid": nil}
	by := func(k issuerKey) string { return signWith(k, nameless, i.person(c.Now(), client)) }
	good(t, v, by(first))
	i.list = []any{second.published(nameless)}
	c.advance(10 * time.Second)
	good(t, v, by(second))
	refused(t, v, by(first), false)
	i.down = true
	c.advance(10 * time.Second)
	refused(t, v, by(first), false) // a bad signature, and no excuse for it
	good(t, v, by(second))
}
