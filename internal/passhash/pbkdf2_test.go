package passhash_test

import (
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/passhash"
)

func TestPBKDF2Vectors(t *testing.T) {
	checkVectors(t, "pbkdf2-sha256", []vector{
		// RFC 7914, section 11: the first 32 bytes of the first vector.
		{"RFC 7914", "passwd", "$pbkdf2-sha256$1$c2FsdA$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLw"},
		// passlib 1.7.4: pbkdf2_sha256.using(rounds=1000, salt=b"0123456789abcdef").hash("correct horse battery")
		{"passlib", samplePassword, samples["pbkdf2-sha256"]},
		// pbkdf2_sha256.using(rounds=1, salt=b"\xfb\xff\xbfsalt").hash("pässwörd")
		{"passlib's dots", "pässwörd", "$pbkdf2-sha256$1$././c2FsdA$OfFTOASdzzOmSiyiMWYBmLSz.LoN3DTo90lyuGYdFyU"},
		// django_pbkdf2_sha256.using(rounds=1000, salt="seasalt123AB").hash("correct horse battery")
		{"Django", samplePassword, "pbkdf2_sha256$1000$seasalt123AB$ZDsyP1mBLJdKYGKwrXx3RbGNrR6XLv91IVYe63d5v8g="},
	})
	checkVectors(t, "pbkdf2-sha512", []vector{
		{"passlib", samplePassword, samples["pbkdf2-sha512"]},
		{"passlib's dots", "pässwörd", "$pbkdf2-sha512$1$././c2FsdA$fS9t9/LKVY9.R//.geUh7wHa6fWCAZjAxn0.LMJ/Dzt6tZiwV021S4df.6HaD8FWc8/Mf3VUMtY/urg5VPRz/w"},
	})
}

func TestParseRefusesPBKDF2(t *testing.T) {
	const salt, tag = "$MDEyMzQ1Njc4OWFiY2RlZg", "$BVALGMmC/K/8ELErc5VgJxyPFApArIZRCQsqjEgZWJ4"
	const django = "$seasalt123AB$ZDsyP1mBLJdKYGKwrXx3RbGNrR6XLv91IVYe63d5v8g="
	checkRefusals(t, []refusal{
		{"no rounds", "$pbkdf2-sha256$0" + salt + tag, passhash.ErrBounds},
		{"too many rounds", "$pbkdf2-sha256$5000001" + salt + tag, passhash.ErrBounds},
		{"leading zero", "$pbkdf2-sha256$01" + salt + tag, passhash.ErrMalformed},
		{"no salt", "$pbkdf2-sha256$1$" + tag, passhash.ErrBounds},
		{"long salt", "$pbkdf2-sha256$1$" + strings.Repeat("MDEy", 43) + tag, passhash.ErrBounds},
		{"plus sign", "$pbkdf2-sha256$1$MDE+" + tag, passhash.ErrMalformed},
		{"short key", "$pbkdf2-sha256$1" + salt + "$" + strings.Repeat("MDEy", 5), passhash.ErrBounds},
		{"long key", "$pbkdf2-sha256$1" + salt + "$" + strings.Repeat("MDEy", 171), passhash.ErrBounds},
		{"too many rounds for two digests", "$pbkdf2-sha256$2500001" + salt + "$" + strings.Repeat("MDEy", 21) + "MA", passhash.ErrBounds},
		{"PHC, length of another key", "$pbkdf2-sha256$i=1,l=31" + salt + tag, passhash.ErrBounds},
		{"PHC, no length", "$pbkdf2-sha256$i=1" + salt + tag, passhash.ErrMalformed},
		{"PHC, too many rounds", "$pbkdf2-sha256$i=5000001,l=32" + salt + tag, passhash.ErrBounds},
		{"PHC, passlib's dots", "$pbkdf2-sha256$i=1,l=32$././" + tag, passhash.ErrMalformed},
		{"Spring, of no default", "{pbkdf2}" + strings.Repeat("00", 44), passhash.ErrMalformed},
		{"Spring, short", "{pbkdf2}" + strings.Repeat("00", 39), passhash.ErrBounds},
		{"389, cut", "{PBKDF2_SHA256}AAAgAA", passhash.ErrBounds},
		{"Identity, another version", "AQAAAA" + strings.Repeat("A", 74), passhash.ErrBounds},
		{"Identity v2, of a one", "AR" + strings.Repeat("A", 66), passhash.ErrUnknownScheme},
		{"Werkzeug, its old default", "pbkdf2:sha256$salt$" + strings.Repeat("00", 32), passhash.ErrUnknownScheme},
		{"Dovecot, no rounds", "{PBKDF2}$1$salt$$" + strings.Repeat("00", 20), passhash.ErrMalformed},
		{"Django, too many rounds", "pbkdf2_sha256$5000001" + django, passhash.ErrBounds},
		{"Django, negative rounds", "pbkdf2_sha256$-1" + django, passhash.ErrMalformed},
		{"Django, no salt", "pbkdf2_sha256$1$$ZDsyP1mBLJdKYGKwrXx3RbGNrR6XLv91IVYe63d5v8g=", passhash.ErrBounds},
		{"Django, unpadded", "pbkdf2_sha256$1" + strings.TrimSuffix(django, "="), passhash.ErrMalformed},
		{"Django, fields", "pbkdf2_sha256$1$seasalt", passhash.ErrMalformed},
	})
}
