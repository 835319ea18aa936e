package argon2_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	reference "golang.org/x/crypto/argon2"

	"github.com/tollkeeper/tollkeeper/argon2"
)

// Where memory is kept for the next hash, forget returns it to the system, and poison fills it.
var forget, poison = func() {}, func() {}

// The vectors of the reference implementation (src/test.c, argon2id, version 19).
func TestIDKeyIsArgon2id(t *testing.T) {
	for _, c := range []struct {
		password, salt string
		time, memory   uint32
		threads        uint8
		want           string
	}{
		{"password", "somesalt", 2, 1 << 16, 1, "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"},
		{"password", "somesalt", 2, 1 << 8, 1, "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"},
		{"password", "somesalt", 2, 1 << 8, 2, "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037"},
		{"differentpassword", "somesalt", 2, 1 << 16, 1,
			"0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde"},
	} {
		poison()
		key := argon2.IDKey([]byte(c.password), []byte(c.salt), c.time, c.memory, c.threads, 32)
		if got := hex.EncodeToString(key); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// Memories around the borders of segments and of the 128 addresses that are computed at once, several lanes, and
// lengths around those of BLAKE2b.
func TestIDKeyIsThatOfXCrypto(t *testing.T) {
	forget() // poison fills all there is: begin with small memory
	for _, threads := range []uint8{1, 2, 3, 8} {
		for _, memory := range []uint32{0, 1, 7, 8, 9, 15, 16, 31, 33, 512, 515, 516, 1024, 2047, 2052} {
			for _, time := range []uint32{1, 2, 3} {
				same(t, []byte("a password"), []byte("salt of sixteen."), time, memory, threads, 32)
			}
		}
	}
	for _, size := range []uint32{1, 4, 31, 32, 33, 63, 64, 65, 95, 96, 97, 127, 128, 129, 1000, 1024} {
		same(t, nil, nil, 1, 8, 1, size)
	}
	for n := range 300 {
		text := []byte(strings.Repeat("x", n))
		same(t, text, text[:n/2], 1, 8, 1, 32)
	}
	same(t, []byte("a password"), []byte("salt of sixteen."), 2, 4096, 255, 32)
	same(t, []byte("a password"), []byte("salt of sixteen."), 2, 19456, 1, 32)
	same(t, []byte("a password"), []byte("salt of sixteen."), 1, 19456, 4, 32)
}

func FuzzIDKey(f *testing.F) {
	f.Add([]byte("password"), []byte("somesalt"), uint8(2), uint16(256), uint8(2), uint16(32))
	f.Add([]byte{}, []byte{}, uint8(1), uint16(0), uint8(1), uint16(1))
	f.Add([]byte("password"), []byte("somesalt"), uint8(1), uint16(2048), uint8(1), uint16(65))
	f.Fuzz(func(t *testing.T, password, salt []byte, passes uint8, memory uint16, lanes uint8, size uint16) {
		same(t, password, salt, uint32(passes)%5+1, uint32(memory)%4096, max(lanes, 1), uint32(size)%300+1)
	})
}

// same compares the keys of both, of poisoned memory. The arguments must stay what they are.
func same(t *testing.T, password, salt []byte, time, memory uint32, threads uint8, size uint32) {
	t.Helper()
	poison()
	p, s := bytes.Clone(password), bytes.Clone(salt)
	got := argon2.IDKey(p, s, time, memory, threads, size)
	if want := reference.IDKey(password, salt, time, memory, threads, size); !bytes.Equal(got, want) {
		t.Fatalf("%q, %q, time %d, memory %d, threads %d: %x, want %x", p, s, time, memory, threads, got, want)
	}
	if !bytes.Equal(p, password) || !bytes.Equal(s, salt) {
		t.Fatal("password or salt were changed")
	}
}

func TestIDKeyRefuses(t *testing.T) {
	for _, c := range []struct {
		name       string
		time, size uint32
		threads    uint8
	}{{"no pass", 0, 32, 1}, {"no thread", 1, 32, 0}, {"no key", 1, 0, 1}} {
		t.Run(c.name, func(t *testing.T) {
			defer func() {
				if text, ok := recover().(string); !ok || !strings.HasPrefix(text, "argon2: ") {
					t.Error("does not panic by itself:", text)
				}
			}()
			argon2.IDKey([]byte("password"), []byte("somesalt"), c.time, 8, c.threads, c.size)
		})
	}
}

func ExampleIDKey() {
	salt := []byte("sixteen, but of crypto/rand") // crypto/rand.Read, in earnest
	key := argon2.IDKey([]byte("Copper-Meadow-52"), salt[:16], 2, 19456, 1, 32)
	fmt.Println(len(key), bytes.Equal(key, reference.IDKey([]byte("Copper-Meadow-52"), salt[:16], 2, 19456, 1, 32)))
	// Output: 32 true
}

func BenchmarkIDKey(b *testing.B) {
	for b.Loop() {
		argon2.IDKey([]byte("password"), []byte("somesalt"), 2, 19456, 1, 32)
	}
}
