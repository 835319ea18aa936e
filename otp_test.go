package tollkeeper_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

func (w *world) requestCode(p authtest.Account) error {
	return w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: p.Email, Scope: keyed(p), Audience: tollkeeper.AudiencePlatform, Client: home})
}

func (w *world) verify(p authtest.Account, code string) (tollkeeper.SignInResult, error) {
	return w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: p.Email, Code: tollkeeper.SecretText(code), Scope: keyed(p), Audience: tollkeeper.AudiencePlatform, Client: home})
}

// mailCode asks for a code and answers it.
func (w *world) mailCode(p authtest.Account) string {
	w.Helper()
	w.ok(w.requestCode(p))
	return w.LastCode(p.Email)
}

// not answers a code that is another one.
func not(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return "9" + code[1:]
}

func TestOneTimeCode(t *testing.T) {
	bad := tollkeeper.ErrInvalidCredentials
	cases := []struct {
		name string
		do   func(w *world, p authtest.Account, code string) error
		want error
	}{
		{"right", func(*world, authtest.Account, string) error { return nil }, nil},
		{"at its last moment", func(w *world, _ authtest.Account, _ string) error {
			w.Advance(300*time.Second - time.Millisecond)
			return nil
		}, nil},
		{"too late", func(w *world, _ authtest.Account, _ string) error { w.Advance(300 * time.Second); return nil }, bad},
		{"used", func(w *world, p authtest.Account, code string) error { _, err := w.verify(p, code); return err }, bad},
		{"after four wrong ones", func(w *world, p authtest.Account, code string) error { return w.miss(p, code, 4) }, nil},
		{"after five wrong ones", func(w *world, p authtest.Account, code string) error { return w.miss(p, code, 5) }, bad},
		{"after five that are no codes", func(w *world, p authtest.Account, _ string) error {
			for _, no := range []string{"", "12345", "1234567", "12345a", "１２３４５６"} {
				_, err := w.verify(p, no)
				w.want(err, bad)
			}
			return nil
		}, nil},
		{"after a newer one, which voids nothing", func(w *world, p authtest.Account, _ string) error { return w.requestCode(p) }, nil},
		{"after the newer one signed in", func(w *world, p authtest.Account, _ string) error {
			_, err := w.verify(p, w.mailCode(p))
			return err
		}, bad},
		{"after a reset", func(w *world, p authtest.Account, _ string) error {
			w.ok(w.requestReset(p))
			return w.reset(w.LastToken(p.Email, tollkeeper.MailReset), "another horse 9")
		}, bad},
		{"after a change of the password", func(w *world, p authtest.Account, _ string) error {
			return w.Auth.ChangePassword(ctx, p.Identity, tollkeeper.PasswordChange{Current: password, New: "another horse 9"})
		}, bad},
		{"of an account that was disabled", func(w *world, p authtest.Account, _ string) error {
			return w.Auth.Host().SetStatus(ctx, p.ID, tollkeeper.StatusDisabled) // which ends what was mailed, too
		}, bad},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.child(w.parent("p@example.com"), "c@example.com")
				w.confirmed(p)
				code := w.mailCode(p)
				w.ok(c.do(w, p, code))
				_, err := w.verify(p, code)
				w.want(err, c.want)
			}, unlimited)
		})
	}
}

// miss tries n wrong codes.
func (w *world) miss(p authtest.Account, code string, n int) error {
	w.Helper()
	for range n {
		_, err := w.verify(p, not(code))
		w.want(err, tollkeeper.ErrInvalidCredentials)
	}
	return nil
}

// confirmed proves the mailbox: by its link, opened with a session.
func (w *world) confirmed(p authtest.Account) {
	w.Helper()
	w.ok(w.Auth.RequestOwnVerification(ctx, p.Identity, "", tollkeeper.Client{}))
	w.ok(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(w.LastToken(p.Email, tollkeeper.MailVerify)), By: p.Identity})))
}

// R26: the five tries are counted on every code that is alive.
func TestTriesAreShared(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.confirmed(p)
		first := w.mailCode(p)
		w.ok(w.miss(p, first, 3))
		second := w.mailCode(p)
		if first == second {
			t.Skip("the same code twice, once in a million")
		}
		w.ok(w.miss(p, second, 2))
		_, err := w.verify(p, first)
		w.want(err, tollkeeper.ErrInvalidCredentials) // five tries: two of the first's belonged to both
		if _, err = w.verify(p, second); err != nil {
			t.Errorf("the second has had three tries: %v", err)
		}
		w.signIn(p) // only this way in was blocked
	}, unlimited)
}

// R27, I4: a hundred hands with the right code make one session; among wrong ones at most five are compared.
func TestCodeIsUsedOnce(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.confirmed(p)
		code := w.mailCode(p)
		w.store.faults(together("ConsumeSecret", 100), nil)
		got := tally(atOnce(100, func(int) error { _, err := w.verify(p, code); return err }))
		if got["ok"] != 1 || got["invalid_credentials"] != 99 {
			t.Error(got)
		}
	}, unlimited)
}

// R28: no store is given what was mailed; R31: it goes to the stored address; R30: links come from the configuration.
func TestMailedSecretsStayInTheMail(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("Stored.Case@Example.com")
		w.ok(w.requestCode(authtest.Account{Email: "STORED.case@example.COM"}))
		w.ok(w.requestReset(authtest.Account{Email: "sTORED.case@example.com"}))
		w.ok(w.Auth.RequestOwnVerification(ctx, p.Identity, "", tollkeeper.Client{}))
		for _, secret := range []string{w.LastCode(p.Email), w.LastToken(p.Email, tollkeeper.MailReset), w.LastToken(p.Email, tollkeeper.MailVerify)} {
			if w.store.saw(secret) {
				t.Errorf("the store was given %q", secret)
			}
		}
		if !w.store.saw(p.Email) {
			t.Error("the search finds nothing at all")
		}
		for _, kind := range []tollkeeper.MailKind{tollkeeper.MailReset, tollkeeper.MailVerify} {
			if m := w.LastMail(p.Email, kind); !contains(string(m.Text), "https://app.example/") || !contains(string(m.HTML), "https://app.example/") {
				t.Errorf("the link of %s: %s", kind, m.Text)
			}
		}
		m := w.LastMail(p.Email, tollkeeper.MailSignInCode)
		if found := sixDigits.FindAllString(string(m.Text), -1); len(found) != 1 || contains(m.Subject, found[0]) {
			t.Errorf("six-digit numbers %v in %q", found, m.Text)
		}
	})
}

// R15: unknown addresses take the same steps and get the same answers, also at the limits.
func TestUnknownAddressesAreTreatedAlike(t *testing.T) {
	type step func(w *world, email string) error
	steps := map[string]step{
		"code":  func(w *world, email string) error { return w.requestCode(authtest.Account{Email: email}) },
		"reset": func(w *world, email string) error { return w.requestReset(authtest.Account{Email: email}) },
		"confirmation": func(w *world, email string) error {
			return w.Auth.RequestVerification(ctx, tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: email})
		},
		"reset of the platform": func(w *world, email string) error {
			return w.Auth.RequestReset(ctx, tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: email, Audience: tollkeeper.AudiencePlatform})
		},
	}
	for name, do := range steps {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				w.parent("active@example.com")
				w.confirmed(w.parent("verified@example.com"))
				w.ok(w.Auth.Host().SetStatus(ctx, w.parent("disabled@example.com").ID, tollkeeper.StatusDisabled))
				var first []string
				for _, email := range []string{"nobody@example.com", "active@example.com", "verified@example.com", "disabled@example.com"} {
					var seen []string
					for range 6 {
						w.store.watch()
						err := do(w, email)
						seen = append(seen, fmt.Sprint(codeOf(err), retryAfter(err), w.store.verbs()))
						w.Advance(10 * time.Second)
					}
					if first == nil {
						first = seen
					}
					if fmt.Sprint(seen) != fmt.Sprint(first) {
						t.Errorf("%s\n%v\nnobody\n%v", email, seen, first)
					}
				}
				if n := len(w.Mails("nobody@example.com")) + len(w.Mails("disabled@example.com")); n != 0 {
					t.Errorf("%d mails to those who get none", n)
				}
			}, unlimited)
		})
	}
}

// R29: a secret serves for its purpose, tenant, account and address, and for nothing else.
func TestSecretsDoNotCross(t *testing.T) {
	story(t, func(w *world) {
		p, q := w.parent("p@example.com"), w.parent("q@example.com")
		a, b := w.child(p, "same@example.com"), w.child(q, "same@example.com")
		codeA := w.mailCode(a)
		w.Mails(a.Email)
		for what, x := range map[string]authtest.Account{"the same address of another tenant": b, "the root scope": {Email: a.Email}, "another account": p} {
			if _, err := w.verify(x, codeA); codeOf(err) != "invalid_credentials" {
				t.Errorf("a code opened %s: %v", what, err)
			}
		}
		w.ok(w.requestReset(p))
		w.ok(w.Auth.RequestVerification(ctx, tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: p.Email, Audience: tollkeeper.AudienceV1})) // a long link
		reset, verify := w.LastToken(p.Email, tollkeeper.MailReset), w.LastToken(p.Email, tollkeeper.MailVerify)
		if len(verify) != 43 {
			w.Fatalf("link %q", verify)
		}
		w.want(w.reset(verify, "another horse 9"), tollkeeper.ErrInvalidLink)
		w.want(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(reset)})), tollkeeper.ErrInvalidLink)
		w.refuses("a reset link as a token", reset)
		w.ok(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(verify)})))
		w.ok(w.reset(reset, "another horse 9"))
		if _, err := w.verify(a, codeA); err != nil {
			t.Errorf("its own: %v", err)
		}
	}, unlimited)
}

// R29: what was mailed to an address dies with the address.
func TestSecretsDieWithTheAddress(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("old@example.com")
		code := w.mailCode(p)
		w.ok(w.requestReset(p))
		w.ok(w.Auth.RequestOwnVerification(ctx, p.Identity, "", tollkeeper.Client{}))
		reset, verify := w.LastToken(p.Email, tollkeeper.MailReset), w.LastToken(p.Email, tollkeeper.MailVerify)
		s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: p.ID})
		w.ok(err)
		s.Account.Email, s.Account.EmailKey = "new@example.com", "new@example.com"
		_, _, err = w.store.Store.UpdateAccount(ctx, store.Change{Account: s.Account}, w.Now())
		w.ok(err)
		p.Email = "new@example.com"
		_, err = w.verify(p, code)
		w.want(err, tollkeeper.ErrInvalidCredentials)
		w.want(w.reset(reset, "another horse 9"), tollkeeper.ErrInvalidLink)
		w.want(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(verify)})), tollkeeper.ErrInvalidLink)
	}, unlimited)
}

// R34: a stranger signs up with the victim's address and waits. The victim's first proof of the mailbox shuts them out.
func TestPreHijackedAccount(t *testing.T) {
	ways := map[string]func(w *world, p authtest.Account) error{
		"code": func(w *world, p authtest.Account) error { _, err := w.verify(p, w.mailCode(p)); return err },
		"reset": func(w *world, p authtest.Account) error {
			w.ok(w.requestReset(p))
			return w.reset(w.LastToken(p.Email, tollkeeper.MailReset), "another horse 9")
		},
	}
	for name, prove := range ways {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.parent("victim@example.com")
				stolen := w.signIn(p)
				s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: p.ID})
				w.ok(err)
				c := store.Change{Account: s.Account, Link: []store.Linked{{Issuer: "i", Subject: "stranger"}}}
				c.PutFactors = []store.Factor{{ID: uuid.New(), Kind: store.FactorTOTP, Sealed: []byte("seed"), PendingUntil: w.Now().Add(time.Minute)}}
				c.Account.PasswordTemporary = true
				_, _, err = w.store.Store.UpdateAccount(ctx, c, w.Now())
				w.ok(err)

				w.ok(prove(w, p))
				w.refuses("the stranger's session", p.Token)
				w.refuses("the stranger's second session", string(stolen.Token))
				_, err = w.try(p, password)
				w.want(err, tollkeeper.ErrInvalidCredentials)
				s, err = w.store.Store.FindAccount(ctx, store.Lookup{ID: p.ID, Credentials: true})
				w.ok(err)
				if x := s.Account; len(s.Linked)+len(s.Factors) > 0 || x.EmailProvenAt.IsZero() || x.PasswordTemporary {
					t.Errorf("left behind: %v, %v, proven %v, temporary %t", s.Linked, s.Factors, x.EmailProvenAt, x.PasswordTemporary)
				}
			}, unlimited)
		})
	}
}

// A parent's key that is none is told, since keys are public (docs/WIRE.md section 3), and guesses below it fail like any other.
func TestMailForUnknownParents(t *testing.T) {
	story(t, func(w *world) {
		unknown := "APK_" + strings.Repeat("A", 26)
		for _, key := range []string{unknown, "x", "\x00", strings.Repeat("k", 16<<10)} {
			w.want(w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: "p@example.com", Scope: tollkeeper.UnderKey(key)}), tollkeeper.ErrUnknownParent)
			_, err := w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: "p@example.com", Scope: tollkeeper.UnderKey(key), Code: "123456"})
			w.want(err, tollkeeper.ErrInvalidCredentials)
			if len(key) > 100 && w.store.saw(key) {
				t.Error("the store was given a key that cannot be one")
			}
		}
		w.want(w.Auth.RequestReset(ctx, tollkeeper.MailRequest{Email: "p@example.com", Scope: tollkeeper.UnderKey("x")}), tollkeeper.ErrParentKeyFormat)
		w.want(w.Auth.RequestReset(ctx, tollkeeper.MailRequest{Email: "p@example.com", Scope: tollkeeper.UnderKey(unknown)}), tollkeeper.ErrUnknownParent)
		w.want(w.Auth.RequestReset(ctx, tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: "p"}), tollkeeper.ErrInvalidEmail)
		if _, err := w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: "p@example.com", Scope: tollkeeper.Under(uuid.New()), Code: "123456"}); codeOf(err) != "invalid_credentials" {
			t.Error(err)
		}
	}, unlimited)
}

// R26: however many codes an address has and from wherever they are tried, no day sees more than fifty tries.
func TestCodesAreTriedFewTimesADay(t *testing.T) {
	k := authtest.New(t)
	a := k.Parent()
	tried := 0
	for minute := range 24 * 60 {
		from := tollkeeper.Client{Addr: netip.MustParseAddr(fmt.Sprintf("198.51.%d.%d", minute/250, minute%250))}
		for _, email := range []string{a.Email, "nobody@home.example"} {
			_, err := k.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Scope: tollkeeper.Tenants, Email: email, Code: "000000", Client: from})
			switch {
			case errors.Is(err, tollkeeper.ErrInvalidCredentials):
				tried++
			case !errors.Is(err, tollkeeper.ErrRateLimited):
				t.Fatal(err)
			}
		}
		k.Advance(time.Minute)
	}
	if tried != 2*10 {
		t.Fatalf("%d tries in a day for two addresses, one of them unknown; want 10 each", tried)
	}
	k.Advance(2 * time.Hour)
	if err := k.Auth.RequestCode(ctx, tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: a.Email}); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Scope: tollkeeper.Tenants, Email: a.Email, Code: tollkeeper.SecretText(k.LastCode(a.Email))}); err != nil {
		t.Fatal("the owner is back after an hour:", err)
	}
}
