package memory_test

import (
	"context"
	"fmt"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// A store for a test or a first try: what is in it ends with the process.
func ExampleNew() {
	ctx := context.Background()
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Mail:    tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
	})
	if err != nil {
		panic(err)
	}
	defer auth.Close(ctx)
	up, err := auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "ann@mail.example", Password: "battery staple 7"})
	fmt.Println(up.Subject.Account.Email, err)
	// Output: ann@mail.example <nil>
}
