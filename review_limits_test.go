package tollkeeper_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

func TestCodesPerAddressHoweverThePlatformIsSpelt(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		for i := range 4 {
			c4 := from(fmt.Sprintf("10.0.0.%d", i+1))
			for _, r := range []tollkeeper.MailRequest{{ParentKey: p.PublicKey}, {ParentNumber: p.Number}, {Parent: p.Account}} {
				r.Email, r.Audience, r.Client = c.email, tollkeeper.AudiencePlatform, c4
				w.ok(w.auth.RequestCode(ctx, r))
			}
		}
		if n := len(w.sent(c.email, tollkeeper.MailSignInCode)); n != 3 {
			t.Errorf("%d codes within 15 minutes, want 3", n)
		}
	})
}

func TestResetsPerAddressHoweverThePlatformIsSpelt(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		var errs []error
		for i := range 6 {
			r := []tollkeeper.MailRequest{{ParentKey: p.PublicKey}, {ParentNumber: p.Number}}[i%2]
			r.Email, r.Audience, r.Client = c.email, tollkeeper.AudiencePlatform, from(fmt.Sprintf("10.0.0.%d", i+1))
			errs = append(errs, w.auth.RequestReset(ctx, r))
		}
		if n := tally(errs); n["ok"] != 3 || n["rate_limited"] != 3 {
			t.Errorf("%v within an hour, want 3", n)
		}
	})
}

func TestResetBelowAnUnknownParentIsRefusedHoweverItIsNamed(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		for _, r := range []tollkeeper.MailRequest{
			{ParentKey: "APK_AAAAAAAAAAAAAAAAAAAAAAAAAA"}, {ParentNumber: 999}, {ParentKey: c.PublicKey}, {ParentNumber: c.Number},
		} {
			r.Email, r.Audience = c.email, tollkeeper.AudiencePlatform
			w.want(w.auth.RequestReset(ctx, r), tollkeeper.ErrUnknownParent)
			w.pass(time.Hour)
		}
	})
}

// Whoever guesses at the codes of an address all day stops strangers, not its owner where he has signed in before (R18).
func TestStrangersGuessesDoNotStopTheOwnersCode(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		home, away := from("10.9.0.1"), from("10.8.0.1")
		in := func(at tollkeeper.Client) error {
			w.ok(w.auth.RequestCode(ctx, tollkeeper.MailRequest{Email: c.email, ParentKey: c.key, Client: at}))
			_, err := w.auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: c.email, Code: tollkeeper.SecretText(w.code(c.email)), ParentKey: c.key, Client: at})
			return err
		}
		w.ok(in(home))
		for i := range 100 {
			_, err := w.auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: c.email, Code: "000000", ParentKey: c.key, Client: from(fmt.Sprintf("10.0.%d.1", i))})
			if err == nil {
				t.Fatal("guessed")
			}
		}
		w.want(in(away), tollkeeper.ErrRateLimited)
		w.ok(in(home))
	})
}

func TestTemporaryPasswordIsNotItsOwnSuccessor(t *testing.T) {
	story(t, func(w *world) {
		x, err := w.auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Email: "t@example.com", Password: password, Temporary: true})
		w.ok(err)
		in := tollkeeper.SignInRequest{Email: x.Email, Password: password}
		res, err := w.auth.SignIn(ctx, in)
		w.ok(err)
		id := w.identity(string(res.Token))
		w.want(w.auth.ChangePassword(ctx, id, tollkeeper.PasswordChange{Current: password, New: password}), tollkeeper.ErrWeakPassword)
		if id := w.identity(string(res.Token)); id.Limited != tollkeeper.LimitedPassword {
			t.Error("the session is free, with the password that was to be replaced")
		}
		w.ok(w.auth.ChangePassword(ctx, id, tollkeeper.PasswordChange{Current: password, New: "another staple 8"}))
	})
}

func TestExpiredPasswordIsNotItsOwnSuccessor(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.pass(91 * 24 * time.Hour)
		id := w.identity(string(w.signIn(p).Token))
		w.want(w.auth.ChangePassword(ctx, id, tollkeeper.PasswordChange{Current: password, New: password}), tollkeeper.ErrWeakPassword)
		w.ok(w.auth.ChangePassword(ctx, id, tollkeeper.PasswordChange{Current: password, New: "another staple 8"}))
	}, func(c *tollkeeper.Config) { c.Passwords.EnforceExpiry = true })
}

func TestStolenSessionGuessesPasswordsFromManyNetworks(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		asked := 0
		for i := range 400 {
			err := w.auth.Reauthenticate(ctx, p.Identity, tollkeeper.Confirmation{Password: tollkeeper.Password(fmt.Sprint("guess ", i)), Client: from(fmt.Sprintf("10.%d.%d.1", i/250, i%250))})
			if codeOf(err) == "invalid_credentials" {
				asked++
			}
		}
		if asked > 100 {
			t.Errorf("%d guesses of one account's password within a moment", asked)
		}
	})
}

// countedBreach counts how often it is asked.
type countedBreach struct{ n int }

func (b *countedBreach) Breached(context.Context, string) (bool, error) { b.n++; return true, nil }

func TestSignUpAsksTheBreachServiceBehindItsRate(t *testing.T) {
	b := &countedBreach{}
	story(t, func(w *world) {
		for i := range 50 {
			_, _ = w.auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: fmt.Sprintf("p%d@example.com", i), Password: password, Client: from("10.0.0.1")})
		}
		if b.n > 10 {
			t.Errorf("asked %d times", b.n)
		}
	}, func(c *tollkeeper.Config) { c.Passwords.Breach = b })
}
