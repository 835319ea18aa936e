package tollkeeper_test

import (
	"context"
	"fmt"
	"log"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// A form that tells nobody who has an account: signing up twice, and signing in before the link was opened, look alike.
func Example_neutral() {
	ctx := context.Background()
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets:  []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL:  "https://app.example",
		Accounts: tollkeeper.Accounts{RequireVerified: true},
		Mail:     tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer auth.Close(ctx)

	for range 2 {
		up, err := auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "ann@mail.example", Password: "correct horse 7", Neutral: true})
		fmt.Println(up.VerificationSent, up.Token == "", err)
	}
	for _, email := range []string{"ann@mail.example", "bob@mail.example"} {
		_, err := auth.SignIn(ctx, tollkeeper.SignInRequest{Email: email, Password: "correct horse 7", Neutral: true})
		fmt.Println(err)
	}
	// Output:
	// true true <nil>
	// true true <nil>
	// Invalid email or password
	// Invalid email or password
}
