package tollkeeper_test

import (
	"context"
	"fmt"
	"log"
	"regexp"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// A mailed link sets a new password and ends every session.
func Example_passwordReset() {
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

	old, err := auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "ann@mail.example", Password: "battery staple 7"})
	if err != nil {
		log.Fatal(err)
	}

	if err := auth.RequestReset(ctx, tollkeeper.MailRequest{Email: "ann@mail.example"}); err != nil {
		log.Fatal(err)
	}
	link := regexp.MustCompile(`token=([A-Za-z0-9_-]+)`).FindStringSubmatch(string((<-mails).Text))
	for _, password := range []tollkeeper.Password{"12345678", "purple monkey 8"} {
		fmt.Println(errOf(auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: tollkeeper.SecretText(link[1]), Password: password})))
	}
	_, err = auth.Authenticate(ctx, old.Token)
	fmt.Println(err)
	_, err = auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "ann@mail.example", Password: "purple monkey 8"})
	fmt.Println(err)
	// Output:
	// Password is too common
	// <nil>
	// Invalid or expired token
	// <nil>
}
