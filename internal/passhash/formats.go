package passhash

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"slices"
	"strings"
)

// format is how one program writes its hashes: how they begin, and what reads the rest. To read another program's is
// one more row, and a function where none of those here does.
type format struct {
	prefix string
	parse  parser
}

// parser reads a hash whose text begins with the prefix of its row; body is what follows. [ErrUnknownScheme] lets the
// next row try.
type parser func(text, body string) (scheme, error)

// formats has a row for every text that [Parse] reads, our own first. A prefix in braces is read in any letter case.
var formats = slices.Concat(argon2Forms, cryptForms, quickForms, []format{
	{"$wrapped$", parseWrapped},

	// bcrypt over something else than the password
	{"$bcrypt-cut$", bcryptOf(cutPassword)},
	{"$bcrypt-pepper$", parsePepper(wholePassword)},
	{"$bcrypt-pepper-cut$", parsePepper(cutPassword)},
	{"$wp", bcryptOf(wordpressDigest)},
	{"bcrypt_sha256$", bcryptOf(hexDigest)},
	{"$bcrypt-sha256$", parsePasslibBcrypt},

	// a prefix before what crypt(3) or argon2 writes
	{"bcrypt$", inner("", bcryptForms)},
	{"argon2$", inner("$", argon2Forms)},
	{"1|", inner("", bcryptForms)},
	{"2|", inner("", argon2Forms)},
	{"3|", inner("", argon2Forms)},
	{"{bcrypt}", inner("", bcryptForms)},
	{"{BLF-CRYPT}", inner("", bcryptForms)},
	{"{argon2}", inner("", argon2Forms)},
	{"{argon2@SpringSecurity_v5_8}", inner("", argon2Forms)},
	{"{ARGON2I}", inner("", argon2Forms)},
	{"{ARGON2ID}", inner("", argon2Forms)},
	{"{CRYPT}", inner("", cryptForms)},
	{"{MD5-CRYPT}", inner("", cryptForms)},
	{"{SHA256-CRYPT}", inner("", cryptForms)},
	{"{SHA512-CRYPT}", inner("", cryptForms)},

	{"pbkdf2_sha1$", parseDjango("pbkdf2-sha1")},
	{"pbkdf2_sha256$", parseDjango("pbkdf2-sha256")},
	{"pbkdf2:sha1:", parseWerkzeug("pbkdf2-sha1")},
	{"pbkdf2:sha256:", parseWerkzeug("pbkdf2-sha256")},
	{"pbkdf2:sha512:", parseWerkzeug("pbkdf2-sha512")},
	{"{pbkdf2}$1$", parseDovecot},
	{"{pbkdf2}", parseSpring},
	{"{pbkdf2}", parseDirectory("pbkdf2-sha1")},
	{"{pbkdf2@SpringSecurity_v5_8}", parseSpring},
	{"{PBKDF2-SHA1}", parseDirectory("pbkdf2-sha1")},
	{"{PBKDF2-SHA256}", parseDirectory("pbkdf2-sha256")},
	{"{PBKDF2-SHA512}", parseDirectory("pbkdf2-sha512")},
	{"{PBKDF2_SHA256}", parse389},
	{"{PKCS5S2}", parseAtlassian},
	{"AQAAAA", parseIdentityV3},
	{"A", parseIdentityV2},

	{"$scrypt$", parseScrypt},
	{"$firebase-scrypt$", parseFirebase},
	{"scrypt$", parseDjangoScrypt},
	{"scrypt:", parseWerkzeugScrypt},
	{"{scrypt}", parseSpringScrypt},
	{"{scrypt@SpringSecurity_v5_8}", parseSpringScrypt},
	{"s2:", func(_, body string) (scheme, error) { return parseBetterAuth(body, "") }}, // Lucia 2
	{"", parseBetterAuth},
})

var argon2Forms = []format{
	{"$argon2id$", parseArgon2("argon2id")},
	{"$argon2i$", parseArgon2("argon2i")},
}

var bcryptForms = []format{
	{"$2a$", parseBcrypt},
	{"$2b$", parseBcrypt},
	{"$2y$", parseBcrypt},
}

// cryptForms is what crypt(3) writes, and Apache.
var cryptForms = slices.Concat(bcryptForms, md5Forms, []format{
	{"$5$", parseSHACrypt("sha256-crypt")},
	{"$6$", parseSHACrypt("sha512-crypt")},
})

var md5Forms = []format{
	{"$1$", parseMD5Crypt("$1$")},
	{"$apr1$", parseMD5Crypt("$apr1$")},
}

// quickForms is what may lie under a wrapping.
var quickForms = slices.Concat(md5Forms, []format{
	{"$P$", parsePhpass("$P$", md5.New, 22)},
	{"$H$", parsePhpass("$H$", md5.New, 22)},
	{"$S$", parsePhpass("$S$", sha512.New, 43)},
	{"$pbkdf2$", parsePBKDF2("pbkdf2-sha1")},
	{"$pbkdf2-sha1$", parsePBKDF2("pbkdf2-sha1")},
	{"$pbkdf2-sha256$", parsePBKDF2("pbkdf2-sha256")},
	{"$pbkdf2-sha512$", parsePBKDF2("pbkdf2-sha512")},
	{"{MD5}", inner("", md5Forms)}, // Dovecot's other name of md5crypt
	{"{sha256}", parseSpringDigest},
	{"{SHA1}", parseDigest("sha", "{SHA}", sha1.New, 0, decodeByLength)}, // and of SHA
	{"{LDAP-MD5}", parseDigest("md5", "{MD5}", md5.New, 0, decodeByLength)},
	{"{PLAIN-MD5}", parseDigest("md5", "{MD5}", md5.New, 0, decodeByLength)},
},
	digestForms("md5", md5.New),
	digestForms("sha", sha1.New),
	digestForms("sha256", sha256.New),
	digestForms("sha384", sha512.New384),
	digestForms("sha512", sha512.New),
)

// find reads a hash in one of the forms.
func find(forms []format, text string) (scheme, error) {
	for i := range forms {
		f := &forms[i]
		if !f.begins(text) {
			continue
		}
		s, err := f.parse(text, text[len(f.prefix):])
		if !errors.Is(err, ErrUnknownScheme) {
			return s, err
		}
	}
	return nil, ErrUnknownScheme
}

func (f *format) begins(text string) bool {
	if len(text) < len(f.prefix) {
		return false
	}
	head := text[:len(f.prefix)]
	return head == f.prefix || f.prefix[:min(1, len(f.prefix))] == "{" && strings.EqualFold(head, f.prefix)
}

// inner reads a hash of one of the forms behind a prefix of its own, which took away what is put back before it.
func inner(before string, forms []format) parser {
	return func(_, body string) (scheme, error) { return find(forms, before+body) }
}
