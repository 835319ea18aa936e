package token_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/token"
)

func newKey(t testing.TB, private crypto.Signer, public crypto.PublicKey) *token.Key {
	t.Helper()
	k, err := token.NewKey(private, public)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// What one side publishes, the other reads: a token verifies with the key of its id, and with no other.
func TestPublishedKeysVerify(t *testing.T) {
	_, ed, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	signing := []*token.Key{newKey(t, ed, nil), newKey(t, ec, nil), newKey(t, rs, nil)}
	r := keyring(t, signing...)
	var shown struct{ Keys []map[string]string }
	if err := json.Unmarshal(r.JWKS(), &shown); err != nil {
		t.Fatal(err)
	}
	for i, k := range signing {
		if j := shown.Keys[i]; j["use"] != "sig" || j["alg"] != k.Algorithm() || j["kid"] != k.ID() || j["d"] != "" {
			t.Errorf("key %d is published as %v", i, j)
		}
	}
	read, err := token.ParseJWKS(r.JWKS())
	if err != nil || len(read.Skipped()) != 0 {
		t.Fatal(read.Skipped(), err)
	}
	for _, k := range signing {
		text := sign(t, k, claims())
		u, ok := token.Parse(text)
		if !ok || u.KeyID != k.ID() {
			t.Fatalf("a token of %s names %s", k.ID(), u.KeyID)
		}
		fitting := read.Fitting(u)
		if len(fitting) != 1 {
			t.Fatalf("%d keys fit a token of %s", len(fitting), k.Algorithm())
		}
		public := fitting[0]
		if c, ok := u.Verify(public); !ok || c != claims() {
			t.Errorf("a token of %s with its key: %t", k.Algorithm(), ok)
		}
		if public.CanSign() || public.ID() != k.ID() || public.Public() == nil {
			t.Errorf("%s is no public key of that id", k.ID())
		}
		if fast, strict := verdicts(r, checker(r), text); fast == "refused" || fast != strict {
			t.Errorf("%s: fast %s, strict %s", k.Algorithm(), fast, strict)
		}
	}
}

// Sessions name their key by its id, so that it must stay what it is.
func TestIDsOfKeysAreThoseOfTheFirstVersion(t *testing.T) {
	seed := sha256.Sum256([]byte("a seed"))
	k := newKey(t, ed25519.NewKeyFromSeed(seed[:]), nil)
	der, err := x509.MarshalPKIXPublicKey(k.Public())
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(der)
	if want := b64.EncodeToString(sum[:16]); k.ID() != want {
		t.Errorf("the id is %s, want %s", k.ID(), want)
	}
}

func TestNoKeysArePublishedAsAList(t *testing.T) {
	if text := string(keyring(t).JWKS()); text != `{"keys":[]}` {
		t.Errorf("no keys are %s", text)
	}
	if keys, err := token.ParseJWKS([]byte(`{"keys":[]}`)); err != nil || token.Keys(keys) != 0 {
		t.Errorf("they are read as %v, %v", keys, err)
	}
}

// A set that is none is an error; one that has too many keys would make each look-up dear.
func TestParseJWKSRefuses(t *testing.T) {
	many := func(n int) string {
		return `{"keys":[` + strings.TrimSuffix(strings.Repeat(`{"kty":"oct"},`, n), ",") + `]}`
	}
	for text, why := range map[string]string{
		"x": "invalid character", `{"keys":[]} {}`: "invalid character", "[]": "cannot unmarshal", "{}": "no list", `{"keys":null}`: "no list",
		`{"keys":{}}`: "no list", many(101): "too many",
	} {
		if keys, err := token.ParseJWKS([]byte(text)); err == nil || keys != nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%.20s: %v, %v, want that it says %q", text, keys, err, why)
		}
	}
	if _, err := token.ParseJWKS([]byte(many(100))); err != nil {
		t.Errorf("100 keys: %v", err)
	}
}

// A set has keys of many kinds: those that cannot serve are passed over.
func TestWhichPublishedKeysAreRead(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := ec.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	text := b64.EncodeToString
	edKey := func(more string) string {
		return `{"kty":"OKP","crv":"Ed25519","kid":"k","x":"` + strings.Repeat("A", 43) + `"` + more + `}`
	}
	ecKey := func(x, y []byte) string {
		return `{"kty":"EC","crv":"P-256","kid":"k","x":"` + text(x) + `","y":"` + text(y) + `"}`
	}
	rsaKey := func(bytes int, e string) string {
		n := make([]byte, bytes)
		n[0], n[bytes-1] = 0x80, 1
		return `{"kty":"RSA","kid":"k","n":"` + text(n) + `","e":"` + e + `"}`
	}
	for name, tt := range map[string]struct {
		key    string
		served bool
	}{
		"Ed25519":                       {edKey(""), true},
		"Ed25519 for signatures":        {edKey(`,"use":"sig","alg":"EdDSA"`), true},
		"Ed25519 for encryption":        {edKey(`,"use":"enc"`), false},
		"Ed25519 of another algorithm":  {edKey(`,"alg":"ES256"`), false},
		"Ed25519 with its private half": {edKey(`,"d":"AA"`), false},
		"Ed25519 on a curve of EC":      {strings.Replace(edKey(""), "Ed25519", "P-256", 1), false},
		"Ed25519 of 31 bytes":           {strings.Replace(edKey(""), "AAAA", "AAA", 1), false},
		"Ed25519 of 33 bytes":           {strings.Replace(edKey(""), "AAAA", "AAAAA", 1), false},
		"Ed25519 and a letter":          {strings.Replace(edKey(""), "AAAA", "AAAAAA", 1), false},
		"Ed25519 called EC":             {strings.Replace(edKey(""), "OKP", "EC", 1), false},
		"no kid":                        {strings.Replace(edKey(""), `"kid":"k",`, "", 1), true},
		"a kid of the most bytes":       {strings.Replace(edKey(""), `"k"`, `"`+strings.Repeat("k", token.MaxKid)+`"`, 1), true},
		"a longer kid":                  {strings.Replace(edKey(""), `"k"`, `"`+strings.Repeat("k", token.MaxKid+1)+`"`, 1), false},
		"RSA called symmetric":          {strings.Replace(rsaKey(256, "AQAB"), "RSA", "oct", 1), false},
		"symmetric":                     {`{"kty":"oct","kid":"k"}`, false},
		"P-256":                         {ecKey(point[1:33], point[33:]), true},
		"P-256 with a byte moved over":  {ecKey(point[1:32], point[32:]), false},
		"P-256 with a byte moved back":  {ecKey(point[1:34], point[34:]), false},
		"P-256 called OKP":              {strings.Replace(ecKey(point[1:33], point[33:]), "EC", "OKP", 1), false},
		"RSA of 2,048 bits":             {rsaKey(256, "AQAB"), true},
		"RSA of 2,040 bits":             {rsaKey(255, "AQAB"), false},
		"RSA of 8,192 bits":             {rsaKey(1024, "AQAB"), true},
		"RSA of 8,200 bits":             {rsaKey(1025, "AQAB"), false},
		"RSA with exponent 3":           {rsaKey(256, "Aw"), true},
		"RSA with exponent 4":           {rsaKey(256, "BA"), false},
		"RSA with an even exponent":     {rsaKey(256, "AQAA"), false},
		"RSA with exponent 1":           {rsaKey(256, "AQ"), false},
		"RSA with the largest exponent": {rsaKey(256, text([]byte{0x7f, 0xff, 0xff, 0xff})), true},
		"RSA with a larger one":         {rsaKey(256, text([]byte{0x80, 0, 0, 1})), false},
		"RSA with one of five bytes":    {rsaKey(256, text([]byte{0, 0, 1, 0, 1})), false},
	} {
		keys, err := token.ParseJWKS([]byte(`{"keys":[` + tt.key + `]}`))
		if err != nil || (token.Keys(keys) > 0) != tt.served {
			t.Errorf("%s: %v, %v", name, keys, err)
		}
	}
}

// A coordinate that begins with zeros keeps its full length (RFC 7518 6.2.1.2).
func TestJWKSKeepsLeadingZeros(t *testing.T) {
	for range 100_000 {
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		point, err := private.PublicKey.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if point[1] != 0 {
			continue
		}
		var set struct{ Keys []struct{ X, Y string } }
		if err := json.Unmarshal(keyring(t, newKey(t, private, nil)).JWKS(), &set); err != nil {
			t.Fatal(err)
		}
		if k := set.Keys[0]; len(k.X) != 43 || len(k.Y) != 43 || k.X[0] != 'A' {
			t.Errorf("coordinates %s, %s", k.X, k.Y)
		}
		return
	}
	t.Error("no coordinate begins with a zero")
}

// withNumbers is a key with other numbers than it was made with: whoever keeps keys as JSON can read such ones.
func withNumbers(t *testing.T, of *ecdsa.PrivateKey, numbers string) *ecdsa.PrivateKey {
	t.Helper()
	scalar, err := of.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	k, err := ecdsa.ParseRawPrivateKey(of.Curve, scalar) // numbers of its own, which are written over
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(numbers), k); err != nil {
		t.Fatal(err)
	}
	return k
}

func TestNewKeyRefuses(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	large, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	mixed := *p256
	mixed.PublicKey = other.PublicKey
	for name, tt := range map[string]struct {
		private crypto.Signer
		public  crypto.PublicKey
	}{
		"P-256 beside another's point": {private: &mixed},
		"nothing":                      {}, "P-384": {private: p384}, "P-384, public": {public: p384.Public()}, "RSA of 1,024 bits": {private: small},
		"another signer": {private: struct{ crypto.Signer }{p384}}, "a secret": {public: []byte("secret")},
		"short": {private: ed25519.PrivateKey("short")}, "short, public": {public: ed25519.PublicKey("short")},
		"nil EC": {private: (*ecdsa.PrivateKey)(nil)}, "empty EC": {private: &ecdsa.PrivateKey{}},
		"P-256 without numbers":          {private: &ecdsa.PrivateKey{PublicKey: ecdsa.PublicKey{Curve: elliptic.P256()}}},
		"P-256 of the public half alone": {private: &ecdsa.PrivateKey{PublicKey: p256.PublicKey}},
		"P-256 of zero":                  {private: withNumbers(t, p256, `{"D":0}`)},
		"P-256 of what is too large":     {private: withNumbers(t, p256, `{"D":1`+strings.Repeat("0", 80)+`}`)},
		"P-256 of half a point":          {private: withNumbers(t, p256, `{"Y":null}`)},
		"P-256 of the other half":        {private: withNumbers(t, p256, `{"X":null}`)},
		"P-256 beside the curve":         {private: withNumbers(t, p256, `{"Y":1}`)},
		"P-256 by its parameters":        {private: &ecdsa.PrivateKey{PublicKey: ecdsa.PublicKey{Curve: elliptic.P256().Params()}}},
		"P-256 without a point, public":  {public: &ecdsa.PublicKey{Curve: elliptic.P256()}},
		"P-256 of half a point, public":  {public: &withNumbers(t, p256, `{"Y":null}`).PublicKey},
		"P-256 beside the curve, public": {public: &withNumbers(t, p256, `{"Y":1}`).PublicKey},
		"nil EC, public":                 {public: (*ecdsa.PublicKey)(nil)}, "empty RSA, public": {public: &rsa.PublicKey{}},
		"nil RSA, public": {public: (*rsa.PublicKey)(nil)}, "RSA without primes": {private: &rsa.PrivateKey{PublicKey: large.PublicKey, D: large.D}},
		"RSA of one prime":  {private: &rsa.PrivateKey{PublicKey: large.PublicKey, D: large.D, Primes: large.Primes[:1]}},
		"RSA without D":     {private: &rsa.PrivateKey{PublicKey: large.PublicKey, Primes: large.Primes}},
		"P-256 in a device": {private: struct{ crypto.Signer }{p256}},
		"nil RSA":           {private: (*rsa.PrivateKey)(nil)}, "empty RSA": {private: &rsa.PrivateKey{}},
	} {
		if k, err := token.NewKey(tt.private, tt.public); !errors.Is(err, token.ErrKeyKind) || k != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
