package passhash_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/passhash"
)

// samples holds one cheap hash of samplePassword for each scheme. The files
// of the schemes say how they were made.
const samplePassword = "correct horse battery"

var samples = map[string]string{
	"argon2id":        "$argon2id$v=19$m=8,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gLHIkr1qgP4r3sH1P/NIg3+PMckaLQ3RkuIiytJhVlY",
	"argon2i":         "$argon2i$v=19$m=8,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$AiSqTiM3xsAlkKMyeB/hx7cYix7fjQAwI695zQCAU1Q",
	"bcrypt":          "$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS",
	"scrypt":          "$scrypt$ln=4,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$LYtM8Mh+uD5qDLQWvjcUOTNEVL2STXzMHwI4lieKYvI",
	"firebase-scrypt": firebaseText("v=1,n=4,r=8", "ur6yS7v7umUThwD+eS32ACaMnQZk4HagRRrfuGXD3oxeK2CXbZ/x+Stj1RfxpXpCF8dA6W7cJ69HuII42NdK/g=="),
	"pbkdf2-sha256":   "$pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg$BVALGMmC/K/8ELErc5VgJxyPFApArIZRCQsqjEgZWJ4",
	"pbkdf2-sha512":   "$pbkdf2-sha512$1000$MDEyMzQ1Njc4OWFiY2RlZg$7F/Y1rnWXXurLCfFvAmyjyXtbABhgzBTBNcm//wlnvGBOz7OExlgRFs5qwaY5PzB3/WjR7P4yv/ACDQZpDXIfQ",
	"ssha":            "{SSHA}+zgJCcduvLFhD+Rk7/v3C0FqyKpzYWx0c2FsdA==",
	"ssha256":         "{SSHA256}DPX0hsx+ToYNct+PICc6u4kEWULjuq12UL+oDCUfd55zYWx0c2FsdA==",
	"ssha512":         "{SSHA512}QOZ0WJFlSsWxwsBsupmlywYHsTXLksvamFsJJ+kcy5d3+UwtZHlzrNVNkgUEahEnTPkf4ckoCn+PJZ9WOKzal3NhbHRzYWx0",
	"sha256-crypt":    "$5$rounds=1000$pepper1$GpFaHCScn5XYT.Sni0uULWeksF4PRBT58MVm.H9pJV.",
	"sha512-crypt":    "$6$rounds=1000$pepper1$dkucJW6cwnHG7v1cGKwK84G1lLCLKmpzkQMiHNeE1c2eeLUNFVDJrejgt7vUiAb.zmpHEmm1l9ljsBP1X.mjG/",
}

func parse(t testing.TB, encoded string) passhash.Hash {
	t.Helper()
	h, err := passhash.Parse(encoded)
	if err != nil {
		t.Fatalf("Parse(%q): %v", encoded, err)
	}
	return h
}

// vector is a known answer: a password and its stored hash.
type vector struct{ name, password, encoded string }

func checkVectors(t *testing.T, scheme string, vectors []vector) {
	t.Helper()
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			h := parse(t, v.encoded)
			if h.Scheme() != scheme {
				t.Errorf("scheme %s, want %s", h.Scheme(), scheme)
			}
			if !h.Verify(v.password) {
				t.Error("the password does not verify")
			}
		})
	}
}

// refusal is a text that Parse must refuse, and with what.
type refusal struct {
	name, encoded string
	want          error
}

func checkRefusals(t *testing.T, refusals []refusal) {
	t.Helper()
	for _, r := range refusals {
		t.Run(r.name, func(t *testing.T) {
			h, err := passhash.Parse(r.encoded)
			if !errors.Is(err, r.want) {
				t.Errorf("Parse(%.80q) = %v, want %v", r.encoded, err, r.want)
			}
			if h.Scheme() != "" {
				t.Error("a hash came with the error")
			}
		})
	}
}

func TestSamples(t *testing.T) {
	for scheme, encoded := range samples {
		t.Run(scheme, func(t *testing.T) {
			h := parse(t, encoded)
			if h.Scheme() != scheme {
				t.Errorf("scheme is %s", h.Scheme())
			}
			if !h.Verify(samplePassword) {
				t.Error("the password does not verify")
			}
			if h.Verify("") {
				t.Error("the empty password verifies")
			}
		})
	}
}

// R03: each byte counts, whatever the scheme. The tests of argon2id and bcrypt
// go through every byte; for bcrypt, the slowest, that is enough.
func TestChangedPasswordNeverVerifies(t *testing.T) {
	for scheme, encoded := range samples {
		if scheme == "bcrypt" {
			continue
		}
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			h := parse(t, encoded)
			for i := range len(samplePassword) {
				for _, bit := range []byte{0x01, 0x20, 0x80} {
					if p := flip(samplePassword, i, bit); h.Verify(p) {
						t.Errorf("%q verifies", p)
					}
				}
				if p := samplePassword[:i]; h.Verify(p) {
					t.Errorf("%q verifies", p)
				}
			}
			for _, c := range []byte{0, 1, ' ', 'y', 0x7f, 0x80, 0xff} {
				if p := samplePassword + string([]byte{c}); h.Verify(p) {
					t.Errorf("%q verifies", p)
				}
			}
		})
	}
}

func flip(s string, i int, bit byte) string {
	b := []byte(s)
	b[i] ^= bit
	return string(b)
}

// The last characters of each text are its tag; only of an LDAP digest the
// tag comes first.
func TestChangedTagNeverVerifies(t *testing.T) {
	for scheme, encoded := range samples {
		if strings.HasPrefix(scheme, "ssha") {
			continue
		}
		t.Run(scheme, func(t *testing.T) {
			for i := len(encoded) - 20; i < len(encoded); i++ {
				h, err := passhash.Parse(flip(encoded, i, 0x01))
				if err == nil && h.Verify(samplePassword) {
					t.Errorf("verifies with byte %d changed", i)
				}
			}
		})
	}
}

func TestOverlongPasswordNeverVerifies(t *testing.T) {
	long := strings.Repeat("a", passhash.MaxPassword)
	if _, err := passhash.New(long+"a", cheap); !errors.Is(err, passhash.ErrPasswordTooLong) {
		t.Errorf("New of %d bytes: %v", len(long)+1, err)
	}
	encoded, err := passhash.New(long, cheap)
	if err != nil {
		t.Fatal(err)
	}
	h := parse(t, encoded)
	if !h.Verify(long) {
		t.Error("a password of the greatest length does not verify")
	}
	if h.Verify(long+"a") || h.Verify(strings.Repeat("a", 1<<20)) {
		t.Error("an overlong password verifies")
	}
}

func TestOverlongPasswordIsRefusedBeforeAnyDigest(t *testing.T) {
	// printf '%s' "$(head -c 1025 /dev/zero | tr '\0' a)saltsalt" | openssl dgst -sha1 -binary; then base64 with the salt
	h := parse(t, "{SSHA}0YOASyz37TS7GREDvAVCLXYh+URzYWx0c2FsdA==")
	if h.Verify(strings.Repeat("a", passhash.MaxPassword+1)) {
		t.Error("a password of 1025 bytes verifies")
	}
}

func TestZeroHashVerifiesNothing(t *testing.T) {
	var h passhash.Hash
	if h.Verify("") || h.Verify("password") || h.Current(passhash.Params{}) || h.Scheme() != "" {
		t.Error("the zero Hash is not inert")
	}
}

func TestHashPrintsNoSecret(t *testing.T) {
	for scheme, encoded := range samples {
		h := parse(t, encoded)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			got := strings.Trim(fmt.Sprintf(verb, h), `"`)
			if got != "passhash("+scheme+")" {
				t.Errorf("%s prints %s", verb, got)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	checkRefusals(t, []refusal{
		{"empty", "", passhash.ErrUnknownScheme},
		{"plain text", "password", passhash.ErrUnknownScheme},
		{"dollar", "$", passhash.ErrUnknownScheme},
		{"dollars", "$$$$$$", passhash.ErrUnknownScheme},
		{"brace", "{", passhash.ErrUnknownScheme},
		{"MD5 crypt, long salt", "$1$saltsalts$qjXMvbEw8oaL.CzflDtaK/", passhash.ErrBounds},
		{"MD5 crypt, short", "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK", passhash.ErrMalformed},
		{"phpass, too many rounds", "$P$T12345678L6Lpt4BxNotVIMILOa9u81", passhash.ErrBounds},
		{"phpass, short", "$P$B12345678L6Lpt4BxNotVIMILOa9u8", passhash.ErrMalformed},
		{"bcrypt behind another", "$wp$wp$2y$10$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS", passhash.ErrMalformed},
		{"no pepper", "$bcrypt-pepper$$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS", passhash.ErrBounds},
		{"Nextcloud of another", "3|$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS", passhash.ErrUnknownScheme},
		{"better-auth, short", strings.Repeat("0", 32) + ":" + strings.Repeat("0", 127), passhash.ErrUnknownScheme},
		{"Werkzeug, N between powers", "scrypt:32767:8:1$salt$" + strings.Repeat("00", 64), passhash.ErrMalformed},
		{"Werkzeug, too dear", "scrypt:1048576:32:1$salt$" + strings.Repeat("00", 64), passhash.ErrBounds},
		{"Spring scrypt, too dear", "{scrypt}$ff0801$c2FsdHNhbHQ=$" + strings.Repeat("A", 43) + "=", passhash.ErrBounds},
		{"argon2d", strings.Replace(samples["argon2id"], "argon2id", "argon2d", 1), passhash.ErrUnknownScheme},
		{"upper case", strings.ToUpper(samples["argon2id"]), passhash.ErrUnknownScheme},
		{"leading space", " " + samples["argon2id"], passhash.ErrMalformed},
		{"trailing newline", samples["argon2id"] + "\n", passhash.ErrMalformed},
		{"newline in base64", strings.Replace(samples["argon2id"], "MDEy", "MD\nEy", 1), passhash.ErrMalformed},
		{"NUL", samples["bcrypt"] + "\x00", passhash.ErrMalformed},
		{"not ASCII", samples["bcrypt"] + "é", passhash.ErrMalformed},
		{"very long", "$5$" + strings.Repeat("a", 1<<20), passhash.ErrMalformed},
	})
}

func FuzzParse(f *testing.F) {
	for _, encoded := range samples {
		f.Add(encoded)
	}
	f.Add("$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")
	f.Add("pbkdf2_sha256$1000$seasalt123AB$ZDsyP1mBLJdKYGKwrXx3RbGNrR6XLv91IVYe63d5v8g=")
	f.Fuzz(func(t *testing.T, encoded string) {
		h, err := passhash.Parse(encoded)
		if err != nil {
			if h.Scheme() != "" {
				t.Error("a hash came with an error")
			}
			for _, known := range []error{passhash.ErrMalformed, passhash.ErrBounds, passhash.ErrUnknownScheme} {
				if errors.Is(err, known) {
					return
				}
			}
			t.Fatalf("unknown error %v", err)
		}
		if _, ok := samples[h.Scheme()]; !ok {
			t.Errorf("scheme %q is not documented", h.Scheme())
		}
		if h.Verify(strings.Repeat("a", passhash.MaxPassword+1)) {
			t.Error("an overlong password verifies")
		}
	})
}
