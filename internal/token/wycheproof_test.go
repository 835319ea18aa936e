package token_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/token"
)

type wycheproofGroup struct {
	Comment         string
	Public, Private json.RawMessage
	Tests           []struct {
		ID      int `json:"tcId"`
		Comment string
		JWS     json.RawMessage
		Result  string
	}
}

func wycheproof(t *testing.T, file string) []wycheproofGroup {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "wycheproof", file))
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ TestGroups []wycheproofGroup }
	if err := json.Unmarshal(raw, &all); err != nil || len(all.TestGroups) == 0 {
		t.Fatal(file, err)
	}
	return all.TestGroups
}

// accepts reports whether the group's key, as an issuer publishes it or, where it is symmetric, as a tenant holds it,
// has signed the text.
func (g wycheproofGroup) accepts(t *testing.T, text string) bool {
	t.Helper()
	u, ok := token.ParseIssued(text)
	if !ok {
		return false
	}
	key := g.Public
	if key == nil {
		key = g.Private
	}
	var shape struct {
		Keys []json.RawMessage
		K    string
	}
	if err := json.Unmarshal(key, &shape); err != nil {
		t.Fatal(err)
	}
	if shape.K != "" {
		secret, err := base64.RawURLEncoding.DecodeString(shape.K)
		if err != nil {
			t.Fatal(err)
		}
		_, ok := u.Payload(token.NewSharedKey(string(secret)))
		return ok
	}
	if shape.Keys == nil {
		key = fmt.Appendf(nil, `{"keys":[%s]}`, key)
	}
	set, err := token.ParseJWKS(key)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range set.Fitting(u) {
		if _, ok := u.Payload(k); ok {
			return true
		}
	}
	return false
}

// TestWycheproof gives every JWS of Wycheproof to the key of its group. What comes out otherwise than Wycheproof says is
// listed, with the reason; the list is exact.
func TestWycheproof(t *testing.T) {
	const (
		noClaims  = "a JWT has claims"
		otherwise = "the key is for another algorithm than the token's: PS256, and an ES521 that does not exist"
		lax       = "what is no base64url is refused, not skipped"
		intact    = "the vector has lost its padding: it is the text of 372 without the stray character, and good"
		symmetric = "nobody publishes a symmetric key (RFC 8725 2.1)"
	)
	deviations := map[string]string{
		"json_web_signature_test.json 259": noClaims, "json_web_signature_test.json 264": noClaims,
		"json_web_signature_test.json 268": noClaims, "json_web_signature_test.json 272": noClaims,
		"json_web_signature_test.json 320": noClaims, "json_web_signature_test.json 325": noClaims,
		"json_web_signature_test.json 346": otherwise, "json_web_signature_test.json 347": otherwise,
		"json_web_signature_test.json 350": otherwise, "json_web_signature_test.json 351": otherwise,
		"json_web_signature_test.json 367": intact, "json_web_signature_test.json 370": intact,
		"json_web_signature_test.json 372": lax, "json_web_signature_test.json 373": lax,
		"json_web_key_test.json 2": symmetric, "json_web_key_test.json 13": symmetric,
		"json_web_key_test.json 14": symmetric, "json_web_key_test.json 15": symmetric,
		"json_web_crypto_test.json 48": symmetric,
	}
	for _, file := range []string{"json_web_signature_test.json", "json_web_key_test.json", "json_web_crypto_test.json"} {
		for _, g := range wycheproof(t, file) {
			for _, c := range g.Tests {
				if c.JWS == nil {
					continue // of encryption
				}
				var text string
				if json.Unmarshal(c.JWS, &text) != nil {
					text = string(c.JWS) // the JSON serialization
				}
				name := fmt.Sprintf("%s %d", file, c.ID)
				if good := g.accepts(t, text); good != (c.Result == "valid") {
					if deviations[name] == "" {
						t.Errorf("%s: %s %s is %s, and accepted is %t: %.300s", name, g.Comment, c.Comment, c.Result, good, text)
					}
					delete(deviations, name)
				}
			}
		}
	}
	for name := range deviations {
		t.Errorf("%s is as it should be", name)
	}
}
