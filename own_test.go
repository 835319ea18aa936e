package tollkeeper_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

func TestChangeEmail(t *testing.T) {
	k := authtest.New(t)
	a, other := k.Parent(), k.Parent()
	id := k.Identity(string(k.SignIn(a).Token))
	ask := func(to string) {
		t.Helper()
		k.Advance(2 * time.Minute)
		if err := k.Auth.RequestEmailChange(ctx, id, tollkeeper.EmailChange{Password: tollkeeper.Password(a.Password), Email: to}); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("needs fresh proof and an address", func(t *testing.T) {
		if err := k.Auth.RequestEmailChange(ctx, id, tollkeeper.EmailChange{Password: "wrong", Email: "new@home.example"}); !errors.Is(err, tollkeeper.ErrInvalidCredentials) {
			t.Fatal(err)
		}
		if err := k.Auth.RequestEmailChange(ctx, id, tollkeeper.EmailChange{Password: tollkeeper.Password(a.Password), Email: "new@"}); !errors.Is(err, tollkeeper.ErrInvalidEmail) {
			t.Fatal(err)
		}
		k.Advance(time.Hour)
		if err := k.Auth.RequestEmailChange(ctx, id, tollkeeper.EmailChange{Email: "new@home.example"}); !errors.Is(err, tollkeeper.ErrNotRecent) {
			t.Fatal(err)
		}
	})
	t.Run("a taken address gets the same answer, and fails at the proof", func(t *testing.T) {
		ask(other.Email)
		if err := k.Auth.ConfirmEmailChange(ctx, tollkeeper.SecretText(k.LastToken(other.Email)), tollkeeper.Client{}); !errors.Is(err, tollkeeper.ErrEmailTaken) {
			t.Fatal(err)
		}
	})
	t.Run("the link of the new address changes it, once, and the old one is told", func(t *testing.T) {
		ask("New@home.example")
		token := k.LastToken("New@home.example")
		if err := k.Auth.ConfirmEmailChange(ctx, tollkeeper.SecretText(token), tollkeeper.Client{}); err != nil {
			t.Fatal(err)
		}
		if err := k.Auth.ConfirmEmailChange(ctx, tollkeeper.SecretText(token), tollkeeper.Client{}); !errors.Is(err, tollkeeper.ErrLinkUsed) {
			t.Fatal("twice:", err)
		}
		s, err := k.Auth.Host().Account(ctx, a.ID)
		if err != nil || s.Account.Email != "New@home.example" || s.Account.EmailKey != "new@home.example" {
			t.Fatal(s.Account.Email, err)
		}
		mails := k.Mails(a.Email)
		if last := mails[len(mails)-1].Text; !strings.Contains(string(last), "email address of your account was changed") || strings.Contains(string(last), "home.example") {
			t.Fatal("the notice to the old address:", last)
		}
	})
	t.Run("a reset link mailed to the old address is void", func(t *testing.T) {
		k := authtest.New(t)
		a := k.Parent()
		if err := k.Auth.RequestReset(ctx, tollkeeper.MailRequest{Email: a.Email}); err != nil {
			t.Fatal(err)
		}
		old := k.LastToken(a.Email)
		id := k.Identity(string(k.SignIn(a).Token))
		if err := k.Auth.RequestEmailChange(ctx, id, tollkeeper.EmailChange{Password: tollkeeper.Password(a.Password), Email: "new@home.example"}); err != nil {
			t.Fatal(err)
		}
		if err := k.Auth.ConfirmEmailChange(ctx, tollkeeper.SecretText(k.LastToken("new@home.example")), tollkeeper.Client{}); err != nil {
			t.Fatal(err)
		}
		err := k.Auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: tollkeeper.SecretText(old), Password: "another one 88"})
		if !errors.Is(err, tollkeeper.ErrLinkUsed) && !errors.Is(err, tollkeeper.ErrInvalidLink) {
			t.Fatal(err)
		}
	})
}

func TestChangeUsername(t *testing.T) {
	k := authtest.New(t)
	parent := k.Parent()
	a, b := k.Identity(string(k.SignIn(k.Child(parent)).Token)), k.Identity(string(k.SignIn(k.Child(parent)).Token))
	if err := k.Auth.ChangeUsername(ctx, a, "Ada_1"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]error{"ada_1": tollkeeper.ErrUsernameTaken, "no spaces": tollkeeper.ErrInvalidUsername, strings.Repeat("x", 31): tollkeeper.ErrInvalidUsername} {
		if err := k.Auth.ChangeUsername(ctx, b, name); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", name, err, want)
		}
	}
	if err := k.Auth.ChangeUsername(ctx, a, "ADA_1"); err != nil {
		t.Fatal("its own name in other letters:", err)
	}
}

func TestExportShowsTheOwnerHisDataAndNoSecret(t *testing.T) {
	k := authtest.New(t)
	parent := k.Parent()
	child := k.Child(parent)
	for who, a := range map[string]authtest.Account{"parent": parent, "child": child} {
		d, err := k.Auth.Export(ctx, k.Identity(string(k.SignIn(a).Token)))
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		if !strings.Contains(text, a.Email) || len(d.Sessions) != 1 || strings.Contains(text, "argon2") {
			t.Errorf("%s: %s", who, text)
		}
		if (d.Balance != nil) != (who == "parent") {
			t.Errorf("%s: balance %v: a child sees nothing of its parent's", who, d.Balance)
		}
	}
}

func TestPasswordHistory(t *testing.T) {
	k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Passwords.History = 3 }))
	a := k.Parent()
	id := k.Identity(string(k.SignIn(a).Token))
	change := func(to string) error {
		err := k.Auth.ChangePassword(ctx, id, tollkeeper.PasswordChange{Current: tollkeeper.Password(a.Password), New: tollkeeper.Password(to)})
		if err == nil {
			a.Password = to
		}
		return err
	}
	first := a.Password
	for _, next := range []string{"second-Anchor-2", "third-Anchor-33", "fourth-Anchor-4"} {
		if err := change(first); !errors.Is(err, tollkeeper.ErrWeakPassword) {
			t.Fatalf("one of the last three again: %v", err)
		}
		if err := change(next); err != nil {
			t.Fatal(err)
		}
	}
	if err := change(first); err != nil {
		t.Fatal("the fourth last is allowed:", err)
	}
}
