package tollkeeper_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

func TestKeysAreMadeOnceAndKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "app.keys")
	made, err := tollkeeper.LoadOrCreateKeys(file)
	if err != nil || len(made) != 1 || len(made[0]) != 32 {
		t.Fatalf("%v: %d keys", err, len(made))
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, mode %v", err, info.Mode())
	}
	again, err := tollkeeper.LoadOrCreateKeys(file)
	if err != nil || !reflect.DeepEqual(again, made) {
		t.Errorf("read again: %v, the same: %t", err, reflect.DeepEqual(again, made))
	}
	first := tollkeeper.NewMasterKey()
	if err := os.WriteFile(file, []byte(first.Reveal()+"\n\n  "+made[0].Reveal()+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if both, err := tollkeeper.LoadOrCreateKeys(file); err != nil || !reflect.DeepEqual(both, []tollkeeper.MasterKey{first, made[0]}) {
		t.Errorf("a new key in front: %v, %d keys", err, len(both))
	}
}

func TestManyProcessesMakeOneKeyFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "app.keys")
	got := make([][]tollkeeper.MasterKey, 16)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() {
			keys, err := tollkeeper.LoadOrCreateKeys(file, memory.New())
			if err != nil {
				t.Error(err)
			}
			got[i] = keys
		})
	}
	all.Wait()
	for i := range got {
		if !reflect.DeepEqual(got[i], got[0]) {
			t.Error("two of them have other keys")
		}
	}
}

func TestKeyFilesThatNobodyShouldTrust(t *testing.T) {
	key := tollkeeper.NewMasterKey().Reveal()
	for name, c := range map[string]struct {
		make func(file string) error
		says string
	}{
		"others may read it": {func(f string) error { return errors.Join(os.WriteFile(f, []byte(key), 0o600), os.Chmod(f, 0o640)) }, "chmod 600"},
		"a link": {func(f string) error {
			return errors.Join(os.WriteFile(f+".real", []byte(key), 0o600), os.Symlink(f+".real", f))
		}, "is a link"},
		"a link that leads nowhere": {func(f string) error { return os.Symlink(f+".none", f) }, "is a link"},
		"a folder":                  {func(f string) error { return os.Mkdir(f, 0o700) }, "is a directory"},
		"nothing in it":             {func(f string) error { return os.WriteFile(f, []byte("\n \n"), 0o600) }, "holds no key"},
		"a short key":               {func(f string) error { return os.WriteFile(f, []byte(key+"\n"+key[:20]), 0o600) }, "line 2 is not"},
		"too large":                 {func(f string) error { return os.WriteFile(f, []byte(strings.Repeat("\n", 1<<17)), 0o600) }, "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "app.keys")
			if err := c.make(file); err != nil {
				t.Fatal(err)
			}
			keys, err := tollkeeper.LoadOrCreateKeys(file)
			if err == nil || keys != nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), file) {
				t.Errorf("%d keys, %v", len(keys), err)
			}
			if strings.Contains(err.Error(), key[:20]) {
				t.Errorf("shows the key: %v", err)
			}
		})
	}
	t.Run("a folder that is not there", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "none", "app.keys")
		if _, err := tollkeeper.LoadOrCreateKeys(file); err == nil || !strings.Contains(err.Error(), "cannot be made") {
			t.Errorf("got %v", err)
		}
	})
}

// Keys that are lost are not made anew for accounts that were made with them: nothing is left that looks as if they were.
func TestAStoreIsAskedBeforeItsKeysAreMade(t *testing.T) {
	kept := memory.New()
	file := filepath.Join(t.TempDir(), "app.keys")
	keys, err := tollkeeper.LoadOrCreateKeys(file, kept)
	if err != nil {
		t.Fatal(err)
	}
	auth, err := tollkeeper.New(kept, tollkeeper.Config{Secrets: keys, BaseURL: "https://app.example", Mail: tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })}})
	if err != nil {
		t.Fatal(err)
	}
	defer auth.Close(ctx)
	if _, err := auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Email: "ada@example.com"}); err != nil {
		t.Fatal(err)
	}
	if again, err := tollkeeper.LoadOrCreateKeys(file, kept); err != nil || !reflect.DeepEqual(again, keys) {
		t.Errorf("with its own keys: %v", err)
	}
	other := filepath.Join(t.TempDir(), "other.keys")
	refused := func(says string) {
		t.Helper()
		_, err := tollkeeper.LoadOrCreateKeys(other, kept)
		if !errors.Is(err, tollkeeper.ErrConflict.WithField("Secrets")) || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), other) {
			t.Errorf("got %v", err)
		}
	}
	refused("is missing")
	if _, err := os.Lstat(other); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file was left: %v", err)
	}
	if _, err := tollkeeper.LoadOrCreateKeys(other); err != nil {
		t.Fatal(err)
	}
	refused("has not the key")
	late := &probe{Store: kept}
	third := filepath.Join(t.TempDir(), "third.keys")
	late.faults(func(string) error { // another process has made the store, and now its file
		return os.WriteFile(third, []byte(keys[0].Reveal()), 0o600)
	}, nil)
	if got, err := tollkeeper.LoadOrCreateKeys(third, late); err != nil || !reflect.DeepEqual(got, keys) {
		t.Errorf("a file that comes meanwhile: %v, %d keys", err, len(got))
	}
	away := &probe{Store: memory.New()}
	away.faults(func(string) error { return errDriver }, nil)
	if _, err := tollkeeper.LoadOrCreateKeys(filepath.Join(t.TempDir(), "new.keys"), away); !errors.Is(err, tollkeeper.ErrUnavailable) {
		t.Errorf("a store that is away: %v", err)
	}
}
