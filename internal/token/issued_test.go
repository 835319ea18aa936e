package token_test

import (
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/token"
)

// What another issuer writes has other headers than ours, but none that changes what the token is.
func TestHeadersOfOtherIssuers(t *testing.T) {
	for header, good := range map[string]bool{
		`{"alg":"RS256"}`: true, `{"alg":"RS256","kid":"a"}`: true, `{"alg":"RS256","typ":"JWT"}`: true, `{"alg":"RS256","typ":"jwt"}`: true,
		`{"alg":"RS256","typ":"application/jwt"}`: true, `{"alg":"RS256","typ":"Application/JWT"}`: true, `{"alg":"RS256","typ":""}`: true,
		`{"alg":"RS256","jku":"https://evil.example","x5c":[]}`: true,
		`{"alg":"RS256","typ":"at+jwt"}`:                        false, `{"alg":"RS256","typ":"logout+jwt"}`: false, `{"alg":"RS256","typ":"JWT "}`: false,
		`{"alg":"RS256","crit":["exp"]}`: false, `{"alg":"RS256","crit":[]}`: false, `{"alg":"RS256","b64":false}`: false, `{"alg":"RS256","b64":true}`: false,
		`{"alg":"RS256","alg":"RS256"}`: false, `{"alg":1}`: false, `{"alg":`: false, `null`: false, `[]`: false,
	} {
		u, ok := token.ParseIssued(b64.EncodeToString([]byte(header)) + ".A.A")
		if ok != good || !good && u != (token.Unverified{}) {
			t.Errorf("%s: %+v, %t", header, u, ok)
		}
	}
	if u, ok := token.ParseIssued(b64.EncodeToString([]byte(`{"alg":"RS256","kid":"a"}`)) + ".A.A"); !ok || u.KeyID != "a" {
		t.Errorf("a token of the key a: %+v, %t", u, ok)
	}
	if u, ok := token.ParseIssued(whole(`{"alg":"RS256","kid":"k%s"}`) + "A.A.A"); ok || u != (token.Unverified{}) {
		t.Errorf("a header with something behind it: %+v, %t", u, ok)
	}
}

// The shape of a token is that of our own, whoever issued it.
func TestTokensOfOtherIssuersHaveTheShapeOfOurs(t *testing.T) {
	head := b64.EncodeToString([]byte(`{"alg":"RS256"}`))
	for name, text := range map[string]string{
		"nothing": "", "a header alone": head, "no signature": head + ".A.", "no claims": head + "..A", "no header": ".A.A", "four parts": head + ".A.A.A",
		"a line break": head + ".\nA.A", "long": head + "." + strings.Repeat("A", token.MaxBytes) + ".A",
	} {
		if u, ok := token.ParseIssued(text); ok || u != (token.Unverified{}) {
			t.Errorf("%s: %+v, %t", name, u, ok)
		}
	}
}

// A key has one algorithm, and nothing is signed by it that names another.
func TestAKeyHasSignedNothingOfAnotherAlgorithm(t *testing.T) {
	for _, alg := range []string{"none", "RS256", "hs256", ""} {
		u, ok := token.ParseIssued(handSigned(t, `{"alg":"`+alg+`"}`, `{}`))
		if !ok {
			t.Fatal(alg)
		}
		if payload, ok := u.Payload(token.NewSharedKey(string(instanceSecret))); ok || payload != nil {
			t.Errorf("%q: %s", alg, payload)
		}
	}
	u, ok := token.ParseIssued(handSigned(t, `{"alg":"HS256"}`, `{}`))
	if payload, signed := u.Payload(token.NewSharedKey(string(instanceSecret))); !ok || !signed || string(payload) != `{}` {
		t.Errorf("of its own: %s", payload)
	}
}
