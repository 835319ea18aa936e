package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// imported takes the lines of a system into the app's own users.
func imported(t *testing.T, system string) (*authtest.Kit, tollkeeper.ImportReport) {
	t.Helper()
	k := authtest.New(t)
	report, err := k.Auth.Host().ImportAccounts(t.Context(), tollkeeper.Scope{}, strings.NewReader(testdata(t, system+".jsonl")), tollkeeper.ImportOptions{
		VerifiedIsProven: true,
		Refused:          func(line int64, err error) { t.Errorf("line %d: %v", line, err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return k, report
}

// signIn returns what becomes of a sign-in by one of the people in testdata, whose passwords are the same everywhere.
func signIn(t *testing.T, k *authtest.Kit, who string) (tollkeeper.SignInResult, error) {
	t.Helper()
	password := map[string]tollkeeper.Password{
		"cleo": "Marble-Thicket-48", "euclid": "Granite-Lantern-17", "dora": "Willow-Cobalt-90",
	}[who]
	return k.Auth.SignIn(t.Context(), tollkeeper.SignInRequest{Email: who + "@home.example", Password: password})
}

func TestExportsAreImported(t *testing.T) {
	for _, s := range systems {
		t.Run(s.name, func(t *testing.T) {
			k, report := imported(t, s.name)
			if want := int64(strings.Count(testdata(t, s.name+".jsonl"), "\n")); report.Made != want || want < 3 || report.Refused != 0 {
				t.Errorf("%+v, want %d", report, want)
			}
			in, err := signIn(t, k, "cleo")
			if s.name == "cognito" {
				if !errors.Is(err, tollkeeper.ErrInvalidCredentials) {
					t.Errorf("Cognito has no passwords: %v", err)
				}
				return
			}
			if err != nil || in.Token == "" {
				t.Fatalf("cleo: %+v, %v", in.Methods, err)
			}
			if _, err := k.Auth.SignIn(t.Context(), tollkeeper.SignInRequest{Email: "cleo@home.example", Password: "Marble-Thicket-49"}); !errors.Is(err, tollkeeper.ErrInvalidCredentials) {
				t.Errorf("another password: %v", err)
			}
		})
	}
}

func TestWhoWasDisabledStaysSo(t *testing.T) {
	for _, system := range []string{"auth0", "firebase", "supabase", "keycloak", "django", "devise", "better-auth"} {
		k, _ := imported(t, system)
		if _, err := signIn(t, k, "euclid"); !errors.Is(err, tollkeeper.ErrInactive) {
			t.Errorf("%s: %v", system, err)
		}
	}
}

func TestSignInsElsewhereAreLinked(t *testing.T) {
	for _, system := range []string{"auth0", "firebase", "supabase", "keycloak", "cognito", "django", "devise", "better-auth"} {
		k, _ := imported(t, system)
		soren, err := k.Auth.Host().FindByEmail(t.Context(), tollkeeper.Scope{}, "soren@home.example")
		if err != nil {
			t.Fatal(system, err)
		}
		linked, err := k.Auth.Host().Identities(t.Context(), soren.Account.ID)
		if err != nil || len(linked) != 1 || linked[0].Issuer != tollkeeper.IssuerGoogle || linked[0].Subject != "102975344697093363099" {
			t.Errorf("%s: %+v, %v", system, linked, err)
		}
	}
}

// The app that Dora has goes on with the codes that it shows.
func TestAuthenticatorAppsGoOn(t *testing.T) {
	for system, seed := range map[string]string{
		"supabase":    "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
		"clerk":       "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
		"django":      "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
		"keycloak":    "O5XFQN3RKRWVSYZRLJZDAS3EGVDXGTDI",                     // the text wnX7qTmYc1Zr0Kd5GsLh, as Keycloak shows it
		"better-auth": "NNCDO5SRNU4HGWLCGFGHAWDXGBZFINLOINSFU2ZTOZIW2ODTLFRA", // the text kD7vQm8sYb1LpXw0rT5nCdZk3vQm8sYb
	} {
		k, _ := imported(t, system)
		in, err := signIn(t, k, "dora")
		if err != nil || in.Token != "" || in.Challenge == "" {
			t.Errorf("%s: %q, %v", system, in.Methods, err)
			continue
		}
		in, err = k.Auth.SignInWithFactor(t.Context(), tollkeeper.FactorRequest{Challenge: in.Challenge, Code: tollkeeper.SecretText(k.TOTP(seed))})
		if err != nil || in.Token == "" {
			t.Errorf("%s: %v", system, err)
		}
	}
}
