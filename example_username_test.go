package tollkeeper_test

import (
	"context"
	"fmt"
	"log"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// A form takes whatever people know themselves by: what has an @ is an email, as no username has one.
func Example_username() {
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
	up := tollkeeper.SignUpRequest{Email: "ann@mail.example", Username: "Ann_1815", Password: "correct horse 7"}
	if _, err := auth.SignUp(ctx, up); err != nil {
		log.Fatal(err)
	}

	for _, r := range []tollkeeper.SignInRequest{
		{Email: "ann@mail.example"},
		{Username: "ann_1815"},
		{Username: "ann_1816"},
		{Email: "ann@mail.example", Username: "ann_1815"},
	} {
		r.Password = "correct horse 7"
		in, err := auth.SignIn(ctx, r)
		fmt.Println(in.Subject.Account.Username, err)
	}
	ann, err := auth.Host().FindByUsername(ctx, tollkeeper.Scope{}, "ANN_1815")
	fmt.Println(ann.Account.Email, err)
	// Output:
	// Ann_1815 <nil>
	// Ann_1815 <nil>
	//  Invalid email or password
	//  Sign in by the email or by the username
	// ann@mail.example <nil>
}
