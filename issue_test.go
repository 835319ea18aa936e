package tollkeeper_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
)

// TestTokensAreWrittenAsJSONIs holds the claims' own encoder to encoding/json: the names in order, the same escapes.
func TestTokensAreWrittenAsJSONIs(t *testing.T) {
	for _, issuer := range []string{"https://auth.example", `odd "issuer" \ <b>&`, "überall\u2028"} {
		story(t, func(w *world) {
			payload := payloadOf(w, string(w.signIn(w.parent("p@example.com")).Token))
			claims := map[string]any{}
			decoder := json.NewDecoder(bytes.NewReader(payload))
			decoder.UseNumber()
			if err := decoder.Decode(&claims); err != nil {
				w.Fatalf("%v in %s", err, payload)
			}
			want, err := json.Marshal(claims)
			w.ok(err)
			if !bytes.Equal(payload, want) || claims["iss"] != issuer {
				w.Errorf("wrote %s\nwant  %s", payload, want)
			}
			w.identity(string(w.signIn(w.parent("q@example.com")).Token))
		}, func(c *tollkeeper.Config) { c.Tokens.Issuer = issuer })
	}
}

func payloadOf(t testing.TB, token string) []byte {
	t.Helper()
	parts := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	return payload
}
