package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// secretive finds the beginnings of the hashes in testdata.
var secretive = regexp.MustCompile(`\$2[aby]\$|\$P\$|\$wp|pbkdf2_|[0-9a-f]{32}:|[0-9a-f]{64}`)

// A file that was cut ends the program with an error, or its last record is left out; nothing of a hash is said.
func TestCutExports(t *testing.T) {
	for _, e := range exports {
		text := testdata(t, e.file)
		for _, size := range []int{1, len(text) / 3, len(text) * 2 / 3, len(text) - 12} {
			status, _, notes := convert(strings.NewReader(text[:size]), e.system, e.flags...)
			if status != 1 || notes == "" {
				t.Errorf("%s, %d bytes: %d, %s", e.file, size, status, notes)
			}
			if secretive.MatchString(notes) {
				t.Errorf("%s, %d bytes: %s", e.file, size, notes)
			}
		}
		if status, lines, notes := convert(strings.NewReader(""), e.system, e.flags...); status != 1 || lines != "" || !strings.Contains(notes, "nothing to read") {
			t.Errorf("%s, empty: %d, %s", e.file, status, notes)
		}
	}
}

func TestExportsOfAnotherSystem(t *testing.T) {
	for _, e := range exports {
		for _, s := range systems {
			both := []string{s.name, e.system}
			if s.name == e.system || slices.Contains(both, "devise") && slices.Contains(both, "supabase") { // have the same columns
				continue
			}
			status, lines, notes := convert(strings.NewReader(testdata(t, e.file)), s.name)
			if status != 1 || lines != "" || !strings.Contains(notes, "stopped: ") {
				t.Errorf("%s as of %s: %d, %s, %s", e.file, s.name, status, lines, notes)
			}
			if secretive.MatchString(notes) {
				t.Errorf("%s as of %s: %s", e.file, s.name, notes)
			}
		}
	}
}

// Exports have members that nobody asked for, and records of which one member is broken.
func TestOddRecords(t *testing.T) {
	for name, c := range map[string]struct{ system, in, line, note string }{
		"more members": {"firebase", `{"kind":{"a":[1]},"users":[{"localId":"1","email":"a@b.example","mfa":{"x":[]}}],"more":[[]]}`,
			`{"externalId":"1","email":"a@b.example"}`, "1 written, 0 left out, 0 notes"},
		"another type":        {"firebase", `{"users":[{"localId":"1","email":7},{"localId":"2","email":"a@b.example"}]}`, `"externalId":"2"`, "record 1: left out"},
		"no object":           {"firebase", `{"users":["a"]}`, "", "record 1 is no object"},
		"null":                {"firebase", `{"users":[null]}`, "", "record 1 has no localId"},
		"no list":             {"firebase", `{"users":{"a":1}}`, "", "want a list of users"},
		"no id later":         {"firebase", `{"users":[{"localId":"2","email":"a@b.example"},{"email":"b@b.example"}]}`, `"externalId":"2"`, "record 2: left out: it has no localId"},
		"a list of realms":    {"keycloak", `[{"realm":"a","users":[]}]`, "", `want an object with "users"`},
		"no users":            {"keycloak", `{"realm":"a","users":[]}`, "", "0 written"},
		"skipped users":       {"keycloak", `{"realm":"a","roles":{"users":[{}]}}`, "", `there is no "users"`},
		"two files":           {"keycloak", `{"realm":"a","users":[]}{"realm":"a","users":[{"username":"a","email":"a@b.example"}]}`, `"externalId":"a"`, "1 written"},
		"more after a list":   {"wordpress", `[] {}`, "", "more after the list"},
		"a short line":        {"v1", "userID,email,password\n1,a@b.example\n2,b@b.example,\n", `"externalId":"2"`, "record 1: left out: it has 2 columns, and the first line 3"},
		"a quote":             {"v1", "userID,email,password\n1,a@b.example,\"$2b$10$secret\"x\n", "", "stopped: "},
		"a mark before":       {"v1", "\ufeffuserID,email,password\n1,a@b.example,\n", `"externalId":"1"`, "1 written"},
		"an id like a UUID":   {"v1", "userID,email,password\n{6F6D8F9E-1C9A-4A55-9D7A-0B3C0F0E7A11},a@b.example,\n", `"externalId":"{6F6`, "1 written"},
		"a UUID":              {"v1", "userID,email,password\n6F6D8F9E-1C9A-4A55-9D7A-0B3C0F0E7A11,a@b.example,\n", `{"id":"6f6d8f9e-1c9a-4a55-9d7a-0b3c0f0e7a11"`, "1 written"},
		"no UUID":             {"v1", "userID,email,password\n00000000-0000-0000-0000-000000000000,a@b.example,\n", `"externalId":"0000`, "1 written"},
		"a steering id":       {"v1", "userID,email,password\n\x1b[2J,,\n", "", `user "\x1b[2J": left out`},
		"a bad date":          {"v1", "userID,email,password,createdAt\n1,a@b.example,,$2b$10$secret\n", `"externalId":"1"`, "a date cannot be read"},
		"a user in words":     {"django", `[{"model":"auth.user","pk":1,"fields":{"email":"a@b.example"}},{"model":"account.emailaddress","pk":1,"fields":{"user":["a"]}}]`, `"externalId":"1"`, "--natural-foreign"},
		"another model":       {"django", `[{"model":"people.person","pk":1,"fields":{"email":"a@b.example"}}]`, "", "-user-model"},
		"a user who is gone":  {"django", `[{"model":"auth.user","pk":1,"fields":{"email":"a@b.example"}},{"model":"account.emailaddress","pk":1,"fields":{"user":2}}]`, `"externalId":"1"`, "1 users have"},
		"a broken credential": {"keycloak", `{"users":[{"username":"a","email":"a@b.example","credentials":[{"type":"password","secretData":"{"}]}]}`, `"externalId":"a"`, "cannot be read"},
		"another algorithm": {"keycloak", `{"users":[{"username":"a","email":"a@b.example","credentials":[{"type":"password","secretData":"{\"value\":\"YQ==\",\"salt\":\"YQ==\"}","credentialData":"{\"algorithm\":\"bcrypt\"}"}]}]}`,
			`{"externalId":"a","email":"a@b.example","username":"a"}`, `its algorithm is "bcrypt"`},
		"another hasher":                {"clerk", "id,primary_email_address,password_digest,password_hasher\n1,a@b.example,x,awscognito\n", `"metadata":{"clerk":{"password_hasher":"awscognito"}}`, "no import reads"},
		"no digest":                     {"clerk", "id,primary_email_address,password_digest,password_hasher\n1,a@b.example,x,md5\n", `{"externalId":"1","email":"a@b.example"}`, "no digest in hex"},
		"PBKDF2 of SHA-1":               {"keycloak", `{"users":[{"username":"a","email":"a@b.example","credentials":[{"type":"password","secretData":"{\"value\":\"YWI=\",\"salt\":\"YWI=\"}","credentialData":"{\"hashIterations\":20000,\"algorithm\":\"pbkdf2\"}"}]}]}`, `"passwordHash":"$pbkdf2-sha1$i=20000,l=2$YWI$YWI"`, `0 notes`},
		"argon2i":                       {"keycloak", `{"users":[{"username":"a","email":"a@b.example","credentials":[{"type":"password","secretData":"{\"value\":\"YWI=\",\"salt\":\"YWI=\"}","credentialData":"{\"hashIterations\":3,\"algorithm\":\"argon2\",\"additionalParameters\":{\"memory\":[\"8\"],\"type\":[\"i\"],\"version\":[\"1.3\"],\"parallelism\":[\"1\"]}}"}]}]}`, `"passwordHash":"$argon2i$v=19$m=8,t=3,p=1$YWI$YWI"`, `0 notes`},
		"argon2d":                       {"keycloak", `{"users":[{"username":"a","email":"a@b.example","credentials":[{"type":"password","secretData":"{\"value\":\"YWI=\",\"salt\":\"YWI=\"}","credentialData":"{\"hashIterations\":3,\"algorithm\":\"argon2\",\"additionalParameters\":{\"memory\":[\"8\"],\"type\":[\"d\"],\"version\":[\"1.3\"],\"parallelism\":[\"1\"]}}"}]}]}`, `{"externalId":"a","email":"a@b.example","username":"a"}`, `none computes here`},
		"argon2 1.0":                    {"keycloak", `{"users":[{"username":"a","email":"a@b.example","credentials":[{"type":"password","secretData":"{\"value\":\"YWI=\",\"salt\":\"YWI=\"}","credentialData":"{\"hashIterations\":3,\"algorithm\":\"argon2\",\"additionalParameters\":{\"memory\":[\"8\"],\"type\":[\"i\"],\"version\":[\"1.0\"],\"parallelism\":[\"1\"]}}"}]}]}`, `{"externalId":"a","email":"a@b.example","username":"a"}`, `none computes here`},
		"a seed in base32":              {"keycloak", `{"users":[{"username":"a","email":"a@b.example","credentials":[{"type":"otp","secretData":"{\"value\":\"JBSWY3DPEHPK3PXP\"}","credentialData":"{\"subType\":\"totp\",\"digits\":6,\"period\":30,\"algorithm\":\"HmacSHA1\",\"secretEncoding\":\"BASE32\"}"}]}]}`, `"seed":"JBSWY3DPEHPK3PXP"`, `0 notes`},
		"a counter":                     {"keycloak", `{"users":[{"username":"a","email":"a@b.example","credentials":[{"type":"otp","secretData":"{\"value\":\"JBSWY3DPEHPK3PXP\"}","credentialData":"{\"subType\":\"hotp\",\"digits\":6,\"period\":30,\"algorithm\":\"HmacSHA1\"}"}]}]}`, `{"externalId":"a","email":"a@b.example","username":"a"}`, `"otp" stays behind`},
		"a passkey":                     {"keycloak", `{"users":[{"username":"a","email":"a@b.example","credentials":[{"type":"webauthn","secretData":"{}","credentialData":"{\"counter\":0}"}]}]}`, `{"externalId":"a","email":"a@b.example","username":"a"}`, `"webauthn" stays behind`},
		"a passkey of allauth":          {"django", `[{"model":"auth.user","pk":1,"fields":{"email":"a@b.example"}},{"model":"mfa.authenticator","pk":1,"fields":{"user":1,"type":"webauthn","data":{}}}]`, `{"externalId":"1","email":"a@b.example"}`, `second factor stays behind: webauthn`},
		"an app that was not confirmed": {"django", `[{"model":"auth.user","pk":1,"fields":{"email":"a@b.example"}},{"model":"otp_totp.totpdevice","pk":1,"fields":{"user":1,"confirmed":false,"key":"00","step":30,"t0":0,"digits":6}}]`, `{"externalId":"1","email":"a@b.example"}`, `0 notes`},
		"an address of allauth alone":   {"django", `[{"model":"auth.user","pk":1,"fields":{"email":""}},{"model":"account.emailaddress","pk":1,"fields":{"user":1,"email":"a@b.example","primary":true,"verified":true}}]`, `{"externalId":"1","email":"a@b.example","emailVerified":true}`, `0 notes`},
		"an app that is not on":         {"better-auth", `{"id":"1","email":"a@b.example","emailVerified":false,"twoFactorEnabled":false,"twoFactor":[{"secret":"00"}]}`, `{"externalId":"1","email":"a@b.example"}`, `0 notes`},
		"columns in small letters":      {"better-auth", `{"id":"1","email":"a@b.example","email_verified":1,"created_at":1600000000123,"account":[{"provider_id":"github","account_id":"7"}]}`, `"emailVerified":true,"identities":[{"issuer":"https://github.com","subject":"7"}],"createdAt":"2020-09-13T12:26:40.123Z"`, `0 notes`},
		"eight digits":                  {"keycloak", `{"users":[{"username":"a","email":"a@b.example","credentials":[{"type":"otp","secretData":"{\"value\":\"abcdefghij\"}","credentialData":"{\"subType\":\"totp\",\"digits\":8,\"period\":30,\"algorithm\":\"HmacSHA1\"}"}]}]}`, `{"externalId":"a","email":"a@b.example","username":"a"}`, `"otp" stays behind`},
		"a minute":                      {"keycloak", `{"users":[{"username":"a","email":"a@b.example","credentials":[{"type":"otp","secretData":"{\"value\":\"abcdefghij\"}","credentialData":"{\"subType\":\"totp\",\"digits\":6,\"period\":60,\"algorithm\":\"HmacSHA1\"}"}]}]}`, `{"externalId":"a","email":"a@b.example","username":"a"}`, `"otp" stays behind`},
		"SHA-256":                       {"keycloak", `{"users":[{"username":"a","email":"a@b.example","credentials":[{"type":"otp","secretData":"{\"value\":\"abcdefghij\"}","credentialData":"{\"subType\":\"totp\",\"digits\":6,\"period\":30,\"algorithm\":\"HmacSHA256\"}"}]}]}`, `{"externalId":"a","email":"a@b.example","username":"a"}`, `"otp" stays behind`},
		"an encrypted seed":             {"supabase", `{"id":"1","email":"a@b.example","encrypted_password":"","mfa_factors":[{"factor_type":"totp","status":"verified","secret":"{\"key_id\":\"1\"}"}]}`, `"externalId":"1"`, "seed of the authenticator app cannot be read"},
		"a phone as factor":             {"supabase", `{"id":"1","email":"a@b.example","encrypted_password":"","mfa_factors":[{"factor_type":"phone","status":"verified"}]}`, `"externalId":"1"`, "second factor stays behind: phone"},
		"a deleted user":                {"supabase", `{"id":"1","email":"a@b.example","encrypted_password":"","deleted_at":"2024-01-01"}`, "", "it was deleted"},
		"an endless ban":                {"supabase", `{"id":"1","email":"a@b.example","encrypted_password":"","banned_until":"infinity"}`, `"disabled":true`, "a date cannot be read"},
		"metadata too long":             {"supabase", `{"id":"1","email":"a@b.example","encrypted_password":"","raw_user_meta_data":{"text":"` + strings.Repeat("a", maxMetadata) + `"}}`, `{"externalId":"1","email":"a@b.example"}`, "longer than 4 KiB"},
		"metadata of a text":            {"supabase", `{"id":"1","email":"a@b.example","encrypted_password":"","raw_user_meta_data":"oops"}`, `{"externalId":"1","email":"a@b.example"}`, "column raw_user_meta_data"},
	} {
		t.Run(name, func(t *testing.T) {
			_, lines, notes := convert(strings.NewReader(c.in), c.system)
			if !strings.Contains(lines, c.line) || c.line == "" && lines != "" {
				t.Errorf("lines are %s", lines)
			}
			if !strings.Contains(notes, c.note) || strings.Contains(notes, "secret\"x") || strings.Contains(notes, "$2b$") {
				t.Errorf("notes are %s", notes)
			}
		})
	}
}

// growing reads a text so often, and counts what had been written when it was asked for the last.
type growing struct {
	times   int
	before  string
	each    func(n int) string
	written *bytes.Buffer
	seen    int
	rest    string
	n       int
}

func (g *growing) Read(b []byte) (int, error) {
	if g.rest == "" {
		switch {
		case g.n == 0:
			g.rest = g.before
		case g.n <= g.times:
			g.rest = g.each(g.n)
		default:
			return 0, io.ErrUnexpectedEOF // what is written of the others does not depend on an end
		}
		g.n++
		g.seen = g.written.Len()
	}
	n := copy(b, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

func TestAccountsAreWrittenAsUsersAreRead(t *testing.T) {
	const users = 2000
	for system, c := range map[string]struct {
		before string
		each   func(n int) string
	}{
		"auth0":    {" ", func(n int) string { return fmt.Sprintf(`{"user_id":"auth0|%d","email":"u%d@home.example"}`, n, n) }},
		"firebase": {`{"users":[`, func(n int) string { return fmt.Sprintf(`{"localId":"%d","email":"u%d@home.example"},`, n, n) }},
		"keycloak": {`{"clients":[{}],"users":[`, func(n int) string { return fmt.Sprintf(`{"username":"%d","email":"u%d@home.example"},`, n, n) }},
		"cognito": {" ", func(n int) string {
			return fmt.Sprintf(`{"Users":[{"Username":"%d","Attributes":[{"Name":"email","Value":"u%d@home.example"}]}]}`, n, n)
		}},
		"wordpress": {"[", func(n int) string {
			return fmt.Sprintf(`{"ID":%d,"user_login":"u%d","user_pass":"","user_email":"u%d@home.example"},`, n, n, n)
		}},
		"clerk": {"id,primary_email_address,password_digest,password_hasher\n", func(n int) string { return fmt.Sprintf("%d,u%d@home.example,,\n", n, n) }},
		"better-auth": {" ", func(n int) string {
			return fmt.Sprintf(`{"id":"%d","email":"u%d@home.example","emailVerified":false}`, n, n)
		}},
	} {
		var out bytes.Buffer
		in := &growing{times: users, before: c.before, each: c.each, written: &out}
		if status := run([]string{system}, in, &out, io.Discard); status != 1 {
			t.Errorf("%s: status %d", system, status)
		}
		if written := strings.Count(out.String(), "\n"); written < users-1 || in.seen < out.Len()*8/10 {
			t.Errorf("%s: %d accounts are written; %d bytes of %d when the last was read", system, written, in.seen, out.Len())
		}
	}
}

func TestDates(t *testing.T) {
	for date, want := range map[string]string{
		"2024-01-31T12:00:00Z":          "2024-01-31T12:00:00Z",
		"2024-01-31T12:00:00.123456Z":   "2024-01-31T12:00:00.123Z",
		"2024-01-31T12:00:00+05:30":     "2024-01-31T06:30:00Z",
		"2024-01-31 12:00:00":           "2024-01-31T12:00:00Z",
		"2024-01-31 12:00:00.5+00":      "2024-01-31T12:00:00.5Z",
		"2024-01-31 12:00:00+0200":      "2024-01-31T10:00:00Z",
		"2024-01-31 12:00:00 UTC":       "2024-01-31T12:00:00Z",
		"2024-01-31":                    "2024-01-31T00:00:00Z",
		"1600000000":                    "2020-09-13T12:26:40Z",
		"1600000000.123":                "2020-09-13T12:26:40.123Z",
		"1600000000123":                 "2020-09-13T12:26:40.123Z",
		"0000-00-00 00:00:00":           "",
		"":                              "",
		"yesterday":                     "",
		"31.01.2024":                    "",
		"2024-13-01T00:00:00Z":          "",
		"-1e300":                        "",
		"NaN":                           "",
		"2024-01-31T12:00:00.123+00:00": "2024-01-31T12:00:00.123Z",
	} {
		o := &output{notes: io.Discard, lines: json.NewEncoder(io.Discard)}
		if got := o.at(accountOf("1"), date); got != want {
			t.Errorf("%q is %q, want %q", date, got, want)
		}
		if said := want == "" && date != "" && !strings.HasPrefix(date, "0000"); said != (o.noted == 1) {
			t.Errorf("%q: %d notes", date, o.noted)
		}
	}
}
