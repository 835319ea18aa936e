package main

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tollkeeper/tollkeeper"
)

func TestSecretsAreMadeOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "secrets")
	var wg sync.WaitGroup
	keys := make([]string, 16)
	makers := make([]bool, len(keys))
	for i := range keys {
		wg.Go(func() {
			k, made, err := makeSecrets(path)
			if err != nil {
				t.Error(err)
				return
			}
			keys[i], makers[i] = k[0].Reveal(), made
		})
	}
	wg.Wait()
	made := 0
	for i := range keys {
		if keys[i] != keys[0] {
			t.Error("two processes that start at once have different keys")
		}
		if makers[i] {
			made++
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 || made != 1 {
		t.Errorf("mode %v, %v; %d made it", info.Mode(), err, made)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("beside it lie %v, %v", left, err)
	}
}

func TestSecretsFile(t *testing.T) {
	one, two := tollkeeper.NewMasterKey().Reveal(), tollkeeper.NewMasterKey().Reveal()
	tests := map[string]struct {
		text string
		mode os.FileMode
		keys int
		want string
	}{
		"one key":           {one, 0o600, 1, ""},
		"the first signs":   {one + "\n" + two + "\n", 0o400, 2, ""},
		"blank lines, CRLF": {"\r\n" + one + "\r\n\r\n" + two + "\r\n", 0o600, 2, ""},
		"group may read":    {one, 0o640, 0, "others may read it (mode 0640); run: chmod 600"},
		"all may read":      {one, 0o604, 0, "others may read it (mode 0604); run: chmod 600"},
		"empty":             {"\n", 0o600, 0, "holds no key"},
		"short key":         {one + "\nYWJj\n", 0o600, 0, "line 2 is not base64url text of 32 random bytes or more"},
		"zeros":             {one + "\n" + strings.Repeat("A", 43), 0o600, 0, "line 2 is not base64url text of 32 random bytes"},
		"not base64url":     {strings.Repeat("+", 43), 0o600, 0, "line 1 is not"},
		"large":             {strings.Repeat(one+"\n", 2000), 0o600, 0, "too large"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "secrets")
			if err := os.WriteFile(path, []byte(tt.text), tt.mode); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, tt.mode); err != nil { // whatever the umask
				t.Fatal(err)
			}
			keys, err := readSecrets(path)
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), one) {
					t.Errorf("error %v, want %q", err, tt.want)
				}
				return
			}
			if err != nil || len(keys) != tt.keys || keys[0].Reveal() != one {
				t.Errorf("%d keys, %v", len(keys), err)
			}
		})
	}
	if _, err := readSecrets(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("a directory: %v", err)
	}
	if _, err := readSecrets(filepath.Join(t.TempDir(), "none", "secrets")); err == nil || !strings.Contains(err.Error(), "cannot be made") {
		t.Errorf("a folder that is not there: %v", err)
	}
	if keys, err := readSecrets(filepath.Join(t.TempDir(), "secrets")); err != nil || keys != nil {
		t.Errorf("a file that is to be made: %v", err)
	}
}

func TestSecretsAreNotReadOrMadeThroughALink(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	if err := os.Symlink(real, link); err != nil {
		t.Skip("no links here: ", err)
	}
	for range 2 { // one that leads nowhere, then one to a good file
		if keys, err := readSecrets(link); err == nil || keys != nil || !strings.Contains(err.Error(), "is a link") {
			t.Errorf("read: %v", err)
		}
		if _, _, err := makeSecrets(link); err == nil || !strings.Contains(err.Error(), "is a link") {
			t.Errorf("made: %v", err)
		}
		if _, err := os.Lstat(real); err == nil {
			continue
		}
		if _, _, err := makeSecrets(real); err != nil {
			t.Fatal(err)
		}
	}
}
