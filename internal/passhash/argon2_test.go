package passhash_test

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"

	"github.com/tollkeeper/tollkeeper/internal/passhash"
)

var cheap = passhash.Params{Memory: 8, Time: 1, Threads: 1}

func TestNewVerifies(t *testing.T) {
	for _, password := range []string{"", "a", samplePassword, "pässwörd", "a\x00b", "\xff\xfe", strings.Repeat("🔑", 64)} {
		encoded, err := passhash.New(password, cheap)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(encoded, "$argon2id$v=19$m=8,t=1,p=1$") {
			t.Errorf("New wrote %s", encoded)
		}
		h := parse(t, encoded)
		if !h.Verify(password) || h.Verify(password+"\x00") || h.Verify(" "+password) {
			t.Errorf("%q: Verify is wrong", password)
		}
		if !h.Current(cheap) {
			t.Error("a new hash is not current")
		}
	}
}

func TestADeriveComputesWhatItIsAskedFor(t *testing.T) {
	computed := 0
	counted := passhash.Derive(func(password, salt []byte, time, memory uint32, threads uint8, size uint32) []byte {
		computed++
		return argon2.IDKey(password, salt, time, memory, threads, size)
	})
	if err := counted.Check(); err != nil || computed == 0 {
		t.Fatal(err, computed)
	}
	computed = 0
	encoded, err := counted.New(samplePassword, cheap)
	if err != nil || computed != 1 {
		t.Fatal(err, computed)
	}
	if !parse(t, encoded).Verify(samplePassword) {
		t.Error("x/crypto does not verify it")
	}
	if h := parse(t, encoded).With(counted); !h.Verify(samplePassword) || h.Verify(samplePassword+"x") || computed != 3 {
		t.Errorf("it verifies otherwise, or elsewhere: %d were computed", computed)
	}
	bcrypt := parse(t, "$2a$04$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW").With(counted)
	if bcrypt.Verify(samplePassword); computed != 3 || bcrypt.Scheme() != "bcrypt" {
		t.Error("a hash of another scheme takes it, too")
	}
}

func TestNewTakesFreshSalt(t *testing.T) {
	seen := make(map[string]bool)
	for range 50 {
		encoded, err := passhash.New("password", cheap)
		if err != nil {
			t.Fatal(err)
		}
		salt := strings.Split(encoded, "$")[4]
		if len(salt) != 22 || seen[salt] {
			t.Fatalf("salt %s is not 16 fresh bytes", salt)
		}
		if tag := strings.Split(encoded, "$")[5]; len(tag) != 43 {
			t.Fatalf("tag %s is not 32 bytes", tag)
		}
		seen[salt] = true
	}
}

// R03, thoroughly: every bit of every byte, and every byte appended.
func TestArgon2idComparesEveryByte(t *testing.T) {
	const password = "Tr0ub4dor&3\x00\xff"
	encoded, err := passhash.New(password, cheap)
	if err != nil {
		t.Fatal(err)
	}
	h := parse(t, encoded)
	for i := range len(password) {
		for x := 1; x < 256; x++ {
			if h.Verify(flip(password, i, byte(x))) {
				t.Fatalf("verifies with byte %d changed by %#x", i, x)
			}
		}
	}
	for c := range 256 {
		if h.Verify(password + string([]byte{byte(c)})) {
			t.Fatalf("verifies with %#x appended", c)
		}
	}
}

// From the test suite of the argon2 reference implementation; the same comes
// from: printf password | argon2 somesalt -id -k 256 -t 2 -p 1 -e
func TestArgon2Vectors(t *testing.T) {
	checkVectors(t, "argon2id", []vector{
		{"p1", "password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"},
		{"p2", "password", "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"},
		// printf 'correct horse battery' | argon2 0123456789abcdef -id -k 8 -t 1 -p 1 -e
		{"least memory", samplePassword, samples["argon2id"]},
	})
	checkVectors(t, "argon2i", []vector{
		{"p1", "password", "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8"},
		// printf 'correct horse battery' | argon2 0123456789abcdef -i -k 8 -t 1 -p 1 -e
		{"least memory", samplePassword, samples["argon2i"]},
	})
}

func TestParseRefusesArgon2(t *testing.T) {
	const salt, tag = "$MDEyMzQ1Njc4OWFiY2RlZg", "$gLHIkr1qgP4r3sH1P/NIg3+PMckaLQ3RkuIiytJhVlY"
	checkRefusals(t, []refusal{
		{"memory over 1 GiB", "$argon2id$v=19$m=1048577,t=1,p=1" + salt + tag, passhash.ErrBounds},
		{"memory of 32 bits", "$argon2id$v=19$m=4294967295,t=1,p=1" + salt + tag, passhash.ErrBounds},
		{"memory beyond 32 bits", "$argon2id$v=19$m=4294967304,t=1,p=1" + salt + tag, passhash.ErrMalformed},
		{"memory below 8p", "$argon2id$v=19$m=15,t=1,p=2" + salt + tag, passhash.ErrBounds},
		{"time 0", "$argon2id$v=19$m=8,t=0,p=1" + salt + tag, passhash.ErrBounds},
		{"time 11", "$argon2id$v=19$m=8,t=11,p=1" + salt + tag, passhash.ErrBounds},
		{"threads 0", "$argon2id$v=19$m=8,t=1,p=0" + salt + tag, passhash.ErrBounds},
		{"threads 9", "$argon2id$v=19$m=128,t=1,p=9" + salt + tag, passhash.ErrBounds},
		{"threads 257", "$argon2id$v=19$m=4096,t=1,p=257" + salt + tag, passhash.ErrBounds},
		{"leading zero", "$argon2id$v=19$m=08,t=1,p=1" + salt + tag, passhash.ErrMalformed},
		{"sign", "$argon2id$v=19$m=+8,t=1,p=1" + salt + tag, passhash.ErrMalformed},
		{"order", "$argon2id$v=19$t=1,m=8,p=1" + salt + tag, passhash.ErrMalformed},
		{"missing", "$argon2id$v=19$m=8,t=1" + salt + tag, passhash.ErrMalformed},
		{"key id", "$argon2id$v=19$m=8,t=1,p=1,keyid=AA" + salt + tag, passhash.ErrMalformed},
		{"version 16", "$argon2id$v=16$m=8,t=1,p=1" + salt + tag, passhash.ErrMalformed},
		{"no version", "$argon2id$m=8,t=1,p=1" + salt + tag, passhash.ErrMalformed},
		{"short salt", "$argon2id$v=19$m=8,t=1,p=1$MDEyMzQ1Ng" + tag, passhash.ErrBounds},
		{"long salt", "$argon2id$v=19$m=8,t=1,p=1$" + strings.Repeat("MDEy", 22) + tag, passhash.ErrBounds},
		{"short tag", "$argon2id$v=19$m=8,t=1,p=1" + salt + "$MDEyMzQ1Njc4OWFiY2Rl", passhash.ErrBounds},
		{"long tag", "$argon2id$v=19$m=8,t=1,p=1" + salt + "$" + strings.Repeat("MDEy", 22), passhash.ErrBounds},
		{"no tag", "$argon2id$v=19$m=8,t=1,p=1" + salt, passhash.ErrMalformed},
		{"empty tag", "$argon2id$v=19$m=8,t=1,p=1" + salt + "$", passhash.ErrBounds},
		{"one field more", samples["argon2id"] + "$", passhash.ErrMalformed},
		{"padded", samples["argon2id"] + "=", passhash.ErrMalformed},
		{"unused bits set", strings.TrimSuffix(samples["argon2id"], "Y") + "Z", passhash.ErrMalformed},
	})
}

func TestCurrent(t *testing.T) {
	p := passhash.Params{Memory: 16, Time: 2, Threads: 1}
	const salt, tag = "$MDEyMzQ1Njc4OWFiY2RlZg", "$gLHIkr1qgP4r3sH1P/NIg3+PMckaLQ3RkuIiytJhVlY"
	cases := []struct {
		name, encoded string
		want          bool
	}{
		{"equal", "$argon2id$v=19$m=16,t=2,p=1" + salt + tag, true},
		{"stronger", "$argon2id$v=19$m=32,t=3,p=2" + salt + tag, true},
		{"less memory", "$argon2id$v=19$m=15,t=9,p=1" + salt + tag, false},
		{"less time", "$argon2id$v=19$m=999,t=1,p=1" + salt + tag, false},
		{"argon2i", "$argon2i$v=19$m=16,t=2,p=1" + salt + tag, false},
		{"short salt", "$argon2id$v=19$m=16,t=2,p=1$c29tZXNhbHQ" + tag, false},
		{"short tag", "$argon2id$v=19$m=16,t=2,p=1" + salt + salt, false},
		{"bcrypt", samples["bcrypt"], false},
		{"sha512-crypt", samples["sha512-crypt"], false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := parse(t, c.encoded).Current(p); got != c.want {
				t.Errorf("Current = %v, want %v", got, c.want)
			}
		})
	}
}

func TestParamsValidate(t *testing.T) {
	cases := []struct {
		name        string
		p           passhash.Params
		sane, floor bool
	}{
		{"default", passhash.Default, true, true},
		{"one pass", passhash.Params{Memory: 47104, Time: 1, Threads: 1}, true, true},
		{"one pass, less", passhash.Params{Memory: 47103, Time: 1, Threads: 1}, true, false},
		{"two passes, less", passhash.Params{Memory: 19455, Time: 2, Threads: 1}, true, false},
		{"three passes", passhash.Params{Memory: 12288, Time: 3, Threads: 1}, true, true},
		{"three passes, less", passhash.Params{Memory: 12287, Time: 10, Threads: 1}, true, false},
		{"greatest", passhash.Params{Memory: 1 << 20, Time: 10, Threads: 8}, true, true},
		{"cheap", cheap, true, false},
		{"zero", passhash.Params{}, false, false},
		{"no threads", passhash.Params{Memory: 19456, Time: 2}, false, false},
		{"no time", passhash.Params{Memory: 65536, Threads: 1}, false, false},
		{"too much memory", passhash.Params{Memory: 1<<20 + 1, Time: 2, Threads: 1}, false, false},
		{"too much time", passhash.Params{Memory: 19456, Time: 11, Threads: 1}, false, false},
		{"too many threads", passhash.Params{Memory: 19456, Time: 2, Threads: 9}, false, false},
		{"memory below 8 a thread", passhash.Params{Memory: 15, Time: 1, Threads: 2}, false, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for floor, want := range map[bool]bool{false: c.sane, true: c.floor} {
				err := c.p.Validate(floor)
				if (err == nil) != want || err != nil && !errors.Is(err, passhash.ErrBounds) {
					t.Errorf("Validate(%v) = %v", floor, err)
				}
			}
			if !c.sane {
				if _, err := passhash.New("password", c.p); !errors.Is(err, passhash.ErrBounds) {
					t.Errorf("New = %v", err)
				}
			}
		})
	}
}
