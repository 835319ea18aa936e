package passhash_test

import (
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/passhash"
)

func TestScryptVectors(t *testing.T) {
	checkVectors(t, "scrypt", []vector{
		// RFC 7914, section 12, in base64.
		{"RFC 7914, 1024", "password", "$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA"},
		{"RFC 7914, 16384", "pleaseletmein", "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw"},
		// passlib 1.7.4: scrypt.using(rounds=4, block_size=8, parallelism=1, salt=b"0123456789abcdef").hash("correct horse battery")
		{"passlib", samplePassword, samples["scrypt"]},
		// scrypt.using(rounds=10, block_size=4, parallelism=2, salt=b"0123456789abcdef").hash("pässwörd")
		{"passlib, p=2", "pässwörd", "$scrypt$ln=10,r=4,p=2$MDEyMzQ1Njc4OWFiY2RlZg$A0VJjKIY+bznWEDJmEXXR3jPGiob886bhUXgnyT4A8c"},
	})
}

func TestParseRefusesScrypt(t *testing.T) {
	const rest = "$MDEyMzQ1Njc4OWFiY2RlZg$LYtM8Mh+uD5qDLQWvjcUOTNEVL2STXzMHwI4lieKYvI"
	checkRefusals(t, []refusal{
		{"ln 0", "$scrypt$ln=0,r=8,p=1" + rest, passhash.ErrBounds},
		{"ln 21", "$scrypt$ln=21,r=1,p=1" + rest, passhash.ErrBounds},
		{"ln 63", "$scrypt$ln=63,r=8,p=1" + rest, passhash.ErrBounds},
		{"r 0", "$scrypt$ln=4,r=0,p=1" + rest, passhash.ErrBounds},
		{"r 33", "$scrypt$ln=4,r=33,p=1" + rest, passhash.ErrBounds},
		{"p 0", "$scrypt$ln=4,r=8,p=0" + rest, passhash.ErrBounds},
		{"p 17", "$scrypt$ln=4,r=8,p=17" + rest, passhash.ErrBounds},
		{"over 1 GiB", "$scrypt$ln=20,r=9,p=1" + rest, passhash.ErrBounds},
		{"too much work", "$scrypt$ln=20,r=8,p=2" + rest, passhash.ErrBounds},
		{"no salt", "$scrypt$ln=4,r=8,p=1$$LYtM8Mh+uD5qDLQWvjcUOTNEVL2STXzMHwI4lieKYvI", passhash.ErrBounds},
		{"short tag", "$scrypt$ln=4,r=8,p=1$MDEy$MDEy", passhash.ErrBounds},
		{"alphabet", "$scrypt$ln=4,r=8,p=1$MDE*" + rest[23:], passhash.ErrMalformed},
		{"fields", "$scrypt$ln=4,r=8,p=1", passhash.ErrMalformed},
	})
	parse(t, "$scrypt$ln=20,r=8,p=1"+rest)
}
