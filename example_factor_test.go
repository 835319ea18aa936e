package tollkeeper_test

import (
	"context"
	"fmt"
	"log"
	"regexp"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// An authenticator app becomes a second factor: from then on a password alone gives a challenge, not a session.
func Example_secondFactor() {
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

	enrol := tollkeeper.FactorEnrolment{Password: "battery staple 7"}
	_, err = auth.EnrolFactor(ctx, id, enrol)
	fmt.Println(err) // a link that proves the mailbox is on its way
	link := regexp.MustCompile(`token=([A-Za-z0-9_-]+)`).FindStringSubmatch(string((<-mails).Text))
	proof, err := auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(link[1]), By: id})
	fmt.Println("proven", proof.Proven, err)

	enrolment, err := auth.EnrolFactor(ctx, id, enrol)
	if err != nil {
		log.Fatal(err)
	}
	code, err := totp.GenerateCode(string(enrolment.Seed), time.Now()) // what the app shows
	if err != nil {
		log.Fatal(err)
	}
	recovery, err := auth.ConfirmFactor(ctx, id, tollkeeper.SecretText(code), tollkeeper.Client{})
	fmt.Println(len(recovery), "recovery codes", err)

	first, err := auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "ann@mail.example", Password: "battery staple 7"})
	fmt.Println(first.Token != "", first.Challenge != "", err)
	second, err := auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: first.Challenge, Code: recovery[0]})
	fmt.Println(second.Token != "", err)
	// Output:
	// Email verification required
	// proven true <nil>
	// 10 recovery codes <nil>
	// false true <nil>
	// true <nil>
}
