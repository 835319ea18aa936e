package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
)

var update = flag.Bool("update", false, "write what the converters write into testdata")

// export is one that was made up in the form of a system: testdata/SYSTEM.jsonl is what becomes of it, and SYSTEM.txt
// what is said.
type export struct {
	system, file string
	flags        []string
}

var exports = []export{
	{"auth0", "auth0.ndjson", []string{"-hashes", "testdata/auth0.hashes.ndjson"}},
	{"firebase", "firebase.json", []string{"-hash-config", "testdata/firebase.hash-config.txt"}},
	{"supabase", "supabase.ndjson", nil},
	{"supabase", "supabase.csv", nil},
	{"keycloak", "keycloak.json", nil},
	{"cognito", "cognito.json", nil},
	{"clerk", "clerk.csv", nil},
	{"wordpress", "wordpress.json", nil},
	{"wordpress", "wordpress.csv", nil},
	{"django", "django.json", nil},
	{"devise", "devise.csv", nil},
	{"devise", "devise.ndjson", nil},
	{"better-auth", "better-auth.json", []string{"-secret", "testdata/better-auth.secret.txt"}},
	{"better-auth", "better-auth.ndjson", []string{"-secret", "testdata/better-auth.secret.txt"}},
	{"v1", "v1.csv", nil},
}

// convert runs the program.
func convert(in io.Reader, system string, flags ...string) (status int, lines, notes string) {
	var out, said bytes.Buffer
	status = run(append([]string{system}, flags...), in, &out, &said)
	return status, out.String(), said.String()
}

func testdata(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestExports(t *testing.T) {
	for _, e := range exports {
		t.Run(e.file, func(t *testing.T) {
			status, lines, notes := convert(strings.NewReader(testdata(t, e.file)), e.system, e.flags...)
			for name, got := range map[string]string{e.system + ".jsonl": lines, e.system + ".txt": notes} {
				if *update {
					if err := os.WriteFile(filepath.Join("testdata", name), []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				if want := testdata(t, name); got != want {
					t.Errorf("%s is\n%s\nwant\n%s", name, got, want)
				}
			}
			if status != 1 {
				t.Errorf("status %d, although each of these exports has what does not come along", status)
			}
			for line := range strings.Lines(lines) {
				var a account
				if err := json.Unmarshal([]byte(line), &a); err != nil {
					t.Fatal(err)
				}
				if a.PasswordHash != "" && strings.Contains(notes, a.PasswordHash) {
					t.Errorf("the notes have the hash of %s", a.Email)
				}
			}
		})
	}
}

func TestEverySystemHasAnExport(t *testing.T) {
	for _, s := range systems {
		if !slices.ContainsFunc(exports, func(e export) bool { return e.system == s.name }) {
			t.Errorf("%s has none", s.name)
		}
	}
}

// An import refuses a line with a member that a record has not.
func TestAccountsHaveTheMembersOfRecords(t *testing.T) {
	for ours, record := range map[reflect.Type]reflect.Type{
		reflect.TypeFor[account]():  reflect.TypeFor[tollkeeper.AccountRecord](),
		reflect.TypeFor[identity](): reflect.TypeFor[tollkeeper.RecordIdentity](),
		reflect.TypeFor[factor]():   reflect.TypeFor[tollkeeper.RecordFactor](),
	} {
		known := members(record)
		for _, name := range members(ours) {
			if !slices.Contains(known, name) {
				t.Errorf("%v has no %s", record, name)
			}
		}
	}
}

func members(of reflect.Type) (names []string) {
	for field := range of.Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// What a job of users-exports does not have, the file of hashes has: it is enough to sign in.
func TestAuth0HashesAlone(t *testing.T) {
	status, lines, notes := convert(strings.NewReader(testdata(t, "auth0.hashes.ndjson")), "auth0")
	if status != 0 || strings.Count(lines, "\n") != 3 {
		t.Fatal(status, lines, notes)
	}
	if !strings.HasPrefix(lines, `{"externalId":"auth0|5dea9f9c82dd7c0e76e4ec93","email":"cleo@home.example","passwordHash":"$2b$10$`) {
		t.Error(lines)
	}
}

// Whoever changed their password after the users were exported, or signed up, is in one file only.
func TestAuth0HashesOfOthers(t *testing.T) {
	in := `{"user_id":"auth0|5dea9f9c82dd7c0e76e4ec93","email":"cleo@home.example"}`
	status, lines, notes := convert(strings.NewReader(in), "auth0", "-hashes", "testdata/auth0.hashes.ndjson")
	if status != 1 || strings.Count(lines, "\n") != 1 || !strings.Contains(lines, `"passwordHash"`) || !strings.Contains(notes, "2 of its users are not in the export") {
		t.Error(status, lines, notes)
	}
}

func TestAddressOfAnAuth0User(t *testing.T) {
	in := `{"_id":{"$oid":"5dea9f9c82dd7c0e76e4ec93"},"passwordHash":"$2b$10$x","identifiers":[{"type":"email","value":"ann@home.example","verified":true}]}`
	_, lines, _ := convert(strings.NewReader(in), "auth0")
	if !strings.Contains(lines, `"email":"ann@home.example"`) || !strings.Contains(lines, `"emailVerified":true`) {
		t.Error(lines)
	}
}

func TestPasswordsOfFirebaseNeedTheParameters(t *testing.T) {
	status, lines, notes := convert(strings.NewReader(testdata(t, "firebase.json")), "firebase")
	if status != 1 || strings.Contains(lines, "passwordHash") || strings.Count(notes, "-hash-config") != 2 {
		t.Error(status, lines, notes)
	}
}

func TestFactorsOfBetterAuthNeedTheSecret(t *testing.T) {
	status, lines, notes := convert(strings.NewReader(testdata(t, "better-auth.json")), "better-auth")
	if status != 1 || strings.Contains(lines, `"factors"`) || !strings.Contains(notes, "-secret does not open it") {
		t.Error(status, lines, notes)
	}
	other := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(other, []byte("another secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, lines, notes := convert(strings.NewReader(testdata(t, "better-auth.json")), "better-auth", "-secret", other); strings.Contains(lines, `"factors"`) ||
		!strings.Contains(notes, "-secret does not open it") {
		t.Error(lines, notes)
	}
}

func TestIssuersAreNamed(t *testing.T) {
	_, lines, notes := convert(strings.NewReader(testdata(t, "keycloak.json")), "keycloak", "-issuer", "Corporate=https://sso.example")
	if !strings.Contains(lines, `{"issuer":"https://sso.example","subject":"s-1887"}`) || strings.Contains(notes, "corporate") {
		t.Error(lines, notes)
	}
	for _, wrong := range []string{"corporate", "=https://sso.example", "corporate=http://sso.example", "corporate=sso.example"} {
		if status, lines, _ := convert(strings.NewReader(""), "keycloak", "-issuer", wrong); status != 2 || lines != "" {
			t.Errorf("%s: %d", wrong, status)
		}
	}
}

// -verified speaks for the systems that say nothing of addresses. Where one says no, it stays no.
func TestVerified(t *testing.T) {
	for system, want := range map[string]int{"wordpress": 4, "v1": 4, "django": 4, "devise": 3} {
		file := exports[slices.IndexFunc(exports, func(e export) bool { return e.system == system })].file
		_, lines, _ := convert(strings.NewReader(testdata(t, file)), system, "-verified")
		if got := strings.Count(lines, `"emailVerified":true`); got != want {
			t.Errorf("%s: %d of\n%s", system, got, lines)
		}
	}
	_, lines, _ := convert(strings.NewReader("id,email,encrypted_password\n1,a@b.example,\n"), "devise", "-verified")
	if !strings.Contains(lines, `"emailVerified":true`) {
		t.Error("Devise without confirmed_at:", lines)
	}
}

func TestUsage(t *testing.T) {
	for status, calls := range map[int][][]string{
		0: {{"auth0", "-h"}, {"v1", "-help"}},
		2: {{}, {"-h"}, {"auth1"}, {"auth0", "-nothing"}, {"v1", "users.csv"}},
	} {
		for _, args := range calls {
			var out, said bytes.Buffer
			if got := run(args, strings.NewReader(""), &out, &said); got != status || out.Len() > 0 || said.Len() == 0 {
				t.Errorf("%q: %d, %s", args, got, said.String())
			}
		}
	}
	_, _, said := convert(strings.NewReader(""), "help")
	for _, s := range systems {
		if !strings.Contains(said, s.name) {
			t.Errorf("the usage has no %s", s.name)
		}
	}
}
