package tollkeeper_test

import (
	"context"
	"fmt"
	"log"
	"regexp"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// A mailed code signs in without a password, once.
func Example_oneTimeCode() {
	ctx := context.Background()
	mails := make(chan tollkeeper.Message, 10)
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Mail: tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(_ context.Context, m tollkeeper.Message) error {
			mails <- m
			return nil
		})},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer auth.Close(ctx)

	if _, err := auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Email: "ann@mail.example"}); err != nil {
		log.Fatal(err)
	}

	if err := auth.RequestCode(ctx, tollkeeper.MailRequest{Email: "ann@mail.example"}); err != nil {
		log.Fatal(err)
	}
	code := regexp.MustCompile(`[0-9]{6}`).FindString(string((<-mails).Text))
	for range 2 {
		res, err := auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: "ann@mail.example", Code: tollkeeper.SecretText(code)})
		fmt.Println(res.Token != "", err)
	}
	// Output:
	// true <nil>
	// false Invalid email or password
}
