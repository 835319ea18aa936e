package tollkeeper_test

import (
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// Whoever has no password has none that could expire: he could not change it, and his session would stay limited.
func TestNoPasswordDoesNotExpire(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		bare, err := w.auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Parent: p.Account, Email: "bare@example.com"})
		w.ok(err)
		child := w.child(p, "dropped@example.com") // its first code drops the password of the unverified account
		for _, email := range []string{bare.Email, child.email} {
			in := func() tollkeeper.SignInResult {
				w.ok(w.auth.RequestCode(ctx, tollkeeper.MailRequest{Email: email, ParentKey: p.PublicKey}))
				res, err := w.auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: email, Code: tollkeeper.SecretText(w.code(email)), ParentKey: p.PublicKey})
				w.ok(err)
				return res
			}
			in()
			w.pass(100 * 24 * time.Hour)
			if id := w.identity(string(in().Token)); id.Limited != tollkeeper.Unlimited {
				t.Errorf("%s: the session is limited by %q", email, id.Limited)
			}
		}
		w.ok(w.auth.RequestReset(ctx, tollkeeper.MailRequest{Email: bare.Email, ParentKey: p.PublicKey}))
		w.ok(w.auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: tollkeeper.SecretText(w.token(bare.Email, tollkeeper.MailReset)), Password: password}))
		w.pass(100 * 24 * time.Hour)
		res, err := w.auth.SignIn(ctx, tollkeeper.SignInRequest{Email: bare.Email, Password: password, ParentKey: p.PublicKey})
		w.ok(err)
		if id := w.identity(string(res.Token)); id.Limited != tollkeeper.LimitedPassword {
			t.Errorf("an expired password limits by %q", id.Limited)
		}
	}, func(c *tollkeeper.Config) { c.Passwords.EnforceExpiry = true })
}
