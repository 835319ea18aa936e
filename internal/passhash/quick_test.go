package passhash_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/passhash"
)

var wrapping = passhash.Params{Memory: 64, Time: 1, Threads: 1}

// A weak hash takes the same password when it is wrapped, and no other.
func TestAWrappedHashTakesItsPassword(t *testing.T) {
	for _, s := range foreignSamples(t) {
		h, err := passhash.Parse(s.Hash)
		if s.Expect != "ok" || err != nil || !h.Weak() {
			continue
		}
		text, err := h.Wrap([]byte("owner"), wrapping)
		if err != nil {
			t.Fatalf("%s: %v", s.Hash, err)
		}
		w := parse(t, text)
		if !w.Verify(s.Password) || w.Verify(s.Password+"x") || w.Weak() || w.Current(wrapping) || !w.Dear(wrapping) || w.Scheme() != h.Scheme() {
			t.Errorf("%s is wrapped as %s", s.Hash, text)
		}
		if again, err := h.Wrap([]byte("owner"), wrapping); again != text || err != nil {
			t.Errorf("%s: wrapped otherwise the second time: %v", s.Hash, err)
		}
	}
}

// What is wrapped tells nothing of the digest that was there, and whose it was.
func TestAWrappingHasItsOwner(t *testing.T) {
	weak, another := parse(t, samples["ssha"]), parse(t, "{SSHA}D4kSuvPIF4rZzl+dW9Km/1788fBwZXBwZXI=")
	text, err := weak.Wrap([]byte("ann"), wrapping)
	if err != nil {
		t.Fatal(err)
	}
	bobs, err := weak.Wrap([]byte("bob"), wrapping)
	if err != nil || bobs == text {
		t.Errorf("ann and bob share %s, %v", bobs, err)
	}
	w := parse(t, text)
	if !w.Wraps(weak, []byte("ann")) || w.Wraps(weak, []byte("bob")) || w.Wraps(another, []byte("ann")) || weak.Wraps(weak, []byte("ann")) || w.Wraps(w, []byte("ann")) {
		t.Error("a wrapping is taken for another one")
	}
}

func TestOnlyWeakHashesAreWrapped(t *testing.T) {
	for name, text := range samples {
		h := parse(t, text)
		weak := strings.HasPrefix(name, "ssha") || strings.HasPrefix(name, "pbkdf2") // those of few rounds
		if h.Weak() != weak {
			t.Errorf("%s is weak: %t", name, h.Weak())
		}
		if _, err := h.Wrap(nil, wrapping); !weak && !errors.Is(err, passhash.ErrNotQuick) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if parse(t, "$pbkdf2-sha256$10000$MDEyMzQ1Njc4OWFiY2RlZg$BVALGMmC/K/8ELErc5VgJxyPFApArIZRCQsqjEgZWJ4").Weak() {
		t.Error("10,000 rounds are weak")
	}
	if _, err := parse(t, samples["ssha"]).Wrap(nil, passhash.Params{}); !errors.Is(err, passhash.ErrBounds) {
		t.Errorf("wrapped for nothing: %v", err)
	}
}

func TestParseRefusesWrappings(t *testing.T) {
	text, err := parse(t, samples["ssha"]).Wrap(nil, wrapping)
	if err != nil {
		t.Fatal(err)
	}
	prefix, rest, _ := strings.Cut(strings.TrimPrefix(text, "$wrapped$"), "$")
	checkRefusals(t, []refusal{
		{"nothing", "$wrapped$", passhash.ErrBounds},
		{"no argon2", "$wrapped$" + prefix, passhash.ErrMalformed},
		{"argon2 beyond the bounds", strings.Replace(text, "m=64", "m=9999999", 1), passhash.ErrBounds},
		{"what is dear", "$wrapped$" + "JHBia2RmMi1zaGEyNTYkaT0xMDAwMCxsPTE2JEFBJEFBQUFBQUFBQUFBQUFBQUFBQUFBQUE" + "$" + rest, passhash.ErrMalformed},
		{"a digest left in it", "$wrapped$" + "e1NIQX1hdCt4ZzZTaXlVb3ZrdHExcmVkaXBIaUpwYUU9" + "$" + rest, passhash.ErrMalformed},
		{"itself", "$wrapped$" + "JHdyYXBwZWQk" + "$" + rest, passhash.ErrMalformed},
	})
}
