package passhash_test

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/passhash"
)

// notRead are the formats of the samples that this package does not read: plain text, what DES and its like make, one
// digest in hexadecimal, of which nobody can tell how it was made, and "sha1$" and "md5$", which two programs write in
// two ways. Nobody signs in with one; a sample of them whose password is right is refused, and not misread.
var notRead = []string{
	"Django (SHA-1)", "Django md5", "Django sha1", "Joomla < 2.5.18", "Juniper/NetBSD sha1crypt",
	"PBKDF2-HMAC-SHA1", "PBKDF2-HMAC-SHA256", "PBKDF2-HMAC-SHA512",
	"Python Werkzeug MD5 (HMAC-MD5 (key = $salt))", "Python Werkzeug SHA256 (HMAC-SHA256 (key = $salt))",
	"Ruby on Rails Restful Auth (one round, no sitekey)", "Spring {noop}", "Web2py pbkdf2-sha512",
	"Werkzeug md5$$", "Werkzeug plain$$", "argon2 reference argon2i", "argon2i v=16 (no version)", "bigcrypt",
	"bsd_nthash", "bsdi_crypt", "cisco_pix", "cisco_type7", "crypt16", "cta_pbkdf2_sha1", "des_crypt",
	"descrypt, DES (Unix), Traditional DES", "django_des_crypt", "django_disabled", "django_salted_md5",
	"django_salted_sha1", "dlitz_pbkdf2_sha1", "fshp", "grub_pbkdf2_sha512", "hex_md4", "hex_md5", "hex_sha1",
	"hex_sha256", "hex_sha512", "ldap_plaintext", "ldap_sha1_crypt", "lmhash", "macOS v10.8+ (PBKDF2-SHA512)",
	"mssql2000", "mssql2005", "mysql323", "mysql41", "nthash", "oracle11", "plaintext", "scram", "scrypt",
	"scrypt ln=16384 (Kratos)", "sha1_crypt", "sun_md5_crypt", "unix_disabled", "unix_fallback",
}

// foreignSample is a hash of another program, from testdata/hashes/README.md.
type foreignSample struct {
	Scheme, Source, Password, Hash string

	Expect string
}

func foreignSamples(t *testing.T) (all []foreignSample) {
	t.Helper()
	text, err := os.ReadFile("testdata/hashes/hashes.json")
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Hashes that other programs publish with their passwords verify, or are refused for what they are. None of them takes
// another password, and none that its own program takes for broken is good here.
func TestSamplesOfOtherPrograms(t *testing.T) {
	seen, tried := map[string]bool{}, map[string]int{}
	for _, s := range foreignSamples(t) {
		h, err := passhash.Parse(s.Hash)
		tried[s.Expect]++
		seen[s.Scheme] = true
		right := err == nil && h.Verify(s.Password)
		switch s.Expect {
		case "ok": // but bcrypt cuts what is longer than 72 bytes
			if right == (s.Hash[:2] == "$2" && len(s.Password) > 72) {
				t.Errorf("%s, %s: %.90s: %v, verifies %t", s.Scheme, s.Source, s.Hash, err, right)
			}
			if err == nil && tried[s.Scheme] < 2 && h.Verify(s.Password+"x") {
				t.Errorf("%s, %s: %.90s takes another password", s.Scheme, s.Source, s.Hash)
			}
			tried[s.Scheme]++
		case "other":
			if !slices.Contains(notRead, s.Scheme) {
				t.Errorf("%s is not listed", s.Scheme)
			}
			if !errors.Is(err, passhash.ErrUnknownScheme) && !errors.Is(err, passhash.ErrMalformed) && !errors.Is(err, passhash.ErrBounds) {
				t.Errorf("%s, %s: %.90s: %v, verifies %t", s.Scheme, s.Source, s.Hash, err, right)
			}
		default:
			if right {
				t.Errorf("%s, %s: %.90s verifies, although: %s", s.Scheme, s.Source, s.Hash, s.Expect)
			}
		}
	}
	for _, name := range notRead {
		if !seen[name] {
			t.Errorf("no sample of %s", name)
		}
	}
	if tried["ok"] != 171 || tried["other"] != 225 || tried["no"] != 112 {
		t.Errorf("%v", tried)
	}
}
