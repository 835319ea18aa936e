package main

import (
	"io"
	"slices"
	"strings"
)

// clerkHashers are those of Clerk whose digests an import reads as they are.
var clerkHashers = []string{
	"argon2i", "argon2id", "bcrypt", "bcrypt_sha256_django", "ldap_ssha", "pbkdf2_sha256_django", "phpass", "scrypt_werkzeug",
}

func clerk(in io.Reader, o *output) error {
	return eachRow(in, o, []string{"id", "primary_email_address", "password_digest", "password_hasher"}, func(n int, r row) error {
		if r.text("id") == "" {
			return o.foreign(n, "id")
		}
		a := accountOf(r.text("id"))
		a.Email, a.Username = r.text("primary_email_address"), r.text("username")
		a.Name = strings.TrimSpace(r.text("first_name") + " " + r.text("last_name"))
		verified := listed(r.text("verified_email_addresses"))
		a.EmailVerified = slices.Contains(verified, a.Email)
		a.CreatedAt = o.at(a, r.text("created_at"))
		switch hasher, digest := r.text("password_hasher"), r.text("password_digest"); {
		case digest == "":
		case slices.Contains(clerkHashers, hasher):
			a.PasswordHash = digest
		case hasher == "md5" || hasher == "sha256":
			a.PasswordHash = o.digest(a, "{"+strings.ToUpper(hasher)+"}", digest)
		default:
			o.note(a.who, "the password stays behind: no import reads what this password_hasher writes")
			a.keep("password_hasher", hasher)
		}
		if seed := r.text("totp_secret"); seed != "" {
			o.totp(a, "", seed)
		}
		a.keep("primary_phone_number", r.text("primary_phone_number"))
		others := slices.DeleteFunc(verified, func(address string) bool { return address == a.Email })
		a.keep("verified_email_addresses", others)
		return o.write(a)
	})
}

// listed splits a list in one column.
func listed(column string) []string {
	return strings.FieldsFunc(column, func(c rune) bool { return strings.ContainsRune(",;| \t\r\n", c) })
}
