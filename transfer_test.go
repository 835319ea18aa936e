package tollkeeper_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// Hashes of "correct horse battery", made by other systems' tools; internal/passhash says by which.
var foreignHashes = map[string]string{
	"argon2id":      "$argon2id$v=19$m=8,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gLHIkr1qgP4r3sH1P/NIg3+PMckaLQ3RkuIiytJhVlY",
	"argon2i":       "$argon2i$v=19$m=8,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$AiSqTiM3xsAlkKMyeB/hx7cYix7fjQAwI695zQCAU1Q",
	"bcrypt":        "$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS",
	"scrypt":        "$scrypt$ln=4,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$LYtM8Mh+uD5qDLQWvjcUOTNEVL2STXzMHwI4lieKYvI",
	"pbkdf2-sha256": "$pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg$BVALGMmC/K/8ELErc5VgJxyPFApArIZRCQsqjEgZWJ4",
	"pbkdf2-sha512": "$pbkdf2-sha512$1000$MDEyMzQ1Njc4OWFiY2RlZg$7F/Y1rnWXXurLCfFvAmyjyXtbABhgzBTBNcm//wlnvGBOz7OExlgRFs5qwaY5PzB3/WjR7P4yv/ACDQZpDXIfQ",
	"ssha":          "{SSHA}+zgJCcduvLFhD+Rk7/v3C0FqyKpzYWx0c2FsdA==",
	"ssha256":       "{SSHA256}DPX0hsx+ToYNct+PICc6u4kEWULjuq12UL+oDCUfd55zYWx0c2FsdA==",
	"ssha512":       "{SSHA512}QOZ0WJFlSsWxwsBsupmlywYHsTXLksvamFsJJ+kcy5d3+UwtZHlzrNVNkgUEahEnTPkf4ckoCn+PJZ9WOKzal3NhbHRzYWx0",
	"sha256-crypt":  "$5$rounds=1000$pepper1$GpFaHCScn5XYT.Sni0uULWeksF4PRBT58MVm.H9pJV.",
	"sha512-crypt":  "$6$rounds=1000$pepper1$dkucJW6cwnHG7v1cGKwK84G1lLCLKmpzkQMiHNeE1c2eeLUNFVDJrejgt7vUiAb.zmpHEmm1l9ljsBP1X.mjG/",
	"django":        "pbkdf2_sha256$1000$seasalt123AB$ZDsyP1mBLJdKYGKwrXx3RbGNrR6XLv91IVYe63d5v8g=",
}

func TestImportedHashesSignInAndAreUpgraded(t *testing.T) {
	for name, hash := range foreignHashes {
		t.Run(name, func(t *testing.T) {
			k := authtest.New(t)
			line := fmt.Sprintf(`{"email":"ada@home.example","passwordHash":%q}`, hash)
			r, err := k.Auth.Host().ImportAccounts(ctx, tollkeeper.Tenants, strings.NewReader(line), tollkeeper.ImportOptions{})
			if err != nil || r.Stand != 1 {
				t.Fatal(r, err)
			}
			stored := func() string {
				s, err := k.Store.FindAccount(ctx, store.Lookup{Email: "ada@home.example"})
				if err != nil {
					t.Fatal(err)
				}
				return string(s.Account.Password)
			}
			if weak := strings.HasPrefix(name, "ssha") || strings.Contains(hash, "$1000$"); (stored() == hash) == weak {
				t.Fatalf("before the first sign-in it is %s", stored())
			}
			for _, wrong := range []string{"correct horse batterz", "correct horse battery ", ""} {
				if _, err := k.Auth.SignIn(ctx, tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: "ada@home.example", Password: tollkeeper.Password(wrong)}); !errors.Is(err, tollkeeper.ErrInvalidCredentials) {
					t.Fatalf("%q: %v", wrong, err)
				}
			}
			for round := range 2 {
				if _, err := k.Auth.SignIn(ctx, tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: "ada@home.example", Password: "correct horse battery"}); err != nil {
					t.Fatalf("sign-in %d: %v", round, err)
				}
				if now := stored(); !strings.HasPrefix(now, "$argon2id$v=19$m=8,") {
					t.Fatalf("not upgraded: %s", now)
				}
			}
		})
	}
}

func TestImport(t *testing.T) {
	k := authtest.New(t)
	parent := k.Parent()
	lines := strings.Join([]string{
		`{"externalId":"7","email":"ada@home.example","username":"ada","emailVerified":true}`,
		``,
		`{"email":"not an address"}`,
		`{"email":"bob@home.example","username":"ada"}`,
		`not JSON`,
		`{"email":"eve@home.example","passwordHash":"$2a$31$abcdefghijklmnopqrstuv"}`,
		`{"email":"cyd@home.example","role":"GUEST","disabled":true}`,
	}, "\n")
	refused := map[int64]error{}
	run := func(skip int64) tollkeeper.ImportReport {
		t.Helper()
		clear(refused)
		r, err := k.Auth.Host().ImportAccounts(ctx, tollkeeper.Under(parent.ID), strings.NewReader(lines), tollkeeper.ImportOptions{
			Skip: skip, Parallel: 1, Refused: func(n int64, err error) { refused[n] = err },
		})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	want := tollkeeper.ImportReport{Lines: 7, Done: 7, Stand: 2, Made: 2, Refused: 4}
	for round := range 2 {
		if round == 1 {
			want.Made = 0
		}
		if got := run(0); got != want {
			t.Fatalf("round %d: %+v, want %+v: a second run changes nothing", round, got, want)
		}
		for line, err := range map[int64]error{3: tollkeeper.ErrInvalidEmail, 4: tollkeeper.ErrUsernameTaken, 5: tollkeeper.ErrInvalidInput, 6: tollkeeper.ErrInvalidInput} {
			if !errors.Is(refused[line], err) {
				t.Errorf("line %d: %v, want %v", line, refused[line], err)
			}
		}
	}
	if got := run(6); got.Stand != 1 || got.Refused != 0 {
		t.Fatalf("resumed at line 7: %+v", got)
	}
	b, err := k.Store.Balance(ctx, parent.ID)
	if err != nil || b.Children != 2 || b.Credits != 3000 {
		t.Fatalf("children %d, credits %d, %v: imports are counted once and cost nothing", b.Children, b.Credits, err)
	}
}

func TestExportAndImportMoveAStore(t *testing.T) {
	secrets := []tollkeeper.MasterKey{tollkeeper.NewMasterKey()}
	same := authtest.WithConfig(func(c *tollkeeper.Config) { c.Secrets = secrets })
	old := authtest.New(t, same)
	parent := old.Parent()
	jwtSecret := old.SignIn(parent, func(r *tollkeeper.SignInRequest) { r.Audience = tollkeeper.AudienceOrganization }).TenantKey
	x := enrol(old, old.Child(parent))
	fresh := authtest.New(t, same)
	for _, scope := range []tollkeeper.Scope{tollkeeper.Tenants, tollkeeper.Under(parent.ID)} {
		var out bytes.Buffer
		if _, err := old.Auth.Host().ExportAccounts(ctx, scope, &out, tollkeeper.ExportOptions{}); err != nil {
			t.Fatal(err)
		}
		if r, err := fresh.Auth.Host().ImportAccounts(ctx, scope, &out, tollkeeper.ImportOptions{}); err != nil || r.Stand != 1 || r.Refused != 0 {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	if got := fresh.SignIn(parent, func(r *tollkeeper.SignInRequest) { r.Audience = tollkeeper.AudienceOrganization }).TenantKey; got != jwtSecret {
		t.Fatal("the parent's jwtSecret is another one")
	}
	if _, err := fresh.Auth.Host().Grant(ctx, parent.ID, 100, "moved"); err != nil { // credits stay behind
		t.Fatal(err)
	}
	fresh.Advance(time.Hour)
	if _, err := verify(fresh, x.challenge(fresh), fresh.FactorCode(x.Factor)); err != nil {
		t.Fatal("the second factor did not come along:", err)
	}
}

func TestExportResumes(t *testing.T) {
	k := authtest.New(t)
	parent := k.Parent()
	var in bytes.Buffer
	for i := range 2300 {
		fmt.Fprintf(&in, `{"email":"u%d@home.example"}`+"\n", i)
	}
	if _, err := k.Auth.Host().ImportAccounts(ctx, tollkeeper.Under(parent.ID), &in, tollkeeper.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	k.Advance(time.Hour)
	broken := &halfWriter{after: 1}
	next, err := k.Auth.Host().ExportAccounts(ctx, tollkeeper.Under(parent.ID), broken, tollkeeper.ExportOptions{})
	if !errors.Is(err, errFull) {
		t.Fatal(err)
	}
	if _, err := k.Auth.Host().ExportAccounts(ctx, tollkeeper.Under(parent.ID), &broken.Buffer, tollkeeper.ExportOptions{After: next}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(broken.String(), "\n"); n != 2300 {
		t.Fatalf("%d lines, want 2300", n)
	}
}

var errFull = errors.New("disk full")

type halfWriter struct {
	bytes.Buffer
	after int
}

func (f *halfWriter) Write(b []byte) (int, error) {
	if f.after--; f.after < 0 {
		return 0, errFull
	}
	return f.Buffer.Write(b)
}

func TestImportRefusesKeysOfAnyLength(t *testing.T) {
	story(t, func(w *world) {
		for _, master := range []string{"00", strings.Repeat("0", 15), strings.Repeat("0", 17), strings.Repeat("0", 18), strings.Repeat("0", 200), "zz"} {
			line := `{"email":"p` + fmt.Sprint(len(master)) + `@example.com","keyMaster":"` + master + `","keyVersion":1}`
			r, err := w.Auth.Host().ImportAccounts(ctx, tollkeeper.Tenants, strings.NewReader(line), tollkeeper.ImportOptions{})
			if err != nil || r.Refused != 1 {
				t.Errorf("%d: %+v %v", len(master), r, err)
			}
		}
	})
}

// What is imported can be exported: a date that has no year of four digits in UTC would end every later export.
func TestImportRefusesDatesThatNoExportCanWrite(t *testing.T) {
	story(t, func(w *world) {
		for i, date := range []string{"9999-12-31T23:59:59-10:00", "0000-01-01T00:00:00+10:00"} {
			for _, field := range []string{"createdAt", "passwordChangedAt"} {
				line := `{"email":"` + field + fmt.Sprint(i) + `@example.com","passwordHash":"$2a$04$abcdefghijklmnopqrstuuBmPxZGKIHtTTXbFrBkAhxGD1k0T5tOy","` + field + `":"` + date + `"}`
				r, err := w.Auth.Host().ImportAccounts(ctx, tollkeeper.Tenants, strings.NewReader(line), tollkeeper.ImportOptions{})
				if err != nil || r.Refused != 1 {
					t.Errorf("%s %s: %+v %v", field, date, r, err)
				}
			}
		}
		if _, err := w.Auth.Host().ExportAccounts(ctx, tollkeeper.Tenants, io.Discard, tollkeeper.ExportOptions{}); err != nil {
			t.Error(err)
		}
	})
}

// A key name in capitals is the same key: the parent's tokens must count.
func TestImportedKeyNameInCapitals(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		var lines strings.Builder
		_, err := w.Auth.Host().ExportAccounts(ctx, tollkeeper.Tenants, &lines, tollkeeper.ExportOptions{})
		w.ok(err)
		line := regexp.MustCompile(`"keyMaster":"[^"]*"`).ReplaceAllStringFunc(lines.String(), func(s string) string {
			return `"keyMaster":` + strings.ToUpper(strings.TrimPrefix(s, `"keyMaster":`))
		})
		other := w.Another(authtest.WithStore(memory.New())).Auth
		_, err = other.Host().ImportAccounts(ctx, tollkeeper.Tenants, strings.NewReader(line), tollkeeper.ImportOptions{})
		w.ok(err)
		res, err := other.SignIn(ctx, attempt(p, password))
		w.ok(err)
		if res.TenantKey != w.signIn(p).TenantKey {
			t.Error("another secret")
		}
		_, err = other.Authenticate(ctx, res.Token)
		w.ok(err)
	})
}

// A password that was to be replaced is still to be replaced after a move (R33).
func TestTemporaryPasswordsMoveAsSuch(t *testing.T) {
	story(t, func(w *world) {
		_, err := w.Auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Scope: tollkeeper.Tenants, Email: "t@example.com", Password: password, Temporary: true})
		w.ok(err)
		var lines strings.Builder
		_, err = w.Auth.Host().ExportAccounts(ctx, tollkeeper.Tenants, &lines, tollkeeper.ExportOptions{})
		w.ok(err)
		other := w.Another(authtest.WithStore(memory.New())).Auth
		_, err = other.Host().ImportAccounts(ctx, tollkeeper.Tenants, strings.NewReader(lines.String()), tollkeeper.ImportOptions{})
		w.ok(err)
		res, err := other.SignIn(ctx, tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: "t@example.com", Password: password})
		w.ok(err)
		if id, err := other.Authenticate(ctx, res.Token); err != nil || id.Limited != tollkeeper.LimitedPassword {
			t.Errorf("%v %v", id, err)
		}
	})
}

// The house of the app's own users is nobody's to bring along: below that id they would live under an account.
func TestNoImportTakesTheIDOfTheHouse(t *testing.T) {
	home, _ := tollkeeper.Scope{}.ID()
	for name, taken := range map[string]uuid.UUID{"the house": home, "nobody": uuid.Max} {
		for _, below := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, below a parent: %t", name, below), func(t *testing.T) {
				story(t, func(w *world) {
					scope := tollkeeper.Tenants
					if below {
						scope = tollkeeper.Under(w.parent("p@example.com").ID)
					}
					r, err := w.Auth.Host().ImportAccounts(ctx, scope, strings.NewReader(`{"id":"`+taken.String()+`","email":"eve@evil.example"}`), tollkeeper.ImportOptions{})
					if err != nil || r.Refused != 1 {
						t.Errorf("%+v, %v", r, err)
					}
					if !houseOf(w).House {
						t.Error("the app's own users live below an account")
					}
				}, unlimited)
			})
		}
	}
}

// Dates of credentials are no exception, or one line of an import would end every later export.
func TestImportRefusesCredentialsThatNoExportCanWrite(t *testing.T) {
	story(t, func(w *world) {
		p := w.Parent()
		w.EnrolFactor(p)
		var out strings.Builder
		_, err := w.Auth.Host().ExportAccounts(ctx, tollkeeper.Tenants, &out, tollkeeper.ExportOptions{})
		w.ok(err)
		factor := regexp.MustCompile(`"usedAt":"[^"]*"`)
		if !factor.MatchString(out.String()) {
			t.Fatal(out.String())
		}
		fresh := w.Another(authtest.WithStore(memory.New())).Auth.Host()
		lines := []string{factor.ReplaceAllString(out.String(), `"usedAt":"9999-12-31T23:59:59-10:00"`)}
		for _, field := range []string{"linkedAt", "usedAt"} {
			lines = append(lines, `{"email":"`+field+`@example.com","identities":[{"issuer":"google","subject":"1","`+field+`":"9999-12-31T23:59:59-10:00"}]}`)
		}
		for _, line := range lines {
			r, err := fresh.ImportAccounts(ctx, tollkeeper.Tenants, strings.NewReader(line), tollkeeper.ImportOptions{})
			if err != nil || r.Refused != 1 {
				t.Errorf("%s: %+v %v", line, r, err)
			}
		}
		if _, err := fresh.ExportAccounts(ctx, tollkeeper.Tenants, io.Discard, tollkeeper.ExportOptions{}); err != nil {
			t.Error(err)
		}
	}, unlimited)
}

// Metadata is the host's own, kept byte by byte: what fits into the one store fits into the other.
func TestMetadataMovesAsItIs(t *testing.T) {
	story(t, func(w *world) {
		metadata := `{"html":"` + strings.Repeat("<&>", 1300) + `"}`
		move := func(in *authtest.Kit, lines string) string {
			w.Helper()
			r, err := in.Auth.Host().ImportAccounts(ctx, tollkeeper.Tenants, strings.NewReader(lines), tollkeeper.ImportOptions{Refused: func(_ int64, err error) { t.Error(err) }})
			if err != nil || r.Stand != 1 {
				t.Fatalf("%+v, %v", r, err)
			}
			s, err := in.Auth.Host().FindByEmail(ctx, tollkeeper.Tenants, "m@example.com")
			w.ok(err)
			if string(s.Account.Metadata) != metadata {
				t.Errorf("metadata of %d bytes became %.40s…", len(metadata), s.Account.Metadata)
			}
			var out strings.Builder
			_, err = in.Auth.Host().ExportAccounts(ctx, tollkeeper.Tenants, &out, tollkeeper.ExportOptions{})
			w.ok(err)
			return out.String()
		}
		move(w.Another(authtest.WithStore(memory.New())), move(w.Kit, `{"email":"m@example.com","metadata":`+metadata+`}`))
	})
}

// An id that stands elsewhere, or of an account that was deleted, is no account that stands in the scope.
func TestAnImportSaysWhenAnIDIsNotItsOwn(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		elsewhere, deleted := w.Child(w.parent("other@example.com")), w.Child(p)
		w.ok(w.Auth.Host().DeleteAccount(ctx, deleted.ID))
		for _, x := range []authtest.Account{elsewhere, deleted} {
			line := `{"id":"` + x.ID.String() + `","email":"` + x.Email + `"}`
			var refused error
			o := tollkeeper.ImportOptions{Refused: func(_ int64, err error) { refused = err }}
			r, err := w.Auth.Host().ImportAccounts(ctx, tollkeeper.Under(p.ID), strings.NewReader(line), o)
			if err != nil || r.Stand != 0 || !errors.Is(refused, tollkeeper.ErrConflict) {
				t.Errorf("%+v, %v, %v", r, err, refused)
			}
		}
	}, unlimited)
}

// An account moves with everything that leads into it, and with what the host keeps of it.
func TestAnAccountMovesWithItsCredentials(t *testing.T) {
	story(t, func(w *world) {
		p := w.Parent()
		phone := w.EnrolFactor(p)
		w.Advance(time.Minute)
		done, err := verify(w.Kit, string(w.SignIn(p).Challenge), w.FactorCode(phone))
		w.ok(err)
		by := w.Identity(string(done.Token))
		e, err := w.Auth.EnrolFactor(ctx, by, tollkeeper.FactorEnrolment{Label: "Tablet"})
		w.ok(err)
		tablet := authtest.Factor{Seed: string(e.Seed)}
		w.ok(errOf(w.Auth.ConfirmFactor(ctx, by, tollkeeper.SecretText(w.FactorCode(tablet)), tollkeeper.Client{})))
		find := func(s store.Store) tollkeeper.Subject {
			w.Helper()
			x, err := s.FindAccount(ctx, store.Lookup{ID: p.ID, Credentials: true})
			w.ok(err)
			return x
		}
		c := store.Change{Account: find(w.store.Store).Account}
		c.Account.Locale, c.Account.Name, c.Account.Metadata = "de-AT", "Ada", []byte(`{"plan":"<gold>"}`)
		for _, i := range []string{"https://one.example", "https://two.example"} {
			c.Link = append(c.Link, store.Linked{Issuer: i, Subject: "7", Email: "ada@two.example", LinkedAt: w.Now(), UsedAt: w.Now()})
		}
		_, _, err = w.store.Store.UpdateAccount(ctx, c, w.Now())
		w.ok(err)
		var out strings.Builder
		w.ok(errOf(w.Auth.Host().ExportAccounts(ctx, tollkeeper.Tenants, &out, tollkeeper.ExportOptions{})))
		fresh := memory.New()
		other := w.Another(authtest.WithStore(fresh))
		w.ok(errOf(other.Auth.Host().ImportAccounts(ctx, tollkeeper.Tenants, strings.NewReader(out.String()), tollkeeper.ImportOptions{})))
		was, is := find(w.store.Store), find(fresh)
		if !reflect.DeepEqual(was.Linked, is.Linked) || !reflect.DeepEqual(was.Factors, is.Factors) || len(is.Factors) != 2 || len(is.Linked) != 2 {
			t.Errorf("%+v %+v became %+v %+v", was.Linked, was.Factors, is.Linked, is.Factors)
		}
		if x, y := was.Account, is.Account; x.Locale != y.Locale || x.Name != y.Name || string(x.Metadata) != string(y.Metadata) || x.Factors != y.Factors || y.EmailProvenAt.IsZero() {
			t.Errorf("%+v became %+v", x, y)
		}
		_, err = verify(other, string(other.SignIn(p).Challenge), other.FactorCode(tablet))
		w.want(err, tollkeeper.ErrInvalidCode) // it has served before the move
		other.Advance(time.Minute)
		w.ok(errOf(verify(other, string(other.SignIn(p).Challenge), other.FactorCode(phone))))
	}, unlimited)
}
