package tollkeeper_test

import (
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// passwordless is somebody who signed up by a link, with a session an hour old.
func (w *world) passwordless(email string) (tollkeeper.Account, *tollkeeper.Identity, string) {
	w.Helper()
	n := newcomer{w, email, tollkeeper.Scope{}}
	n.ask(tollkeeper.MailSignInLink, home)
	res, err := n.byLink(w.LastToken(email))
	w.ok(err)
	w.Advance(time.Hour)
	return res.Subject.Account, w.Identity(string(res.Token)), string(res.Token)
}

// ownCode asks for a code to the own address.
func (w *world) ownCode(email string) tollkeeper.SecretText {
	w.Helper()
	w.ok(w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: email, Audience: tollkeeper.AudienceApp, Client: home}))
	return tollkeeper.SecretText(w.LastCode(email, tollkeeper.MailSignInCode))
}

func (w *world) reprove(by *tollkeeper.Identity, r tollkeeper.Confirmation) error {
	r.Client = home
	return w.Auth.Reauthenticate(ctx, by, r)
}

// Whatever asks for a fresh proof can be had without a password: by a mailed code, which refreshes the session.
func TestAnAccountWithoutPasswordLivesFully(t *testing.T) {
	for name, do := range map[string]func(w *world, by *tollkeeper.Identity) error{
		"an app": func(w *world, by *tollkeeper.Identity) error {
			e, err := w.Auth.EnrolFactor(ctx, by, tollkeeper.FactorEnrolment{Client: home})
			if err != nil {
				return err
			}
			code := w.FactorCode(authtest.Factor{Seed: string(e.Seed)})
			return errOf(w.Auth.ConfirmFactor(ctx, by, tollkeeper.SecretText(code), home))
		},
		"another address": func(w *world, by *tollkeeper.Identity) error {
			err := w.Auth.RequestEmailChange(ctx, by, tollkeeper.EmailChange{Email: "moved@example.com", Client: home})
			if err != nil {
				return err
			}
			token := tollkeeper.SecretText(w.LastToken("moved@example.com", tollkeeper.MailChangeEmail))
			return w.Auth.ConfirmEmailChange(ctx, tollkeeper.EmailConfirmation{Token: token, By: by, Client: home})
		},
		"a first password": func(w *world, by *tollkeeper.Identity) error {
			err := w.Auth.ChangePassword(ctx, by, tollkeeper.PasswordChange{New: fresh, Client: home})
			if err == nil {
				w.ok(errOf(w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "n@example.com", Password: fresh, Client: home})))
				w.want(w.Auth.ChangePassword(ctx, by, tollkeeper.PasswordChange{New: ownersPassword, Client: home}), tollkeeper.ErrInvalidCredentials)
			}
			return err
		},
		"the end of it": func(w *world, by *tollkeeper.Identity) error { return w.Auth.DeleteAccount(ctx, by, "", home) },
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				_, by, token := w.passwordless("n@example.com")
				w.want(do(w, by), tollkeeper.ErrNotRecent)
				w.want(w.reprove(by, tollkeeper.Confirmation{MailedCode: tollkeeper.SecretText(not(string(w.ownCode("n@example.com"))))}), tollkeeper.ErrInvalidCredentials)
				w.want(w.reprove(by, tollkeeper.Confirmation{Password: password}), tollkeeper.ErrInvalidCredentials)
				w.ok(w.reprove(by, tollkeeper.Confirmation{MailedCode: tollkeeper.SecretText(w.LastCode("n@example.com", tollkeeper.MailSignInCode))}))
				if e := last(w, tollkeeper.EventReauthenticated); e.Method != "code" {
					t.Errorf("%+v", e)
				}
				w.ok(do(w, w.Identity(token)))
			}, unlimited)
		})
	}
}

// A code that proves again is a code to sign in with in all else: once, for its account, for the tries that there are.
func TestAMailedCodeProvesAgainOnce(t *testing.T) {
	story(t, func(w *world) {
		_, by, _ := w.passwordless("n@example.com")
		_, other, _ := w.passwordless("o@example.com")
		code := w.ownCode("n@example.com")
		w.want(w.reprove(other, tollkeeper.Confirmation{MailedCode: code}), tollkeeper.ErrInvalidCredentials)
		got := tally(atOnce(20, func(int) error { return w.reprove(by, tollkeeper.Confirmation{MailedCode: code}) }))
		if got["ok"] != 1 || got["invalid_credentials"] != 19 {
			t.Error(got)
		}
		w.want(errOf(newcomer{w, "n@example.com", tollkeeper.Scope{}}.byCode(string(code), home)), tollkeeper.ErrInvalidCredentials)
		code = w.ownCode("n@example.com")
		for range 5 {
			w.want(w.reprove(by, tollkeeper.Confirmation{MailedCode: tollkeeper.SecretText(not(string(code)))}), tollkeeper.ErrInvalidCredentials)
		}
		w.want(w.reprove(by, tollkeeper.Confirmation{MailedCode: code}), tollkeeper.ErrInvalidCredentials)
	}, unlimited)
	t.Run("few, from elsewhere", func(t *testing.T) {
		story(t, func(w *world) {
			_, by, _ := w.passwordless("n@example.com")
			try := func() error {
				return w.Auth.Reauthenticate(ctx, by, tollkeeper.Confirmation{MailedCode: "000000", Client: from("203.0.113.9")})
			}
			for range 10 {
				w.want(try(), tollkeeper.ErrInvalidCredentials)
			}
			w.want(try(), tollkeeper.ErrRateLimited)
		})
	})
}

// A second factor stands beside a mailed code as beside the password, and a first proof by one drops nothing.
func TestAMailedCodeBesideAFactorAndASession(t *testing.T) {
	story(t, func(w *world) {
		a := w.user("a@example.com")
		f := w.EnrolFactor(a)
		w.Advance(time.Minute)
		res := w.SignInWithFactor(a, f)
		by := w.Identity(string(res.Token))
		w.Advance(time.Hour)
		w.want(w.reprove(by, tollkeeper.Confirmation{MailedCode: w.ownCode(a.Email)}), tollkeeper.ErrInvalidCode)
		w.ok(w.reprove(by, tollkeeper.Confirmation{MailedCode: w.ownCode(a.Email), Code: tollkeeper.SecretText(w.FactorCode(f))}))
	}, unlimited)
	story(t, func(w *world) {
		a := w.user("b@example.com")
		w.ok(w.reprove(a.Identity, tollkeeper.Confirmation{MailedCode: w.ownCode(a.Email)}))
		s, err := w.Auth.Host().Account(ctx, a.ID)
		if w.ok(err); s.Account.EmailProvenAt.IsZero() {
			t.Error("a mailed code proves no mailbox")
		}
		w.Identity(a.Token)
		w.ok(errOf(w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: a.Email, Password: password, Client: home})))
	}, unlimited)
}
