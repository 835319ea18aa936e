package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/verify"
)

// TestSigningKey: a token is verified with what the server publishes, also after a restart, and by nothing else.
func TestSigningKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key.pem")
	s := runServer(t, nil, "-signing-key="+path)
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 || !strings.Contains(s.out.String(), "made "+path) {
		t.Errorf("%v, %v: %s", info, err, s.out)
	}
	res, in := s.call(t, "POST /authentiq/v1/user/register", `{"email":"bob@home.example","password":"`+password+`"}`, "")
	token, _ := in["token"].(string)
	if res.StatusCode >= 300 || token == "" {
		t.Fatalf("%d %v", res.StatusCode, in)
	}
	if !verified(t, s, token) {
		t.Error("the key set does not verify the token")
	}
	s.stop()
	again := runServer(t, nil, "-signing-key="+path)
	if !verified(t, again, token) || strings.Contains(again.out.String(), "made "+path) {
		t.Errorf("the second start has another key: %s", again.out)
	}
	if plain := runServer(t, nil); verified(t, plain, token) {
		t.Error("a server without the key verifies it")
	}
}

func verified(t *testing.T, s *running, token string) bool {
	t.Helper()
	v, err := verify.New(verify.Config{JWKSURL: s.url + keySetPath, Issuer: issuer, Audiences: []string{"v1"}})
	if err != nil {
		t.Fatal(err)
	}
	claims, err := v.Verify(t.Context(), token)
	if err != nil && !errors.Is(err, verify.ErrInvalidToken) {
		t.Error(err)
	}
	return err == nil && claims.Subject != ""
}

func TestSigningKeyFile(t *testing.T) {
	private, err := newSigningKey()
	if err != nil {
		t.Fatal(err)
	}
	another, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(another.Public())
	if err != nil {
		t.Fatal(err)
	}
	public := block("PUBLIC KEY", der)
	tests := map[string]struct {
		text string
		mode os.FileMode
		keys int
		want string
	}{
		"one":               {private, 0o600, 1, ""},
		"a rotated one":     {private + "\n" + public, 0o400, 2, ""},
		"a public one only": {public, 0o600, 0, "must begin with a PRIVATE KEY"},
		"nothing":           {"\n", 0o600, 0, "must begin with a PRIVATE KEY"},
		"no PEM":            {"key", 0o600, 0, "is not PEM text"},
		"half":              {private[:40], 0o600, 0, "is not PEM text"},
		"garbage after it":  {private + "key", 0o600, 0, "is not PEM text"},
		"a certificate":     {block("CERTIFICATE", der), 0o600, 0, `type "CERTIFICATE"`},
		"no private key":    {block("PRIVATE KEY", der), 0o600, 0, "cannot be read"},
		"no public key":     {private + block("PUBLIC KEY", der[:9]), 0o600, 0, "cannot be read"},
		"others may read":   {private, 0o644, 0, "chmod 600"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "key.pem")
			if err := os.WriteFile(path, []byte(tt.text), tt.mode); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, tt.mode); err != nil { // whatever the umask
				t.Fatal(err)
			}
			keys, made, err := loadSigningKeys(path)
			if tt.want != "" {
				if err == nil || !strings.HasPrefix(err.Error(), "signing key "+path+": ") || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("error %v, want %q", err, tt.want)
				}
				return
			}
			if err != nil || made || len(keys) != tt.keys || keys[0].Private == nil {
				t.Errorf("%v, %v", keys, err)
			}
		})
	}
	if keys, made, err := loadSigningKeys(""); err != nil || made || keys != nil {
		t.Errorf("without a file: %v, %v", keys, err)
	}
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
