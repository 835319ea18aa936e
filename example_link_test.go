package tollkeeper_test

import (
	"errors"
	"fmt"
	"log"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// A mailed link names the account before it signs in, and serves once. Who reads the mail on another device types the
// code of the same mail instead.
func Example_link() {
	err := authtest.Run(func(kit *authtest.Kit) {
		ctx, ann := kit.Context(), kit.User()
		if err := kit.Auth.RequestLink(ctx, tollkeeper.MailRequest{Email: ann.Email, WithCode: true}); err != nil {
			log.Fatal(err)
		}
		token := tollkeeper.SecretText(kit.LastToken(ann.Email)) // the page's parameter "token"

		link, err := kit.Auth.SignInLink(ctx, tollkeeper.LinkRequest{Token: token}) // uses nothing
		fmt.Println(link.Email == ann.Email, err)
		for range 2 {
			res, err := kit.Auth.SignInWithLink(ctx, tollkeeper.LinkRequest{Token: token})
			fmt.Println(res.Token != "", errors.Is(err, tollkeeper.ErrLinkUsed))
		}
		code := tollkeeper.SecretText(kit.LastCode(ann.Email))
		_, err = kit.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: ann.Email, Code: code})
		fmt.Println(err)
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// true <nil>
	// true false
	// false true
	// Invalid email or password
}

// Whom nobody knows signs up by the same mail, without a password. Until the link is used there is no account.
func Example_signUpWithoutPassword() {
	err := authtest.Run(func(kit *authtest.Kit) {
		ctx, email := kit.Context(), "ann@mail.example"
		if err := kit.Auth.RequestLink(ctx, tollkeeper.MailRequest{Email: email, SignUp: true}); err != nil {
			log.Fatal(err)
		}
		fmt.Println(kit.LastMail(email).Subject)
		_, err := kit.Auth.Host().FindByEmail(ctx, tollkeeper.Scope{}, email)
		fmt.Println(err)

		res, err := kit.Auth.SignInWithLink(ctx, tollkeeper.LinkRequest{Token: tollkeeper.SecretText(kit.LastToken(email))})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(res.Subject.Account.Email, !res.Subject.Account.EmailProvenAt.IsZero())

		// A fresh proof is a mailed code, where there is no password.
		by := kit.Identity(string(res.Token))
		if err := kit.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: by.Email}); err != nil {
			log.Fatal(err)
		}
		fmt.Println(kit.Auth.Reauthenticate(ctx, by, tollkeeper.Confirmation{MailedCode: tollkeeper.SecretText(kit.LastCode(email))}))
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// Finish signing up
	// Not found
	// ann@mail.example true
	// <nil>
}
