package passhash_test

import (
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/passhash"
)

// passlib 1.7.4: ldap_salted_sha1.using(salt=b"saltsalt").hash("correct horse battery"),
// and ldap_salted_sha256, ldap_salted_sha512
func TestDigestVectors(t *testing.T) {
	for _, scheme := range []string{"ssha", "ssha256", "ssha512"} {
		checkVectors(t, scheme, []vector{{scheme, samplePassword, samples[scheme]}})
	}
	// printf 'secretpepper' | openssl dgst -sha1 -binary; then base64 with "pepper"
	checkVectors(t, "ssha", []vector{{"openssl", "secret", "{SSHA}D4kSuvPIF4rZzl+dW9Km/1788fBwZXBwZXI="}})
}

func TestParseRefusesDigests(t *testing.T) {
	checkRefusals(t, []refusal{
		{"unsalted with a salt", "{SHA}+zgJCcduvLFhD+Rk7/v3C0FqyKpzYWx0c2FsdHNhbHQ=", passhash.ErrBounds},
		{"no salt", "{SSHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", passhash.ErrBounds},
		{"digest of another size", "{SSHA512}" + samples["ssha"][len("{SSHA}"):], passhash.ErrBounds},
		{"crypt", "{CRYPT}$6$salt$x", passhash.ErrMalformed},
		{"crypt of something else", "{CRYPT}24leDr0hHfb3A", passhash.ErrUnknownScheme},
		{"crypt of another row", "{CRYPT}{SSHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", passhash.ErrUnknownScheme},
		{"clear text", "{CLEARTEXT}secret", passhash.ErrUnknownScheme},
		{"no end", "{SSHA", passhash.ErrUnknownScheme},
		{"alphabet", "{SSHA}-zgJCcduvLFhD-Rk7_v3C0FqyKpzYWx0c2FsdA==", passhash.ErrMalformed},
		{"unpadded", "{SSHA}+zgJCcduvLFhD+Rk7/v3C0FqyKpzYWx0c2FsdA", passhash.ErrMalformed},
	})
}
