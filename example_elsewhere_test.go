package tollkeeper_test

import (
	"context"
	"fmt"
	"log"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// signInThere asks the old system, which keeps its hashes to itself.
func signInThere(_ context.Context, email string, password tollkeeper.Password) (name string, ok bool, err error) {
	return "Ann", email == "ann@mail.example" && password == "correct horse battery", nil
}

// Whoever is unknown here is asked of the old system at their first sign-in, and lives here from then on.
func Example_moveAtSignIn() {
	ctx := context.Background()
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Mail:    tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
		Hooks: tollkeeper.Hooks{BeforePassword: func(ctx context.Context, p tollkeeper.PasswordAttempt) (*tollkeeper.AccountRecord, error) {
			name, ok, err := signInThere(ctx, p.Email, p.Password)
			if err != nil || !ok {
				return nil, err // an error: try again later; nil: unknown there, too
			}
			return &tollkeeper.AccountRecord{Email: p.Email, Name: name, EmailVerified: true}, nil
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer auth.Close(ctx)

	in, err := auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "ann@mail.example", Password: "correct horse battery"})
	fmt.Println(in.Subject.Account.Name, err)
	_, err = auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "bob@mail.example", Password: "correct horse battery"})
	fmt.Println(err)
	// Output:
	// Ann <nil>
	// Invalid email or password
}
