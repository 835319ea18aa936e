package tollkeeper_test

import (
	"context"
	"fmt"
	"log"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// A password signs in; the token speaks for the account until it is signed out.
func Example_signIn() {
	ctx := context.Background()
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Mail:    tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer auth.Close(ctx)

	if _, err := auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Email: "ann@mail.example", Password: "battery staple 7"}); err != nil {
		log.Fatal(err)
	}

	in, err := auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "Ann@mail.example", Password: "battery staple 7"})
	if err != nil {
		log.Fatal(err)
	}
	id, err := auth.Authenticate(ctx, in.Token)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(id.Email, id.Role, in.ExpiresIn)

	fmt.Println(auth.SignOut(ctx, id))
	_, err = auth.Authenticate(ctx, in.Token)
	fmt.Println(err)
	// Output:
	// ann@mail.example user 24h0m0s
	// <nil>
	// Invalid or expired token
}
