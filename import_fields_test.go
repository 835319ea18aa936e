package tollkeeper_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// Dates are read as databases write them, and those without a zone on the clock of the zone that the host names.
func TestDatesOfDatabases(t *testing.T) {
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"2023-07-04T10:11:12Z":           "2023-07-04T10:11:12Z",
		"2023-07-04T10:11:12.345678Z":    "2023-07-04T10:11:12.345Z",
		"2023-07-04T10:11:12+02:00":      "2023-07-04T08:11:12Z",
		"2023-07-04T10:11:12+0200":       "2023-07-04T08:11:12Z",
		"2023-07-04T10:11:12+02":         "2023-07-04T08:11:12Z",
		"2023-07-04 10:11:12.345678+02":  "2023-07-04T08:11:12.345Z",
		"2023-07-04 10:11:12+00":         "2023-07-04T10:11:12Z",
		"2023-07-04 10:11:12 UTC":        "2023-07-04T10:11:12Z",
		"2023-07-04 10:11:12 +0200":      "2023-07-04T08:11:12Z",
		"2023-07-04 10:11:12 +02:00":     "2023-07-04T08:11:12Z",
		"2023-07-04 10:11:12Z":           "2023-07-04T10:11:12Z",
		"2023-07-04 10:11:12":            "zone 2023-07-04T08:11:12Z",
		"2023-01-04 10:11:12.5":          "zone 2023-01-04T09:11:12.5Z",
		"2023-07-04T10:11:12":            "zone 2023-07-04T08:11:12Z",
		"2023-07-04":                     "zone 2023-07-03T22:00:00Z",
		"":                               "none",
		"0000-00-00 00:00:00":            "none",
		"4 July 2023":                    "refused",
		"1688465472":                     "refused",
		"2023-02-30":                     "refused",
		"9999-12-31T23:59:59-10:00":      "refused",
		"0000-01-01T00:00:00+10:00":      "refused",
		"2023-07-04T10:11:12Z and later": "refused",
	} {
		t.Run(text, func(t *testing.T) {
			story(t, func(w *world) {
				line := fmt.Sprintf(`{"email":"a@example.com","createdAt":%q}`, text)
				bare, zoned := w.imports(tollkeeper.Scope{}, line), importRun{}
				want, needsZone := strings.CutPrefix(want, "zone ")
				if needsZone {
					if bare.report.Refused != 1 || bare.lines[0].Field != "createdAt" || !strings.Contains(bare.lines[0].Reason, "Zone") {
						t.Fatalf("without a zone: %+v", bare)
					}
				}
				zoned = w.imports(tollkeeper.Scope{}, line, func(o *tollkeeper.ImportOptions) { o.Zone = vienna })
				if want == "refused" {
					if bare.report.Refused != 1 || zoned.report.Refused != 1 {
						t.Errorf("%+v, %+v", bare, zoned)
					}
					return
				}
				made := w.subjectOf("a@example.com").Account.CreatedAt
				if want == "none" && !made.Equal(w.Now()) || want != "none" && made.Format(time.RFC3339Nano) != want {
					t.Errorf("it became %v", made)
				}
			})
		})
	}
}

// Who moves keeps the name that they type, be it one that nobody could choose here.
func TestNamesOfOtherSystemsSignIn(t *testing.T) {
	story(t, func(w *world) {
		for n, name := range []string{"ann.smith", "ann-smith", "ann@corp", "ann@corp.example", strings.Repeat("a", 64), "-", "."} {
			said := w.imports(tollkeeper.Scope{}, fmt.Sprintf(`{"email":"u%d@example.com","username":%q,"passwordHash":%q}`, n, name, foreignHashes["bcrypt"]))
			if said.report.Made != 1 {
				t.Fatalf("%s: %+v", name, said)
			}
			w.ok(errOf(w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Username: strings.ToUpper(name), Password: "correct horse battery"})))
		}
		for _, name := range []string{"ann smith", "änn", strings.Repeat("a", 65), "a/b", "a\nb"} {
			if said := w.imports(tollkeeper.Scope{}, fmt.Sprintf(`{"email":"x@example.com","username":%q}`, name)); said.report.Refused != 1 || said.lines[0].Field != "username" {
				t.Errorf("%s: %+v", name, said)
			}
		}
		// An address is not a username: whoever has such a name here is not found by it where an email is asked for.
		w.want(errOf(w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "ann@corp.example", Password: "correct horse battery"})), tollkeeper.ErrInvalidCredentials)
		// And nobody chooses one, but who has one may name it again.
		by := w.Identity(string(w.signedInBy("ann.smith").Token))
		name, other, label := "ann.smith", "ann.jones", "Ann"
		w.ok(w.Auth.UpdateProfile(ctx, by, tollkeeper.ProfilePatch{Username: &name, Name: &label}))
		w.want(w.Auth.UpdateProfile(ctx, by, tollkeeper.ProfilePatch{Username: &other}), tollkeeper.ErrInvalidUsername)
		w.want(errOf(w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "new@example.com", Username: "ann.jones", Password: password})), tollkeeper.ErrInvalidUsername)
	}, unlimited)
}

func (w *world) signedInBy(username string) tollkeeper.SignInResult {
	w.Helper()
	res, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Username: username, Password: "correct horse battery"})
	w.ok(err)
	return res
}

// An internationalised domain is kept as DNS and mail have it.
func TestInternationalisedAddresses(t *testing.T) {
	story(t, func(w *world) {
		for typed, want := range map[string]string{
			"ann@bücher.example":        "ann@xn--bcher-kva.example",
			"Ann@BÜCHER.example":        "ann@xn--bcher-kva.example",
			"ann@例え.テスト":                "ann@xn--r8jz45g.xn--zckzah",
			"ann@xn--bcher-kva.example": "ann@xn--bcher-kva.example",
			"änn@example.com":           "",
			"ann@bu\u0308cher.example":  "",
			"ann@bü cher.example":       "",
			"ann@bü\u200dcher.example":  "",
		} {
			said := w.imports(tollkeeper.Scope{}, fmt.Sprintf(`{"externalId":%q,"email":%q}`, typed, typed), updating)
			if want == "" {
				if said.report.Refused != 1 || said.lines[0].Field != "email" {
					t.Errorf("%s: %+v", typed, said)
				}
				continue
			}
			if said.report.Made+said.report.Refused != 1 || w.subjectOf(want).Account.EmailKey != want {
				t.Errorf("%s: %+v", typed, said)
			}
		}
	}, unlimited)
}

// An authenticator app of another system goes on where the host says that the address is its owner's.
func TestSeedsOfOtherSystems(t *testing.T) {
	const seed = "JBSW Y3DP-EHPK 3PXP jbsw y3dp ehpk 3pxp"
	line := `{"externalId":"1","email":"ann@example.com","emailVerified":true,"passwordHash":"` + foreignHashes["bcrypt"] + `","factors":[{"label":"Phone","seed":"` + seed + `"}]}`
	story(t, func(w *world) {
		if said := w.imports(tollkeeper.Scope{}, line); said.report.Refused != 1 || said.lines[0].Field != "factors" {
			t.Fatalf("on an address that nobody has proven: %+v", said)
		}
		proven := func(o *tollkeeper.ImportOptions) { o.VerifiedIsProven, o.Update = true, true }
		for range 2 {
			if said := w.imports(tollkeeper.Scope{}, line, proven); said.report.Stand != 1 || len(said.lines) != 0 {
				t.Fatalf("%+v", said)
			}
		}
		s := w.subjectOf("ann@example.com")
		if len(s.Factors) != 1 || s.Factors[0].Label != "Phone" || strings.Contains(string(s.Factors[0].Sealed), "JBSW") {
			t.Fatalf("%+v", s.Factors)
		}
		res, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "ann@example.com", Password: "correct horse battery"})
		w.ok(err)
		if res.Token != "" || len(res.Challenge) == 0 {
			t.Fatal("the password alone signs in")
		}
		app := authtest.Factor{Seed: strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(seed))}
		_, err = verify(w.Kit, string(res.Challenge), w.FactorCode(app))
		w.ok(err)
		for _, bad := range []string{"JBSWY3DP", "not base32!", strings.Repeat("A", 120)} {
			line := `{"email":"b@example.com","emailProven":true,"factors":[{"seed":"` + bad + `"}]}`
			if said := w.imports(tollkeeper.Scope{}, line); said.report.Refused != 1 || said.lines[0].Field != "factors" {
				t.Errorf("%s: %+v", bad, said)
			}
		}
		mixed := `{"email":"b@example.com","emailProven":true,"factors":[{"kind":"passkey","seed":"` + strings.Repeat("A", 32) + `"}]}`
		if said := w.imports(tollkeeper.Scope{}, mixed); said.report.Refused != 1 {
			t.Errorf("a passkey of a seed: %+v", said)
		}
	}, unlimited)
}

// A sign-in by another issuer goes on, for the account that has it.
func TestIdentitiesOfOtherSystems(t *testing.T) {
	story(t, func(w *world) {
		line := `{"externalId":"1","email":"ann@example.com","emailProven":true,"identities":[{"issuer":"https://issuer.example","subject":"7","linkedAt":"2020-01-01 00:00:00"}]}`
		said := w.imports(tollkeeper.Scope{}, line, func(o *tollkeeper.ImportOptions) { o.Zone = time.UTC })
		home, _ := tollkeeper.Scope{}.ID()
		s, err := w.store.FindAccount(ctx, store.Lookup{Issuer: "https://issuer.example", Subject: "7", Scope: home, Credentials: true})
		if err != nil || said.report.Made != 1 || s.Linked[0].LinkedAt.Year() != 2020 {
			t.Errorf("%+v, %+v, %v", said, s.Linked, err)
		}
		other := w.imports(tollkeeper.Scope{}, `{"email":"bob@example.com","identities":[{"issuer":"https://issuer.example","subject":"7"}]}`)
		if other.report.Refused != 1 || other.lines[0].Code != tollkeeper.ErrConflict.Code {
			t.Errorf("somebody else's: %+v", other)
		}
	}, unlimited)
}
