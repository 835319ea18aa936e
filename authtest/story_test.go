package authtest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// TestStory is a whole sign-up, one-time code and reset.
func TestStory(t *testing.T) {
	kit, ctx := authtest.New(t), context.Background()
	shop := kit.Parent()
	ada := kit.SignUpBelow(shop, "ada@home.example", "first-Orchard-7")

	if err := kit.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: ada.Email, Scope: tollkeeper.Under(shop.ID)}); err != nil {
		t.Fatal(err)
	}
	code := tollkeeper.SecretText(kit.LastCode(ada.Email))
	res, err := kit.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: ada.Email, Code: code, Scope: tollkeeper.Under(shop.ID)})
	if err != nil || !kit.Identity(string(res.Token)).Verified {
		t.Fatal("the code does not sign in: ", err)
	}

	if err := kit.Auth.RequestReset(ctx, tollkeeper.MailRequest{Email: ada.Email, Scope: tollkeeper.Under(shop.ID)}); err != nil {
		t.Fatal(err)
	}
	ada.Password = "second-Orchard-8"
	link := tollkeeper.SecretText(kit.LastToken(ada.Email))
	if _, err := kit.Auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: link, Password: tollkeeper.Password(ada.Password)}); err != nil {
		t.Fatal(err)
	}
	if _, err := kit.Auth.Authenticate(ctx, res.Token); !errors.Is(err, tollkeeper.ErrInvalidToken) {
		t.Fatal("a session outlives the reset: ", err)
	}
	token := kit.SignIn(ada).Token
	kit.Advance(24 * time.Hour)
	if _, err := kit.Auth.Authenticate(ctx, token); !errors.Is(err, tollkeeper.ErrInvalidToken) {
		t.Fatal("a session outlives its day: ", err)
	}
}
