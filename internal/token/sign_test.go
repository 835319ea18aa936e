package token_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"strings"
	"testing"
)

// TestTokensAreWrittenAsJSONIs holds the claims' own encoder to encoding/json: the names in order, the same escapes.
func TestTokensAreWrittenAsJSONIs(t *testing.T) {
	r := keyring(t)
	for _, issuer := range []string{"https://auth.example", `odd "issuer" \ <b>&`, "überall\u2028"} {
		c := claims()
		c.Issuer, c.Ext = issuer, `{"plan":"pro","seats":3}`
		text := sign(t, r.Instance(), c)
		payload := payloadOf(t, text)
		written := map[string]any{}
		decoder := json.NewDecoder(strings.NewReader(payload))
		decoder.UseNumber()
		if err := decoder.Decode(&written); err != nil {
			t.Fatalf("%v in %s", err, payload)
		}
		want, err := json.Marshal(written)
		if err != nil {
			t.Fatal(err)
		}
		if payload != string(want) || written["iss"] != issuer {
			t.Errorf("wrote %s\nwant  %s", payload, want)
		}
		if got, _, ok := r.Check(text, issuer, now); !ok || got != c {
			t.Errorf("read %+v, %t", got, ok)
		}
	}
}

func TestAKeyThatVerifiesDoesNotSign(t *testing.T) {
	public := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32)).Public()
	k := newKey(t, nil, public)
	if text, err := k.Sign(claims()); err == nil || text != "" || k.CanSign() {
		t.Errorf("it signs: %q", text)
	}
}
