package passhash_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/passhash"
)

func TestBcryptVectors(t *testing.T) {
	checkVectors(t, "bcrypt", []vector{
		// The three of crypt_blowfish's own test.
		{"U*U", "U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
		{"U*U*", "U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"},
		{"U*U*U", "U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"},
		{"empty", "", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"},
		// python3 -c 'import crypt; print(crypt.crypt(password, "$2b$04$abcdefghijklmnopqrstuu"))' with libxcrypt
		{"2b", samplePassword, samples["bcrypt"]},
		{"2y", samplePassword, "$2y$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS"},
		{"UTF-8", "pässwörd", "$2b$04$abcdefghijklmnopqrstuuyx2n0Zzopyr9QuYTMCfOJJOj526QVoC"},
		{"71 bytes", strings.Repeat("a", 71), "$2b$04$abcdefghijklmnopqrstuuMCu.k1vM/ywQwiONaEn3oEMlZoCVBd6"},
		{"72 bytes", strings.Repeat("a", 72), "$2b$04$abcdefghijklmnopqrstuuBzzIgyKkz7xMWYSzkIjUSnxEQFQ0WNe"},
		// "$wp" before what password_hash of PHP writes, of base64(hmac-sha384("wp-sha384", password))
		{"WordPress", samplePassword, "$wp$2y$04$abcdefghijklmnopqrstuuBmcW6jRoZjEwB6yLf8pokbS/tOkZxVi"},
	})
}

// R03, thoroughly: every bit of every byte, and every byte appended.
func TestBcryptComparesEveryByte(t *testing.T) {
	t.Parallel()
	const password = "U*U*U"
	h := parse(t, "$2b$04$abcdefghijklmnopqrstuuMJG4SPxGpsI2PpmiVYJg7D.hA7CdQyO")
	if !h.Verify(password) {
		t.Fatal("the password does not verify")
	}
	for i := range len(password) {
		for bit := range 8 {
			if h.Verify(flip(password, i, 1<<bit)) {
				t.Errorf("verifies with bit %d of byte %d changed", bit, i)
			}
		}
	}
	for c := range 256 {
		if h.Verify(password + string([]byte{byte(c)})) {
			t.Errorf("verifies with %#x appended", c)
		}
	}
}

// SECURITY.md F1: the algorithm reads 72 bytes, the library cuts.
func TestBcryptRefusesWhatItWouldCut(t *testing.T) {
	password := strings.Repeat("a", 72)
	h := parse(t, "$2b$04$abcdefghijklmnopqrstuuBzzIgyKkz7xMWYSzkIjUSnxEQFQ0WNe")
	for c := range 256 {
		if h.Verify(password + string([]byte{byte(c)})) {
			t.Fatalf("verifies with %#x appended", c)
		}
	}
	for _, i := range []int{0, 35, 36, 63, 64, 70, 71} {
		if h.Verify(flip(password, i, 0x01)) {
			t.Errorf("verifies with byte %d changed", i)
		}
	}
}

// The key is the password and a NUL, repeated: without a rule of its own,
// "abc\x00abc" would be "abc".
func TestBcryptRefusesNUL(t *testing.T) {
	h := parse(t, samples["bcrypt"])
	if h.Verify(samplePassword + "\x00" + samplePassword) {
		t.Error("the password twice, with a NUL between, verifies")
	}
	empty := parse(t, "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy")
	if empty.Verify("\x00") {
		t.Error("a NUL verifies as the empty password")
	}
	full := parse(t, "$2b$04$abcdefghijklmnopqrstuuMCu.k1vM/ywQwiONaEn3oEMlZoCVBd6")
	if full.Verify(strings.Repeat("a", 71) + "\x00") {
		t.Error("71 bytes and a NUL verify as 71 bytes")
	}
}

// SECURITY.md F2 and R10: such a hash would keep a core busy for hours.
func TestBcryptCost31IsRefusedAtOnce(t *testing.T) {
	const encoded = "$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
	best := time.Hour
	for range 5 { // the least of a few: a busy machine may pause any one
		start := time.Now()
		if _, err := passhash.Parse(encoded); err == nil {
			t.Fatal("accepted")
		}
		best = min(best, time.Since(start))
	}
	if best >= time.Millisecond {
		t.Errorf("refusing took %v", best)
	}
}

func TestParseRefusesBcrypt(t *testing.T) {
	const rest = "$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
	checkRefusals(t, []refusal{
		{"cost 31", "$2a$31" + rest, passhash.ErrBounds},
		{"cost 16", "$2b$16" + rest, passhash.ErrBounds},
		{"cost 3", "$2b$03" + rest, passhash.ErrBounds},
		{"cost 99", "$2b$99" + rest, passhash.ErrBounds},
		{"cost +4", "$2b$+4" + rest, passhash.ErrMalformed},
		{"cost not a number", "$2b$1x" + rest, passhash.ErrMalformed},
		{"2x", "$2x$05" + rest, passhash.ErrUnknownScheme},
		{"2", "$2$05" + rest, passhash.ErrUnknownScheme},
		{"short", "$2a$05" + rest[:53], passhash.ErrMalformed},
		{"long", "$2a$05" + rest + "a", passhash.ErrMalformed},
		{"alphabet", "$2a$05" + strings.Replace(rest, "YPO", "Y+O", 1), passhash.ErrMalformed},
		{"no separator", "$2a$05a" + rest[1:], passhash.ErrMalformed},
		{"prefix only", "$2a$", passhash.ErrMalformed},
	})
	parse(t, "$2b$15"+rest)
}
