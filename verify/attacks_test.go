package verify_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"hash"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/verify"
)

// attacked is a good token, and the key that signs what is made of it. What is refused has a good signature, where
// nothing else is said.
type attacked struct {
	text         string
	head, claims map[string]any
	method       jwt.SigningMethod
	key          any
	public       []byte // DER; nil for HMAC
}

func (a *attacked) sign(head, claims string) string {
	signed := text64([]byte(head)) + "." + text64([]byte(claims))
	sig, err := a.method.Sign(signed, a.key)
	if err != nil {
		panic(err)
	}
	return signed + "." + text64(sig)
}

func encoded(m map[string]any) string {
	text, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// changed sets the members that pairs names and gives; nil takes one away.
func changed(m map[string]any, pairs ...any) map[string]any {
	m = maps.Clone(m)
	for i := 0; i < len(pairs); i += 2 {
		if m[pairs[i].(string)] = pairs[i+1]; pairs[i+1] == nil {
			delete(m, pairs[i].(string))
		}
	}
	return m
}

func (a *attacked) header(pairs ...any) string {
	return a.sign(encoded(changed(a.head, pairs...)), encoded(a.claims))
}

func (a *attacked) claim(pairs ...any) string {
	return a.sign(encoded(a.head), encoded(changed(a.claims, pairs...)))
}

// withMAC signs the token's claims below another header, by HMAC.
func (a *attacked) withMAC(head map[string]any, key []byte, h func() hash.Hash) string {
	signed := text64([]byte(encoded(head))) + "." + strings.Split(a.text, ".")[1]
	m := hmac.New(h, key)
	m.Write([]byte(signed))
	return signed + "." + text64(m.Sum(nil))
}

type verdict struct {
	what, text string
	good       bool
}

// verdicts are after the attacks of ticarpi/jwt_tool (commit e4f380fea786) and the tests of auth0/node-jsonwebtoken
// (bc28861f1fa9, MIT) and panva/jose (afbc66491474, MIT), written anew. Where this library is stricter than they are, or
// has another leeway, its own verdict stands here.
func (a *attacked) verdicts(t *testing.T, now int64) (list []verdict) {
	add := func(good bool, what, text string) { list = append(list, verdict{what, text, good}) }
	parts := strings.Split(a.text, ".")
	head, body := encoded(a.head), encoded(a.claims)
	add(true, "the token itself", a.text)
	add(true, "signed anew", a.sign(head, body))
	add(true, "white space", a.sign(" "+strings.ReplaceAll(head, ",", " ,\n")+"\t", " "+body+" \r\n"))
	add(true, "escapes in the header's names", a.sign(strings.Replace(head, `"alg"`, `"\u0061lg"`, 1), body))

	// Without a signature, or with one of a key that everybody has.
	add(false, "broken signature", a.text[:len(a.text)-4])
	for _, alg := range []string{"none", "None", "NONE", "nOnE", "none ", "\x00none", ""} {
		h := text64([]byte(encoded(changed(a.head, "alg", alg))))
		add(false, fmt.Sprintf("alg %q, no signature", alg), h+"."+parts[1]+".")
		add(false, fmt.Sprintf("alg %q, the old signature", alg), h+"."+parts[1]+"."+parts[2])
	}
	public := map[string][]byte{"nothing": {}, "NUL": {0}, "1": []byte("1"), "secret": []byte("secret"), "a usual one": []byte("your-256-bit-secret")}
	if a.public != nil {
		text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: a.public})
		public["DER"], public["PEM"], public["PEM without line break"] = a.public, text, text[:len(text)-1]
	}
	for name, key := range public {
		for alg, h := range map[string]func() hash.Hash{"HS256": sha256.New, "HS384": sha512.New384, "HS512": sha512.New} {
			add(false, alg+" with the key "+name, a.withMAC(changed(a.head, "alg", alg), key, h))
		}
		for _, kid := range []string{"", "../../../../../../dev/null", "/dev/null", "|sleep 10", "' UNION SELECT '1", "https://evil.example/key", "0", "\x00"} {
			add(false, fmt.Sprintf("kid %q, key %s", kid, name), a.withMAC(changed(a.head, "alg", "HS256", "kid", kid), key, sha256.New))
		}
	}
	for name, sig := range map[string][]byte{"zeros": make([]byte, 64), "zeros in DER": {0x30, 6, 2, 1, 0, 2, 1, 0}} { // CVE-2022-21449
		add(false, "a signature of "+name, text64([]byte(encoded(changed(a.head, "alg", "ES256"))))+"."+parts[1]+"."+text64(sig))
	}
	own, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	thief := attacked{head: changed(a.head, "alg", "RS256"), claims: a.claims, method: jwt.SigningMethodRS256, key: own}
	jwk := map[string]any{"kty": "RSA", "kid": "thief", "use": "sig", "e": "AQAB", "n": text64(own.N.Bytes())}
	for name, text := range map[string]string{
		"jwk": thief.header("jwk", jwk), "jwk and its kid": thief.header("jwk", jwk, "kid", "thief"),
		"jku": thief.header("jku", "https://evil.example/jwks.json"), "x5u": thief.header("x5u", "https://evil.example/c.pem"), "x5c": thief.header("x5c", []string{"MIIB"}),
	} {
		add(false, "the thief's "+name, text)
	}

	// Headers that the key has signed.
	lower := strings.ToLower(a.head["alg"].(string))
	for name, pairs := range map[string][]any{
		"jku": {"jku", "https://evil.example/j"}, "crit": {"crit", []string{"exp"}, "exp", 1}, "crit empty": {"crit", []string{}},
		"crit b64, b64 true": {"crit", []string{"b64"}, "b64", true}, "crit b64, b64 false": {"crit", []string{"b64"}, "b64", false},
		"b64 false": {"b64", false}, "b64 true": {"b64", true}, "zip": {"zip", "DEF"}, "enc": {"enc", "A256GCM"}, "cty": {"cty", "JWT"}, "x5t": {"x5t", "abc"},
		"unknown": {"foo", "bar"}, "no typ": {"typ", nil}, "typ jwt": {"typ", "jwt"}, "typ at+jwt": {"typ", "at+jwt"}, "typ a number": {"typ", 1},
		"no alg": {"alg", nil}, "alg a number": {"alg", 1}, "alg in lower case": {"alg", lower}, "alg a list": {"alg", []any{a.head["alg"]}},
		"no kid": {"kid", nil}, "kid a number": {"kid", 1}, "kid null": {"kid", json.RawMessage("null")},
	} {
		add(false, "header "+name, a.header(pairs...))
	}
	for _, h := range []string{`"text"`, `1`, `null`, `[]`, `{}`, ``, `{`, "[" + head + "]", head + " x", "\ufeff" + head, strings.Replace(head, "{", `{"alg":"none",`, 1)} {
		add(false, fmt.Sprintf("header %.24q", h), a.sign(h, body))
	}

	// Claims.
	for _, claim := range []string{"exp", "nbf", "iat"} {
		for _, v := range []any{true, false, "", "1", "1 day", []any{}, []any{1}, map[string]any{}, map[string]any{"a": 1}, -1, 1e300, "Infinity"} {
			add(false, fmt.Sprintf("%s %#v", claim, v), a.claim(claim, v))
		}
		add(false, "no "+claim, a.claim(claim, nil))
	}
	for name, c := range map[string]struct {
		good  bool
		pairs []any
	}{
		"exp a second ago": {false, []any{"exp", now - 1}}, "exp now": {false, []any{"exp", now}}, "exp in a minute": {true, []any{"exp", now + 60}},
		"exp a fraction": {false, []any{"exp", float64(now) + 100.5}}, "ten years": {false, []any{"iat", now - 365*86400, "nbf", now - 365*86400, "exp", now + 9*365*86400}},
		"nbf now": {true, []any{"nbf", now}}, "nbf within the leeway": {true, []any{"nbf", now + 1}}, "nbf in a minute": {false, []any{"nbf", now + 60}}, "iat in a minute": {false, []any{"iat", now + 60}},
		"another iss": {false, []any{"iss", "https://evil.example"}}, "iss a list": {false, []any{"iss", []any{a.claims["iss"]}}}, "iss in capitals": {false, []any{"iss", strings.ToUpper(a.claims["iss"].(string))}},
		"iss with a slash": {false, []any{"iss", a.claims["iss"].(string) + "/"}}, "no iss": {false, []any{"iss", nil}},
		"aud a list": {false, []any{"aud", []any{a.claims["aud"]}}}, "aud of two": {false, []any{"aud", []any{"x", a.claims["aud"]}}}, "another aud": {false, []any{"aud", "another"}},
		"aud empty": {false, []any{"aud", ""}}, "aud an empty list": {false, []any{"aud", []any{}}}, "no aud": {false, []any{"aud", nil}},
		"sub a number": {false, []any{"sub", 1}}, "no sub": {false, []any{"sub", nil}}, "another jti": {true, []any{"jti", "another"}}, "jti a number": {false, []any{"jti", 1}},
		"a private claim": {true, []any{"foo", map[string]any{"bar": []any{1, nil, "x"}}}}, "__proto__": {true, []any{"__proto__", map[string]any{"admin": true}}}, "ten kilobytes": {false, []any{"x", strings.Repeat("a", 10_000)}},
		"a hundred levels": {false, []any{"x", json.RawMessage(strings.Repeat("[", 100) + strings.Repeat("]", 100))}}, "EXP besides exp": {true, []any{"EXP", 1}}, "Sub for sub": {false, []any{"sub", nil, "Sub", a.claims["sub"]}},
	} {
		add(c.good, name, a.claim(c.pairs...))
	}
	for _, payload := range []string{`"text"`, `1`, `true`, `null`, `[]`, `{}`, ``, `{`, "[" + body + "]", body + " x", body + body, strings.Replace(body, "{", `{"sub":"x",`, 1), strings.Replace(body, "{", "{\"x\":\"\xff\",", 1)} {
		add(false, fmt.Sprintf("payload %.24q", payload), a.sign(head, payload))
	}

	// Texts.
	for _, text := range []string{
		"", " ", ".", "..", "...", "null", "undefined", "[object Object]", "fruit.fruit.fruit", parts[0], parts[0] + "." + parts[1], parts[0] + "." + parts[1] + ".",
		a.text + ".", "." + a.text, a.text + ".x", " " + a.text, a.text + "\n", "Bearer " + a.text, a.text + "=", parts[0] + "=." + parts[1] + "." + parts[2],
		strings.ReplaceAll(a.text, ".", ". "), a.text + a.text, a.text + "\x00", parts[0] + "." + parts[1] + "." + parts[2][:10] + "\n" + parts[2][10:],
		`{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
	} {
		add(false, fmt.Sprintf("text %.30q of %d bytes", text, len(text)), text)
	}
	if len(parts[2])%4 != 0 {
		add(false, "unused bits of the signature", alias(a.text))
	}
	return list
}

// Whoever checks tokens, the host itself or a service that only has its keys, refuses what attacks and the tests of other
// libraries try, and both give one verdict.
func TestTokensThatOthersRefuse(t *testing.T) {
	for _, alg := range []string{"EdDSA", "ES256", "RS256", "HS256"} {
		t.Run(alg, func(t *testing.T) {
			var keys []tollkeeper.SigningKey
			audience := tollkeeper.AudienceOrganization
			if alg != "HS256" {
				key, err := tollkeeper.GenerateSigningKey(alg)
				if err != nil {
					t.Fatal(err)
				}
				keys, audience = append(keys, key), tollkeeper.AudienceV1
			}
			kit := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Tokens.SigningKeys = keys }))
			res := kit.SignIn(kit.Parent(), func(r *tollkeeper.SignInRequest) { r.Audience = audience })
			a := &attacked{text: string(res.Token), method: jwt.GetSigningMethod(alg), key: []byte(res.TenantKey)}
			c := verify.Config{Issuer: authtest.BaseURL, Audiences: []string{string(audience)}, Now: kit.Now}
			if keys == nil {
				c.Secret = verify.Secret(res.TenantKey)
			} else {
				a.key = keys[0].Private
				a.public, _ = x509.MarshalPKIXPublicKey(keys[0].Private.Public())
				c.JWKSURL, c.HTTPClient = jwksURL, &http.Client{Transport: &transport{answer: saying(200, string(kit.Auth.JWKS()))}}
			}
			for i, m := range []*map[string]any{&a.head, &a.claims} {
				raw, err := base64.RawURLEncoding.DecodeString(strings.Split(a.text, ".")[i])
				if err != nil {
					t.Fatal(err)
				}
				d := json.NewDecoder(strings.NewReader(string(raw)))
				d.UseNumber()
				if err := d.Decode(m); err != nil {
					t.Fatal(err)
				}
			}
			v := newVerifier(t, c)
			list := a.verdicts(t, kit.Now().Unix())
			for _, x := range list {
				if id, err := kit.Auth.Authenticate(t.Context(), tollkeeper.SecretText(x.text)); (err == nil) != x.good || (id != nil) != x.good {
					t.Errorf("%s: the host says %v, %v", x.what, id, err)
				}
				if claims, err := v.Verify(t.Context(), x.text); (err == nil) != x.good || reflect.ValueOf(claims).IsZero() == x.good {
					t.Errorf("%s: verify says %+v, %v", x.what, claims, err)
				}
			}
		})
	}
}
