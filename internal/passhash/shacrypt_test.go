package passhash_test

import (
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/passhash"
)

const longPassword = "a very much longer text to encrypt.  This one even stretches over morethan one line."

// The passwords and salts are those of the specification's test suite; the
// answers come from libxcrypt: python3 -c 'import crypt; print(crypt.crypt(password, salt))'
func TestSHA256CryptVectors(t *testing.T) {
	checkVectors(t, "sha256-crypt", []vector{
		{"default rounds", "Hello world!", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"},
		{"10000 rounds", "Hello world!", "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA"},
		{"cut salt", "This is just a test", "$5$rounds=5000$toolongsaltstrin$Un/5jzAHMgOGZ5.mWJpuVolil07guHPvOW8mGRcvxa5"},
		{"long password", longPassword, "$5$rounds=1400$anotherlongsalts$Rx.j8H.h8HjEDGomFU8bDkXm3XIUnzyxf12oP84Bnq1"},
		{"short salt", "we have a short salt string but not a short password", "$5$rounds=77777$short$JiO1O3ZpDAxGJeaDIuqCoEFysAe1mZNJRs3pw0KQRd/"},
		{"dots in the salt", "a short string", "$5$rounds=123456$asaltof16chars..$gP3VQ/6X7UUEW3HkBn2w1/Ptq2jxPyzV/cZKmF/wJvD"},
		{"144 bytes", strings.Repeat("0123456789abcdef", 9), "$5$rounds=1000$s$/JUNzXK95W838TL18hCWfNZ8WZHROxxT2OqU3xvKQ23"},
		// openssl passwd -5 -salt pepper1 'correct horse battery'
		{"openssl", samplePassword, "$5$pepper1$hfrYCIqeqvzGOuC5shm1c5j4MmKjRdGnyoJl2IsO8j/"},
	})
}

func TestSHA512CryptVectors(t *testing.T) {
	checkVectors(t, "sha512-crypt", []vector{
		{"default rounds", "Hello world!", "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"},
		{"10000 rounds", "Hello world!", "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v."},
		{"cut salt", "This is just a test", "$6$rounds=5000$toolongsaltstrin$lQ8jolhgVRVhY4b5pZKaysCLi0QBxGoNeKQzQ3glMhwllF7oGDZxUhx1yxdYcz/e1JSbq3y6JMxxl8audkUEm0"},
		{"long password", longPassword, "$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1"},
		{"short salt", "we have a short salt string but not a short password", "$6$rounds=77777$short$WuQyW2YR.hBNpjjRhpYD/ifIw05xdfeEyQoMxIXbkvr0gge1a1x3yRULJ5CCaUeOxFmtlcGZelFl5CxtgfiAc0"},
		{"dots in the salt", "a short string", "$6$rounds=123456$asaltof16chars..$BtCwjqMJGx5hrJhZywWvt0RLE8uZ4oPwcelCjmw2kSYu.Ec6ycULevoBK25fs2xXgMNrCzIMVcgEJAstJeonj1"},
		{"144 bytes", strings.Repeat("0123456789abcdef", 9), "$6$rounds=1000$s$yO/t.KbyC2QbtvnwYTfuNffcudulSgeItt7t4.lPTVaMCfW/q5wwrUFbff5WMeD5jgBUJu2i9zwanW6zln2ul."},
		{"empty", "", "$6$rounds=1000$s$u6h1nDplZjxDo4zJTtL/gDw7SGioQGm.0uRtQXjSgB6lTpGGOfGi4A6UMV.7Q7d2K2ppsidkHUrit0FKUiAv71"},
		// openssl passwd -6 -salt pepper1 'correct horse battery'
		{"openssl", samplePassword, "$6$pepper1$GHfVtP5GGV2vDzgr18fHT8e24dKthFTrwlpN1b2JTRfOMjxJ/x6a.tzdNUrdL7qLlVV6Z27/i4/x/lby/EQLp1"},
	})
}

func TestParseRefusesSHACrypt(t *testing.T) {
	const tag = "$hfrYCIqeqvzGOuC5shm1c5j4MmKjRdGnyoJl2IsO8j/"
	checkRefusals(t, []refusal{
		{"few rounds", "$5$rounds=999$pepper1" + tag, passhash.ErrBounds},
		{"many rounds", "$5$rounds=1000001$pepper1" + tag, passhash.ErrBounds},
		{"999999999 rounds", "$6$rounds=999999999$pepper1" + tag, passhash.ErrBounds},
		{"rounds not a number", "$5$rounds=1e3$pepper1" + tag, passhash.ErrMalformed},
		{"rounds only", "$5$rounds=1000", passhash.ErrMalformed},
		{"no salt", "$5$" + tag, passhash.ErrBounds},
		{"long salt", "$5$saltstringsaltstr" + tag, passhash.ErrBounds},
		{"short tag", "$5$pepper1" + tag[:43], passhash.ErrMalformed},
		{"tag of the other digest", "$6$pepper1" + tag, passhash.ErrMalformed},
		{"alphabet", "$5$pepper1$+" + tag[2:], passhash.ErrMalformed},
		{"no tag", "$5$pepper1", passhash.ErrMalformed},
	})
	parse(t, "$5$rounds=1000000$pepper1"+tag)
}
