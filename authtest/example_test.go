package authtest_test

import (
	"fmt"
	"log"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// A whole flow: somebody signs up, proves their mailbox, forgets the password, and is back by the mailed link. In a
// test, New takes the place of Run.
func Example() {
	err := authtest.Run(func(kit *authtest.Kit) {
		ctx := kit.Context()
		ada := kit.SignUpIn(tollkeeper.Scope{}, "ada@mail.example", "copper-Lantern-5")
		fmt.Println("verified at first:", ada.Identity.Verified)
		if err := kit.Auth.RequestVerification(ctx, tollkeeper.MailRequest{Email: ada.Email}); err != nil {
			log.Fatal(err)
		}
		kit.Prove(ada, ada.Identity)
		fmt.Println("and by the link:", kit.SignedIn(ada).Verified)

		if err := kit.Auth.RequestReset(ctx, tollkeeper.MailRequest{Email: ada.Email}); err != nil {
			log.Fatal(err)
		}
		ada.Password = "silver-Lantern-6"
		reset := tollkeeper.ResetRequest{
			Token:    tollkeeper.SecretText(kit.LastToken(ada.Email, tollkeeper.MailReset)),
			Password: tollkeeper.Password(ada.Password),
		}
		if _, err := kit.Auth.ResetPassword(ctx, reset); err != nil {
			log.Fatal(err)
		}
		session := kit.SignIn(ada)
		kit.Advance(25 * time.Hour)
		_, err := kit.Auth.Authenticate(ctx, session.Token)
		fmt.Println("a day later:", err)
		for _, e := range kit.Events(tollkeeper.EventSignUp, tollkeeper.EventPasswordChanged) {
			fmt.Println(e.Name)
		}
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// verified at first: false
	// and by the link: true
	// a day later: Invalid or expired token
	// sign_up
	// password_changed
}

// A test of a host's own begins with New, which closes what it made when the test ends.
func ExampleNew() {
	_ = func(t *testing.T) {
		kit := authtest.New(t)
		if id := kit.SignedIn(kit.User()); id.Role != tollkeeper.RoleUser {
			t.Errorf("a user is a %s", id.Role)
		}
	}
}

// An admin of the app's own users acts on one of them; one below a parent may not.
func ExampleKit_AdminIn() {
	err := authtest.Run(func(kit *authtest.Kit) {
		user := kit.AccountIn(tollkeeper.Scope{}, func(s *tollkeeper.AccountSpec) { s.Name = "Ada" })
		for _, scope := range []tollkeeper.Scope{{}, tollkeeper.Under(kit.Parent().ID)} {
			admin := kit.SignedIn(kit.AdminIn(scope))
			fmt.Println(kit.Auth.SetStatus(kit.Context(), admin, user.ID, tollkeeper.StatusDisabled))
		}
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// <nil>
	// Not found
}

// With a second factor the password is half of the way. No code is good twice, so the clock goes on for the next one.
func ExampleKit_EnrolFactor() {
	err := authtest.Run(func(kit *authtest.Kit) {
		ada := kit.User()
		factor := kit.EnrolFactor(ada)
		first := kit.SignIn(ada)
		fmt.Println("token:", first.Token != "", "challenge:", first.Challenge != "")
		kit.Advance(30 * time.Second)
		code := tollkeeper.SecretText(kit.FactorCode(factor))
		r := tollkeeper.FactorRequest{Challenge: first.Challenge, Code: code}
		second, err := kit.Auth.SignInWithFactor(kit.Context(), r)
		fmt.Println("token:", second.Token != "", "error:", err)
		fmt.Println("in one step:", kit.SignInWithFactor(ada, factor).Token != "")
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// token: false challenge: true
	// token: true error: <nil>
	// in one step: true
}
