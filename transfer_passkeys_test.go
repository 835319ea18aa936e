package tollkeeper_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// exported are the lines of the app's own users.
func exported(w *world, k *authtest.Kit) string {
	w.Helper()
	var out strings.Builder
	w.ok(errOf(k.Auth.Host().ExportAccounts(ctx, tollkeeper.Scope{}, &out, tollkeeper.ExportOptions{})))
	return out.String()
}

// imported takes lines in among the app's own users, and returns why one was refused.
func imported(w *world, k *authtest.Kit, lines string) (r tollkeeper.ImportReport, refused error) {
	w.Helper()
	r, err := k.Auth.Host().ImportAccounts(ctx, tollkeeper.Scope{}, strings.NewReader(lines), tollkeeper.ImportOptions{
		Parallel: 1, Refused: func(_ int64, err error) { refused = err },
	})
	w.ok(err)
	return r, refused
}

func (w *world) factorsOf(s store.Store, id uuid.UUID) []store.Factor {
	w.Helper()
	x, err := s.FindAccount(ctx, store.Lookup{ID: id, Credentials: true})
	w.ok(err)
	return x.Factors
}

// Without its passkeys an account would be open to whoever has its password.
func TestPasskeysMove(t *testing.T) {
	story(t, func(w *world) {
		phone := w.Passkey()
		phone.Counter = 7
		a := w.user("ann@example.com")
		x := &holder{a, phone, w.AddPasskey(a, phone)}
		by, copied := w.SignedInWithPasskey(x), phone.Clone()
		e, err := w.Auth.EnrolFactor(ctx, by, tollkeeper.FactorEnrolment{Label: "Tablet"})
		w.ok(err)
		w.ok(errOf(w.Auth.ConfirmFactor(ctx, by, tollkeeper.SecretText(w.FactorCode(authtest.Factor{Seed: string(e.Seed)})), home)))
		w.Advance(time.Minute)
		w.SignedInWithPasskey(x)
		data, err := w.Auth.Export(ctx, w.SignedInWithPasskey(x))
		w.ok(err)
		if len(data.Factors) != 2 || data.Factors[0].Kind != "passkey" || data.Factors[1].Kind != "totp" {
			t.Errorf("their own copy says %+v", data.Factors)
		}

		lines, fresh := exported(w, w.Kit), memory.New()
		other := w.Another(authtest.WithStore(fresh))
		for range 2 {
			if r, refused := imported(w, other, lines); r.Stand != 1 || refused != nil {
				t.Fatalf("%+v, %v", r, refused)
			}
		}
		was, is := w.factorsOf(w.store.Store, x.ID), w.factorsOf(fresh, x.ID)
		if !reflect.DeepEqual(was, is) || len(is) != 2 || is[0].Counter < 9 || is[0].UsedAt.IsZero() {
			t.Errorf("%+v became %+v", was, is)
		}
		if again := exported(w, other); again != lines {
			t.Errorf("%s\nbecame\n%s", lines, again)
		}

		first, err := other.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: x.Email, Password: password, Client: home})
		w.ok(err)
		if first.Token != "" || !slices.Equal(first.Methods, []string{"totp", "passkey", "recovery"}) {
			t.Fatalf("the password alone signs in: %t; then %q", first.Token != "", first.Methods)
		}
		c, err := other.Auth.BeginPasskeyFactor(ctx, first.Challenge, home)
		w.ok(err)
		w.ok(errOf(other.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: first.Challenge, Passkey: phone.Answer(c), Client: home})))
		alone := func(p *authtest.Passkey) error {
			c, err := other.Auth.BeginPasskeySignIn(ctx, tollkeeper.PasskeySignIn{Client: home})
			w.ok(err)
			return errOf(other.Auth.SignInWithPasskey(ctx, tollkeeper.PasskeyRequest{Answer: p.Answer(c), Client: home}))
		}
		w.ok(alone(phone))
		w.want(alone(copied), tollkeeper.ErrInvalidCredentials) // its counter has not come so far
	}, unlimited)
}

// A second factor is never left out: the record is refused that has one which cannot be read.
func TestImportRefusesPasskeysThatItCannotRead(t *testing.T) {
	story(t, func(w *world) {
		x := w.holder(w.user("ann@example.com"))
		lines := exported(w, w.Kit)
		for name, tt := range map[string]struct{ pattern, with, says string }{
			"of an app":              {`"kind":"passkey",`, `"kind":"totp",`, "Only a passkey has a credential"},
			"without a kind":         {`"kind":"passkey",`, ``, "Only a passkey has a credential"},
			"of no kind":             {`"kind":"passkey",`, `"kind":"sms",`, "unknown kind"},
			"without a credential":   {`"credential":"[^"]*",?`, ``, "needs its credential"},
			"of a long credential":   {`"credential":"[^"]*"`, `"credential":"` + strings.Repeat("AAAA", 342) + `"`, "at most 1,023 bytes"},
			"counted below zero":     {`"credential":`, `"counter":-1,"credential":`, "32 bits"},
			"counted beyond 32 bits": {`"credential":`, `"counter":4294967296,"credential":`, "32 bits"},
			"an app's seed":          {`"kind":"passkey",|"credential":"[^"]*",?`, ``, "not sealed for this account"},
			"another account's":      {`^\{"id":"[^"]*"`, `{"id":"` + uuid.NewString() + `"`, "not sealed for this account"},
			"another factor's":       {`"factors":\[\{"id":"[^"]*"`, `"factors":[{"id":"` + uuid.NewString() + `"`, "not sealed for this account"},
			"of two lines":           {`"label":"[^"]*"`, `"label":"a\nb"`, ""},
			"of no date":             {`("sealed":"[^"]*")`, `$1,"usedAt":"9999-12-31T23:59:59-10:00"`, ""},
		} {
			line := regexp.MustCompile(tt.pattern).ReplaceAllString(lines, tt.with)
			if line == lines {
				t.Fatalf("%s: %s has no %s", name, lines, tt.pattern)
			}
			r, refused := imported(w, w.Another(authtest.WithStore(memory.New())), line)
			e, _ := errors.AsType[*tollkeeper.Error](refused)
			if r.Stand != 0 || e == nil || !errors.Is(e, tollkeeper.ErrInvalidInput) || e.Field != "factors" || !strings.Contains(e.Message, tt.says) {
				t.Errorf("%s: %+v, %v", name, r, refused)
			}
		}
		stranger := w.Another(authtest.WithStore(memory.New()), authtest.WithConfig(func(c *tollkeeper.Config) {
			c.Secrets = []tollkeeper.MasterKey{tollkeeper.NewMasterKey()}
		}))
		keyless := regexp.MustCompile(`"key(Master|Version)":("[^"]*"|\d+),?`).ReplaceAllString(lines, "") // which is refused before
		if r, refused := imported(w, stranger, strings.ReplaceAll(keyless, ",}", "}")); r.Stand != 0 || refused == nil || !strings.Contains(refused.Error(), "with these secrets") {
			t.Errorf("other secrets: %+v, %v", r, refused)
		}

		// Somebody else of the scope has the credential.
		taken := w.factorsOf(w.store.Store, x.ID)[0].Credential
		k := w.Another(authtest.WithStore(memory.New()), authtest.WithConfig(func(c *tollkeeper.Config) {
			c.Passkeys.Verifier = fixed{c.Passkeys.Verifier, taken}
		}))
		k.AddPasskey(k.User(), k.Passkey())
		r, refused := imported(w, k, lines)
		if e, _ := errors.AsType[*tollkeeper.Error](refused); r.Stand != 0 || e == nil || !errors.Is(e, tollkeeper.ErrConflict) || e.Field != "credential" {
			t.Errorf("a credential that is taken: %+v, %v", r, refused)
		}
	}, unlimited)
}

// Lines of before there were kinds are of apps, and apps are written as they were.
func TestFactorsWithoutAKindAreApps(t *testing.T) {
	story(t, func(w *world) {
		x := w.user("ann@example.com")
		w.EnrolFactor(x)
		lines := exported(w, w.Kit)
		if strings.Contains(lines, `"kind"`) || strings.Contains(lines, `"credential"`) {
			t.Errorf("an app is written otherwise: %s", lines)
		}
		for _, line := range []string{lines, strings.Replace(lines, `"sealed":`, `"kind":"totp","sealed":`, 1)} {
			fresh := memory.New()
			if r, refused := imported(w, w.Another(authtest.WithStore(fresh)), line); r.Stand != 1 {
				t.Fatalf("%+v, %v", r, refused)
			}
			if was, is := w.factorsOf(w.store.Store, x.ID), w.factorsOf(fresh, x.ID); !reflect.DeepEqual(was, is) || is[0].Kind != store.FactorTOTP {
				t.Errorf("%+v became %+v", was, is)
			}
		}
	}, unlimited)
}

// bulky is a verifier whose passkeys are as large as an answer of 32 KiB can make them.
type bulky struct{ tollkeeper.PasskeyVerifier }

func (v bulky) VerifyCreation(c tollkeeper.PasskeyCeremony, answer []byte) (tollkeeper.PasskeyRecord, error) {
	r, err := v.PasskeyVerifier.VerifyCreation(c, answer)
	r.Credential = append(r.Credential, bytes.Repeat([]byte{0xff}, 1023-len(r.Credential))...)
	r.Key = append(r.Key, make([]byte, 24<<10-len(r.Key))...)
	r.Device, r.Transports = strings.Repeat("d", 64), []string{"usb", "nfc", "ble", "smart-card", "hybrid", "internal"}
	return r, err
}

// What an export writes an import can read, and it keeps no thousand lines of that size in memory.
func TestFiftyPasskeysMove(t *testing.T) {
	story(t, func(w *world) {
		people := []authtest.Account{w.user("ann@example.com"), w.user("bob@example.com"), w.user("cyd@example.com")}
		for _, x := range people {
			first := w.AddPasskey(x, w.Passkey())
			signedIn := w.SignIn(x)
			res, err := w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: signedIn.Challenge, Code: first.Recovery[0], Client: home})
			w.ok(err)
			by := w.Identity(string(res.Token))
			for n := 1; n < 50; n++ {
				c, err := w.Auth.BeginPasskey(ctx, by, tollkeeper.PasskeyEnrolment{Client: home})
				w.ok(err)
				label := fmt.Sprintf("%02d", n) + strings.Repeat("\"", 62)
				w.ok(errOf(w.Auth.AddPasskey(ctx, by, tollkeeper.NewPasskey{Label: label, Answer: w.Passkey().Answer(c), Client: home})))
			}
		}
		lines, fresh := exported(w, w.Kit), memory.New()
		if len(lines) < 3<<21 {
			t.Fatalf("%d bytes", len(lines))
		}
		var done []int64
		r, err := w.Another(authtest.WithStore(fresh)).Auth.Host().ImportAccounts(ctx, tollkeeper.Scope{}, strings.NewReader(lines), tollkeeper.ImportOptions{
			Progress: func(r tollkeeper.ImportReport) { done = append(done, r.Done) }, Refused: func(_ int64, err error) { t.Error(err) },
		})
		if err != nil || r.Stand != 3 || !slices.Equal(done, []int64{2, 3}) {
			t.Fatalf("%+v, %v, done by %v", r, err, done)
		}
		for _, x := range people {
			if was, is := w.factorsOf(w.store.Store, x.ID), w.factorsOf(fresh, x.ID); len(is) != 50 || !reflect.DeepEqual(was, is) {
				t.Errorf("%d passkeys became %d, or others", len(was), len(is))
			}
		}
	}, unlimited, func(c *tollkeeper.Config) { c.Passkeys.Verifier = bulky{c.Passkeys.Verifier} })
}
