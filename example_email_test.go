package tollkeeper_test

import (
	"context"
	"fmt"
	"log"
	"regexp"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// A mailed link changes the address of an account, once its new owner has shown to read mail there.
func Example_emailChange() {
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

	in, err := auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "ann@mail.example", Password: "battery staple 7"})
	if err != nil {
		log.Fatal(err)
	}
	id, err := auth.Authenticate(ctx, in.Token)
	if err != nil {
		log.Fatal(err)
	}

	change := tollkeeper.EmailChange{Password: "battery staple 7", Email: "ann@new.example"}
	if err := auth.RequestEmailChange(ctx, id, change); err != nil {
		log.Fatal(err)
	}
	mail := <-mails
	link := regexp.MustCompile(`token=([A-Za-z0-9_-]+)`).FindStringSubmatch(string(mail.Text))
	fmt.Println(mail.To, auth.ConfirmEmailChange(ctx, tollkeeper.EmailConfirmation{Token: tollkeeper.SecretText(link[1]), Password: "battery staple 7"}))
	notice := <-mails
	fmt.Println(notice.To, notice.Kind)
	profile, err := auth.Profile(ctx, id)
	fmt.Println(profile.Subject.Account.Email, err)
	// Output:
	// ann@new.example <nil>
	// ann@mail.example notice
	// ann@new.example <nil>
}
