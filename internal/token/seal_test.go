package token_test

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/token"
)

const sealedByTheFirst = "eyJuIjo3fQ.FT66tKPJHLvLsyRZRdtYTq5n__WuYpJVRdK8aZNS7_c"

func TestSealedTextsAreThoseOfTheFirstVersion(t *testing.T) {
	r := keyring(t)
	var v struct{ N int }
	if !r.Open("cursor", sealedByTheFirst, &v) || v.N != 7 {
		t.Errorf("an old text opens as %v", v)
	}
	if text, err := r.Seal("cursor", map[string]int{"n": 7}); err != nil || text != sealedByTheFirst {
		t.Errorf("it is sealed as %s, %v", text, err)
	}
}

func TestEveryMasterKeyOpens(t *testing.T) {
	alone := func(master []byte) *token.Keyring {
		r, err := token.NewKeyring([][]byte{master}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	text, err := alone(oldest).Seal("use", "v")
	if err != nil {
		t.Fatal(err)
	}
	box, err := alone(oldest).Encrypt("use", []byte("seed"), account[:])
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		keys  *token.Keyring
		opens bool
	}{"one that has it": {keyring(t), true}, "one that has it not": {alone(newest), false}} {
		var v string
		if ok := tt.keys.Open("use", text, &v); ok != tt.opens {
			t.Errorf("%s opens: %t", name, ok)
		}
		if _, ok := tt.keys.Decrypt("use", box, account[:]); ok != tt.opens {
			t.Errorf("%s decrypts: %t", name, ok)
		}
	}
}

// A use or a purpose of which nobody ever heard has a key like every other: there is nothing to forget, and nothing panics.
func TestEveryUseHasAKey(t *testing.T) {
	r := keyring(t)
	for _, use := range []string{"", "cursor", "unheard of"} {
		text, err := r.Seal(use, 7)
		if err != nil {
			t.Fatal(err)
		}
		box, err := r.Encrypt(use, []byte("seed"), account[:])
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range []string{"", "cursor", "unheard of"} {
			var v int
			if ok := r.Open(other, text, &v); ok != (use == other) {
				t.Errorf("sealed for %q, opens for %q: %t", use, other, ok)
			}
			if plain, ok := r.Decrypt(other, box, account[:]); ok != (use == other) || ok && string(plain) != "seed" {
				t.Errorf("encrypted for %q, decrypts for %q: %t", use, other, ok)
			}
			if same := r.Secret(use, "a", "b") == r.Secret(other, "a", "b"); same != (use == other) {
				t.Errorf("digests for %q and %q are the same: %t", use, other, same)
			}
		}
	}
}

func TestSealRefusesWhatIsNoJSON(t *testing.T) {
	if text, err := keyring(t).Seal("use", func() {}); err == nil || text != "" {
		t.Errorf("a function is sealed as %q", text)
	}
}

func TestSealedTextsHaveAForm(t *testing.T) {
	r := keyring(t)
	var v any
	body, _, _ := strings.Cut(sealedByTheFirst, ".")
	for name, text := range map[string]string{
		"nothing": "", "no tag": body, "an empty tag": body + ".", "a short tag": sealedByTheFirst[:len(sealedByTheFirst)-2],
		"a tag with padding": sealedByTheFirst + "=", "two tags": sealedByTheFirst + "." + body,
	} {
		if r.Open("cursor", text, &v) {
			t.Errorf("%s opens as %v", name, v)
		}
	}
	sealed := func(n int) string { // of n bytes: two quotes, and 44 with the dot for the tag
		text, err := r.Seal("cursor", strings.Repeat("x", (n-44)*3/4-2))
		if err != nil || len(text) != n {
			t.Fatalf("%d bytes, want %d: %v", len(text), n, err)
		}
		return text
	}
	if !r.Open("cursor", sealed(token.MaxSealed), &v) {
		t.Error("the longest text does not open")
	}
	if r.Open("cursor", sealed(token.MaxSealed+2), &v) {
		t.Error("a longer one opens")
	}
}

func TestBoxes(t *testing.T) {
	r := keyring(t)
	old, err := hex.DecodeString("f2cb2e7db4495f7f2a2c8d97d9661355b3591ead383aff4def6d0d2a5640efe5dff96ca9bacb5a04")
	if err != nil {
		t.Fatal(err)
	}
	if plain, ok := r.Decrypt("totp", old, account[:]); !ok || string(plain) != "seed" {
		t.Errorf("a box of the first version holds %q, %t", plain, ok)
	}
	one, err := r.Encrypt("totp", []byte("seed"), account[:])
	if err != nil {
		t.Fatal(err)
	}
	two, err := r.Encrypt("totp", []byte("seed"), account[:])
	if err != nil {
		t.Fatal(err)
	}
	if len(one) != len(old) || !bytes.Equal(one[:8], old[:8]) || bytes.Equal(one, two) {
		t.Errorf("boxes %x, %x", one, two)
	}
	if _, ok := r.Decrypt("totp", one, session[:]); ok {
		t.Error("a box opens for another owner")
	}
	for n := range old {
		if _, ok := r.Decrypt("totp", slices.Clip(old[:n]), account[:]); ok {
			t.Errorf("the first %d bytes open", n)
		}
		changed := bytes.Clone(old)
		changed[n] ^= 1
		if _, ok := r.Decrypt("totp", changed, account[:]); ok {
			t.Errorf("it opens with byte %d changed", n)
		}
	}
}

// What was sealed opens for its use, and nothing else does.
func FuzzSealed(f *testing.F) {
	r := keyring(f)
	good, err := r.Seal("use", map[string]string{"k": "v"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("use", good)
	f.Add("other", good)
	f.Add("use", good[:len(good)-1])
	f.Add("use", strings.Replace(good, ".", ".\r\n", 1))
	f.Fuzz(func(t *testing.T, use, text string) {
		var v map[string]string
		if r.Open(use, text, &v) && (use != "use" || text != good) {
			t.Fatalf("%q opened as %q: %v", text, use, v)
		}
	})
}
