package token_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"slices"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/token"
)

// setOf reads a key set of these entries.
func setOf(t *testing.T, entries ...string) *token.KeySet {
	t.Helper()
	set, err := token.ParseJWKS([]byte(`{"keys":[` + strings.Join(entries, ",") + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// issued is a token of another issuer, of which only the header counts.
func issued(t *testing.T, header string) token.Unverified {
	t.Helper()
	u, ok := token.ParseIssued(b64.EncodeToString([]byte(header)) + ".A.A")
	if !ok {
		t.Fatal(header)
	}
	return u
}

// edEntry is a published Ed25519 key, which differs by its last letter.
func edEntry(kid, letter string) string {
	return `{"kty":"OKP","crv":"Ed25519","kid":"` + kid + `","x":"` + strings.Repeat("A", 41) + letter + `A"}`
}

// rsaEntry is a published RSA key with more members.
func rsaEntry(more string) string {
	n := make([]byte, 256)
	n[0], n[255] = 0x80, 1
	return `{"kty":"RSA","kid":"r","n":"` + b64.EncodeToString(n) + `","e":"AQAB"` + more + `}`
}

// A token without a key id fits the only key of its algorithm, however often that is published.
func TestWhichKeysFitAToken(t *testing.T) {
	all := []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
	for name, tt := range map[string]struct {
		set  []string
		fits map[string]int // by header
	}{
		"one key": {[]string{edEntry("a", "A")}, map[string]int{
			`{"alg":"EdDSA"}`: 1, `{"alg":"EdDSA","kid":"a"}`: 1, `{"alg":"EdDSA","kid":"b"}`: 0, `{"alg":"ES256"}`: 0, `{"alg":"none"}`: 0, `{}`: 0,
		}},
		"one key twice": {[]string{edEntry("a", "A"), edEntry("a", "A")}, map[string]int{`{"alg":"EdDSA"}`: 1, `{"alg":"EdDSA","kid":"a"}`: 1}},
		"two keys of one id": {[]string{edEntry("a", "A"), edEntry("a", "B")}, map[string]int{
			`{"alg":"EdDSA"}`: 0, `{"alg":"EdDSA","kid":"a"}`: 2,
		}},
		"one key of two ids": {[]string{edEntry("a", "A"), edEntry("b", "A")}, map[string]int{
			`{"alg":"EdDSA"}`: 0, `{"alg":"EdDSA","kid":"a"}`: 1, `{"alg":"EdDSA","kid":"b"}`: 1,
		}},
		"keys of two algorithms": {[]string{edEntry("a", "A"), rsaEntry("")}, map[string]int{`{"alg":"EdDSA"}`: 1, `{"alg":"RS256"}`: 1}},
		"an RSA key of one algorithm": {[]string{rsaEntry(`,"alg":"PS384"`)}, map[string]int{
			`{"alg":"PS384"}`: 1, `{"alg":"RS256"}`: 0, `{"alg":"PS256"}`: 0,
		}},
	} {
		set := setOf(t, tt.set...)
		for header, n := range tt.fits {
			if fitting := set.Fitting(issued(t, header)); len(fitting) != n {
				t.Errorf("%s: %d fit %s, want %d", name, len(fitting), header, n)
			}
		}
	}
	serves := setOf(t, rsaEntry(""), rsaEntry(""))
	for _, alg := range all {
		if fitting := serves.Fitting(issued(t, `{"alg":"`+alg+`"}`)); len(fitting) != 1 || fitting[0].Algorithm() != alg {
			t.Errorf("an RSA key without an algorithm: %d fit %s", len(fitting), alg)
		}
	}
}

// Every curve has coordinates of its own length, written whole and with nothing behind them.
func TestCoordinatesOfEveryCurve(t *testing.T) {
	for name, c := range map[string]struct {
		curve elliptic.Curve
		alg   string
	}{"P-256": {elliptic.P256(), "ES256"}, "P-384": {elliptic.P384(), "ES384"}, "P-521": {elliptic.P521(), "ES512"}} {
		private, err := ecdsa.GenerateKey(c.curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		point, err := private.PublicKey.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		n := len(point) / 2
		x, y := b64.EncodeToString(point[1:1+n]), b64.EncodeToString(point[1+n:])
		entry := func(crv, x, y string) string {
			return `{"kty":"EC","crv":"` + crv + `","kid":"k","x":"` + x + `","y":"` + y + `"}`
		}
		good := setOf(t, entry(name, x, y)).Fitting(issued(t, `{"alg":"`+c.alg+`"}`))
		if len(good) != 1 || !private.PublicKey.Equal(good[0].Public()) {
			t.Errorf("%s: %d keys", name, len(good))
		}
		for what, bad := range map[string]string{
			"x and a letter": entry(name, x+"A", y), "y and a letter": entry(name, x, y+"A"), "no x": entry(name, "", y), "no y": entry(name, x, ""),
			"x and y alike": entry(name, x, x), "another curve": entry("P-224", x, y), "no curve": entry("", "", ""), "both in x": entry(name, x+y, ""),
		} {
			set := setOf(t, bad)
			if want := []string{`key 1 of 1: "k" of type "EC" cannot be used`}; token.Keys(set) != 0 || !slices.Equal(set.Skipped(), want) {
				t.Errorf("%s, %s: %d keys, %q", name, what, token.Keys(set), set.Skipped())
			}
		}
	}
}

// Whoever looks into the log finds which key of a set is not used, and why.
func TestSkippedKeysAreNamed(t *testing.T) {
	for entry, why := range map[string]string{
		`{"kty":"oct","kid":"k","k":"AAAA"}`:                         `"k" of type "oct" cannot be used`,
		`{"kid":"k"}`:                                                `"k" of type "" cannot be used`,
		`{"kty":"EC","kid":"k","crv":"P-256","x":1}`:                 `"k" of type "EC" cannot be used`,
		`{"kty":"RSA","kid":"k","n":1}`:                              `"k" of type "RSA" cannot be used`,
		`{"kty":"RSA","kid":"k","n":"=","e":"AQAB"}`:                 `"k" of type "RSA" cannot be used`,
		`{"kty":"RSA","kid":"k","n":"AQ","e":"AQAB"}`:                `"k" of type "RSA" cannot be used`,
		`{"kty":"OKP","kid":"k","crv":"Ed25519","x":1}`:              `"k" of type "OKP" cannot be used`,
		strings.Replace(edEntry("k", "A"), `"}`, `","alg":"X"}`, 1):  `"k" is for the algorithm "X"`,
		strings.Replace(edEntry("k", "A"), `"}`, `","d":"AAAA"}`, 1): `"k" shows its private half`,
		edEntry(strings.Repeat("k", token.MaxKid+1), "A"):            `its id is too long`,
		`1`:                               `strictjson: `,
		`{"kty":"OKP","kty":"OKP"}`:       `strictjson: `,
		`{"kty":"oct","use":"enc"}`:       ``,
		`{"kty":"oct","key_ops":["mac"]}`: ``,
	} {
		skipped := setOf(t, edEntry("a", "A"), entry).Skipped()
		if why == "" && len(skipped) == 0 {
			continue
		}
		if len(skipped) != 1 || !strings.HasPrefix(skipped[0], "key 2 of 2: "+why) {
			t.Errorf("%s: %q, want %q", entry, skipped, why)
		}
	}
}
