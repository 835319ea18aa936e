package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/breach"
	"github.com/tollkeeper/tollkeeper/httpadapter"
)

// TestRefreshAndCookie: what a sign-in gives besides its token is off unless a flag turns it on.
func TestRefreshAndCookie(t *testing.T) {
	tests := map[string]struct {
		args            []string
		refresh, cookie bool
	}{
		"neither": {nil, false, false},
		"refresh": {[]string{"-refresh=1h"}, true, false},
		"cookie":  {[]string{"-cookie"}, false, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := runServer(t, nil, tt.args...)
			s.signUp(t, "ada@home.example")
			res, in := s.signIn(t, "ada@home.example")
			refresh, _ := in["refreshToken"].(string)
			cookie := strings.Contains(res.Header.Get("Set-Cookie"), httpadapter.CookieName+"=")
			if (refresh != "") != tt.refresh || cookie != tt.cookie {
				t.Fatalf("refresh token %q, cookie %v: %v", refresh, cookie, in)
			}
			res, answer := s.call(t, "POST /auth/token/refresh", fmt.Sprintf(`{"refreshToken":%q}`, refresh), "")
			if (res.StatusCode == 200) != tt.refresh {
				t.Errorf("refreshing: %d %v", res.StatusCode, answer)
			}
		})
	}
}

// TestBreached: a password of the file is refused, another is not.
func TestBreached(t *testing.T) {
	var filter bytes.Buffer
	if _, err := breach.Build(&filter, strings.NewReader(password+"\n"), breach.Passwords, 1, 1e-6); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "breached.tkb")
	if err := os.WriteFile(path, filter.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	s := runServer(t, map[string]string{"TOLLKEEPER_ADMIN_PASSWORD": "Green4Anchor!Tide"}, "-breached="+path)
	for tried, status := range map[string]int{password: 400, "Silver6Lantern!Moss": 200} {
		body := fmt.Sprintf(`{"username":"ada","email":"ada@home.example","password":%q}`, tried)
		if res, answer := s.call(t, "POST /auth/signup", body, ""); res.StatusCode != status {
			t.Errorf("%s: %d %v", tried, res.StatusCode, answer)
		}
	}
}

// TestWhatAFlagNamesIsMissing is one line that names the flag or the file.
func TestWhatAFlagNamesIsMissing(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "other.pem") // of a kind that no token is signed with
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(other, []byte(block("PRIVATE KEY", der)), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ arg, want string }{
		"no breach file":     {"-breached=" + dir + "/none", "-breached " + dir + "/none: no such file"},
		"no filter":          {"-breached=" + other, "-breached " + other + ": breach: not a filter file"},
		"no folder for keys": {"-signing-key=" + dir + "/none/k.pem", "signing key " + dir + "/none/k.pem cannot be made"},
		"other key":          {"-signing-key=" + other, "signing key " + other + ": "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, ended := launch(t, nil, tt.arg)
			code := <-ended
			_, text, _ := strings.Cut(s.out.String(), "tollkeeper: ")
			if code != 1 || strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, tt.want) {
				t.Errorf("it ends with %d: %s", code, text)
			}
		})
	}
}

// TestSecretsBelongToTheirDatabase: with another file the server does not start, and with the old key behind a new one
// it does, and parents sign in.
func TestSecretsBelongToTheirDatabase(t *testing.T) {
	dir := t.TempDir()
	store, file := "-store=sqlite:"+filepath.Join(dir, "x.db"), filepath.Join(dir, "secrets")
	s := runServer(t, nil, store, "-secrets="+file)
	s.signUp(t, "owner@acme.example")
	s.stop()
	refused := func(file, want string) {
		t.Helper()
		pem := filepath.Join(dir, "key.pem")
		other, ended := launch(t, nil, store, "-secrets="+file, "-signing-key="+pem)
		code, text := <-ended, other.out.String()
		if code != 1 || !strings.Contains(text, want) || !strings.Contains(text, "To start over without any account, remove "+filepath.Join(dir, "x.db")+" and") {
			t.Errorf("it ends with %d: %s", code, text)
		}
		if _, err := os.Lstat(pem); err == nil || strings.HasPrefix(text, "made ") || strings.Contains(text, "\nmade ") {
			t.Errorf("it made another file: %s", text)
		}
	}
	mistyped, wrong := file+"x", filepath.Join(dir, "wrong")
	refused(mistyped, "is missing, and this database belongs to the keys in it")
	if _, err := os.Lstat(mistyped); err == nil {
		t.Error("a file stays where the flag was mistyped")
	}
	if _, _, err := makeSecrets(wrong); err != nil {
		t.Fatal(err)
	}
	refused(wrong, "has not the key that this database was made with")
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append([]byte(tollkeeper.NewMasterKey().Reveal()+"\n"), old...), 0o600); err != nil {
		t.Fatal(err)
	}
	again := runServer(t, nil, store, "-secrets="+file)
	again.signIn(t, "owner@acme.example")
	again.stop()
}
