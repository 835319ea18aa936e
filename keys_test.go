package tollkeeper_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

var algorithms = []string{"EdDSA", "ES256", "RS256"}

// signingKeys makes one key of each algorithm, once: RSA takes its time.
var signingKeys = sync.OnceValue(func() map[string]tollkeeper.SigningKey {
	keys := map[string]tollkeeper.SigningKey{}
	for _, alg := range algorithms {
		k, err := tollkeeper.GenerateSigningKey(alg)
		if err != nil {
			panic(err)
		}
		keys[alg] = k
	}
	return keys
})

type jwkSet struct {
	Keys []struct{ Kty, Use, Alg, Kid, Crv, X, Y, N, E, D, P, Q string }
}

func jwks(t *testing.T, kit *authtest.Kit) jwkSet {
	t.Helper()
	var set jwkSet
	if err := json.Unmarshal(kit.Auth.JWKS(), &set); err != nil {
		t.Fatal(err)
	}
	return set
}

func withKeys(keys ...tollkeeper.SigningKey) authtest.Option {
	return authtest.WithConfig(func(c *tollkeeper.Config) { c.Tokens.SigningKeys = keys })
}

// kidOf answers kid and alg of the header of a token.
func kidOf(t *testing.T, token string) (kid, alg string) {
	t.Helper()
	head, _, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		t.Fatal(err)
	}
	var h struct{ Kid, Alg string }
	if err := json.Unmarshal(raw, &h); err != nil {
		t.Fatal(err)
	}
	return h.Kid, h.Alg
}

func TestJWKSOfSymmetricKeysIsEmpty(t *testing.T) {
	if got := string(authtest.New(t).Auth.JWKS()); got != `{"keys":[]}` {
		t.Errorf("the set is %s", got)
	}
}

func TestJWKSHasThePublicKeys(t *testing.T) {
	keys := signingKeys()
	for _, first := range algorithms {
		t.Run(first, func(t *testing.T) {
			list := []tollkeeper.SigningKey{keys[first]}
			for _, alg := range algorithms {
				if alg != first {
					list = append(list, tollkeeper.SigningKey{Public: keys[alg].Private.Public()})
				}
			}
			kit := authtest.New(t, withKeys(list...))
			set := jwks(t, kit)
			if len(set.Keys) != 3 {
				t.Fatalf("%d keys", len(set.Keys))
			}
			token := kit.SignIn(kit.Parent()).Token
			if kid, alg := kidOf(t, string(token)); kid != set.Keys[0].Kid || alg != first || set.Keys[0].Alg != first {
				t.Errorf("the token has %s %s, the first key is %s %s", alg, kid, set.Keys[0].Alg, set.Keys[0].Kid)
			}
			kit.Identity(string(token))
			for _, k := range set.Keys {
				if k.Use != "sig" || k.Kid == "" || k.D+k.P+k.Q != "" {
					t.Errorf("key %+v", k)
				}
				sizes := map[string]string{"EdDSA": "OKP Ed25519 43 0 0", "ES256": "EC P-256 43 43 0", "RS256": "RSA  0 0 512"}
				if got := fmt.Sprint(k.Kty, " ", k.Crv, " ", len(k.X), " ", len(k.Y), " ", len(k.N)); got != sizes[k.Alg] {
					t.Errorf("%s is %q, want %q", k.Alg, got, sizes[k.Alg])
				}
			}
		})
	}
}

func TestJWKSAnswersACopy(t *testing.T) {
	kit := authtest.New(t, withKeys(signingKeys()["EdDSA"]))
	clear(kit.Auth.JWKS())
	if !json.Valid(kit.Auth.JWKS()) {
		t.Error("a caller can change the set")
	}
}

// TestSigningKeyRotation moves from one key to the next: a token lives until its key leaves the configuration.
func TestSigningKeyRotation(t *testing.T) {
	old, err := tollkeeper.GenerateSigningKey("")
	if err != nil {
		t.Fatal(err)
	}
	before := authtest.New(t, withKeys(old))
	parent := before.Parent()
	token := before.SignIn(parent).Token
	next := signingKeys()["ES256"]
	overlap := before.Another(withKeys(next, tollkeeper.SigningKey{Public: old.Private.Public()}))
	overlap.Identity(string(token))
	overlap.SignedIn(parent)
	after := before.Another(withKeys(next))
	if _, err := after.Auth.Authenticate(t.Context(), token); !errors.Is(err, tollkeeper.ErrInvalidToken) {
		t.Errorf("a token of a removed key gives %v", err)
	}
}

// A session is refreshed with the key that it began with: that one has to sign as long as there are refresh tokens.
func TestRefreshSignsWithTheKeyOfItsSession(t *testing.T) {
	old, next := signingKeys()["EdDSA"], signingKeys()["ES256"]
	refresh := authtest.WithConfig(func(c *tollkeeper.Config) { c.Refresh.Idle = time.Hour })
	before := authtest.New(t, withKeys(old), refresh)
	user := before.User()
	signed, verified := before.SignIn(user), before.SignIn(user)
	both := before.Another(withKeys(next, old))
	res, err := both.Auth.Refresh(t.Context(), signed.Refresh, tollkeeper.Client{})
	if err != nil {
		t.Fatalf("with the private half of the old key: %v", err)
	}
	before.Identity(string(res.Token)) // which knows the old key alone
	public := before.Another(withKeys(next, tollkeeper.SigningKey{Public: old.Private.Public()}))
	if _, err := public.Auth.Refresh(t.Context(), verified.Refresh, tollkeeper.Client{}); !errors.Is(err, tollkeeper.ErrInvalidToken) {
		t.Errorf("with its public half: %v", err)
	}
}

func TestGenerateSigningKey(t *testing.T) {
	k, err := tollkeeper.GenerateSigningKey("")
	if _, ed := k.Private.(ed25519.PrivateKey); err != nil || !ed {
		t.Errorf("the default is %T, %v", k.Private, err)
	}
	if r := signingKeys()["RS256"].Private.(*rsa.PrivateKey); r.N.BitLen() != 3072 {
		t.Errorf("RSA of %d bits", r.N.BitLen())
	}
	for _, alg := range []string{"HS256", "none", "eddsa", "ES384"} {
		if k, err := tollkeeper.GenerateSigningKey(alg); !errors.Is(err, tollkeeper.ErrInvalidInput) || k.Private != nil {
			t.Errorf("%s gives %v", alg, err)
		}
	}
}

func TestSigningKeyAsText(t *testing.T) {
	for alg, k := range signingKeys() {
		for kind, k := range map[string]tollkeeper.SigningKey{"private": k, "public": {Public: k.Private.Public()}} {
			t.Run(alg+"/"+kind, func(t *testing.T) {
				text, err := k.Reveal()
				if err != nil {
					t.Fatal(err)
				}
				read, err := tollkeeper.ParseSigningKey(append([]byte("\n"), text...))
				if err != nil || (read.Private != nil) != (kind == "private") {
					t.Fatalf("%T, %v", read.Private, err)
				}
				again, err := read.Reveal()
				if err != nil || !bytes.Equal(text, again) {
					t.Errorf("it is not the same key, %v", err)
				}
				if shown := fmt.Sprintf("%v %+v %#v %s", k, k, k, k); strings.ReplaceAll(shown, "[redacted]", "") != "   " {
					t.Errorf("it shows itself: %s", shown)
				}
			})
		}
	}
}

func TestParseSigningKeyRefuses(t *testing.T) {
	good, err := signingKeys()["EdDSA"].Reveal()
	if err != nil {
		t.Fatal(err)
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string][]byte{
		"nothing":       nil,
		"text":          []byte("secret"),
		"two blocks":    append(bytes.Clone(good), good...),
		"text before":   append([]byte("key:\n"), good...),
		"text after":    append(bytes.Clone(good), "x"...),
		"another type":  bytes.ReplaceAll(good, []byte("PRIVATE"), []byte("RSA PRIVATE")),
		"no DER":        pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("secret")}),
		"headers":       bytes.Replace(good, []byte("\n"), []byte("\nProc-Type: 4,ENCRYPTED\n\n"), 1),
		"RSA 1024":      pkcs8(t, weak),
		"P-384":         pkcs8(t, p384),
		"P-384, public": pkix(t, p384.Public()),
		"huge":          bytes.Repeat([]byte("-----BEGIN "), 10_000),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			k, err := tollkeeper.ParseSigningKey(text)
			if !errors.Is(err, tollkeeper.ErrInvalidInput) || k.Private != nil || k.Public != nil {
				t.Fatalf("gives %v", err)
			}
			if len(text) > 0 && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error repeats the text: %v", err)
			}
		})
	}
}

func TestRevealRefusesOtherKeys(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]tollkeeper.SigningKey{
		"zero": {}, "P-384": {Private: p384}, "another signer": {Private: struct{ crypto.Signer }{p384}},
		"short": {Private: ed25519.PrivateKey("short")}, "short, public": {Public: ed25519.PublicKey("short")},
		"nil EC": {Private: (*ecdsa.PrivateKey)(nil)}, "empty EC": {Private: &ecdsa.PrivateKey{}},
		"nil RSA": {Private: (*rsa.PrivateKey)(nil)}, "empty RSA": {Private: &rsa.PrivateKey{}}, "empty RSA, public": {Public: &rsa.PublicKey{}},
	}
	for name, k := range tests {
		if _, err := k.Reveal(); !errors.Is(err, tollkeeper.ErrInvalidInput) {
			t.Errorf("%s gives %v", name, err)
		}
	}
}

func pkcs8(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func pkix(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func FuzzParseSigningKey(f *testing.F) {
	for _, k := range signingKeys() {
		text, err := k.Reveal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		k, err := tollkeeper.ParseSigningKey(text)
		if err != nil {
			return
		}
		if _, err := k.Reveal(); err != nil {
			t.Errorf("a key that was read cannot be written: %v", err)
		}
	})
}

func withSecrets(keys ...tollkeeper.MasterKey) authtest.Option {
	return authtest.WithConfig(func(c *tollkeeper.Config) { c.Secrets = keys })
}

// R60: a new master key in front signs from now on; what the old one signed holds while it is listed.
func TestMasterKeysRotate(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		r := attempt(p, password)
		r.Audience = tollkeeper.AudienceV1
		old, err := w.Auth.SignIn(ctx, r)
		w.ok(err)
		before := w.signIn(p).TenantKey
		w.ok(w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: p.Email}))
		code := w.LastCode(p.Email)
		for range 5 {
			w.want(w.guess(p, "wrong", "192.0.2.1"), tollkeeper.ErrInvalidCredentials)
		}

		next := tollkeeper.NewMasterKey()
		auth := w.Another(withSecrets(next, w.secrets[0])).Auth
		for _, token := range []string{p.Token, string(old.Token)} {
			if _, err := auth.Authenticate(ctx, tollkeeper.SecretText(token)); err != nil {
				t.Errorf("a token from before: %v", err)
			}
		}
		guess := attempt(p, password)
		guess.Client = from("192.0.2.1")
		if _, err := auth.SignIn(ctx, guess); !errors.Is(err, tollkeeper.ErrLocked) {
			t.Errorf("the lock was forgotten: %v", err)
		}
		res, err := auth.SignIn(ctx, attempt(p, password))
		w.ok(err)
		if res.TenantKey != before {
			t.Error("a tenant's secret changed without being asked")
		}
		fresh, err := auth.SignIn(ctx, r)
		w.ok(err)
		w.refuses("what the new key signed, where it is not known", string(fresh.Token))

		alone := w.Another(withSecrets(next)).Auth
		if _, err := alone.Authenticate(ctx, old.Token); !errors.Is(err, tollkeeper.ErrInvalidToken) {
			t.Errorf("a token of a key that was taken away: %v", err)
		}
		if _, err := alone.Authenticate(ctx, fresh.Token); err != nil {
			t.Errorf("a token of the key that stayed: %v", err)
		}
		if _, err := auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Scope: tollkeeper.Tenants, Email: p.Email, Code: tollkeeper.SecretText(code)}); err != nil {
			t.Errorf("a code from before: %v", err)
		}
	})
}

// A key that everybody can guess is none, wherever it comes from.
func TestMasterKeysOfAConstant(t *testing.T) {
	for name, key := range map[string]tollkeeper.MasterKey{
		"zeros": make(tollkeeper.MasterKey, 32), "a letter": tollkeeper.MasterKey(strings.Repeat("k", 48)), "a word": tollkeeper.MasterKey(strings.Repeat("changeme", 4)),
	} {
		if k, err := tollkeeper.ParseMasterKey(key.Reveal()); !errors.Is(err, tollkeeper.ErrInvalidInput) || k != nil {
			t.Errorf("%s: %v, %v", name, k, err)
		}
	}
	signing := tollkeeper.SigningKey{Private: ed25519.NewKeyFromSeed(make([]byte, 32))}
	if _, err := signing.Reveal(); !errors.Is(err, tollkeeper.ErrInvalidInput) {
		t.Errorf("a signing key of zeros: %v", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(signing.Private)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if k, err := tollkeeper.ParseSigningKey(text); !errors.Is(err, tollkeeper.ErrInvalidInput) || k.Private != nil {
		t.Errorf("its text: %v", err)
	}
	config := minimal()
	config.Tokens.SigningKeys = []tollkeeper.SigningKey{signing}
	if _, err := tollkeeper.New(memory.New(), config); !errors.Is(err, tollkeeper.ErrInvalidInput) {
		t.Errorf("New: %v", err)
	}
}
