package tollkeeper_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// A parent signs up, and a child below it by its public key.
func Example_signUp() {
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

	parent, err := auth.SignUp(ctx, tollkeeper.SignUpRequest{Scope: tollkeeper.Tenants, Email: "owner@shop.example", Password: "correct horse 7"})
	if err != nil {
		log.Fatal(err)
	}
	key := parent.Subject.Account.PublicKey
	for _, password := range []tollkeeper.Password{"12345678", "battery staple 7"} {
		child, err := auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "Ann@mail.example", Password: password, Scope: tollkeeper.UnderKey(key)})
		fmt.Printf("%q %v\n", child.Subject.Account.Email, err)
	}
	_, err = auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "ann@mail.example", Password: "another one 88", Scope: tollkeeper.UnderKey(key)})
	fmt.Println(err, errors.Is(err, tollkeeper.ErrEmailTaken))
	// Output:
	// "" Password is too common
	// "Ann@mail.example" <nil>
	// This email is already registered true
}
