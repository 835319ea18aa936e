package tollkeeper_test

import (
	"context"
	"fmt"
	"log"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// A parent lists its children, page by page, and acts on one of them.
func Example_accounts() {
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

	in, err := auth.SignUp(ctx, tollkeeper.SignUpRequest{Scope: tollkeeper.Tenants, Email: "owner@shop.example", Password: "correct horse 7"})
	if err != nil {
		log.Fatal(err)
	}
	owner, err := auth.Authenticate(ctx, in.Token)
	if err != nil {
		log.Fatal(err)
	}
	for _, email := range []string{"ann@mail.example", "bob@mail.example", "cyd@mail.example"} {
		if _, err := auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Scope: tollkeeper.Under(owner.Account), Email: email}); err != nil {
			log.Fatal(err)
		}
	}

	query := tollkeeper.AccountQuery{Limit: 2}
	for more := true; more; more = query.Cursor != "" {
		page, err := auth.Accounts(ctx, owner, query)
		if err != nil {
			log.Fatal(err)
		}
		for _, x := range page.Accounts {
			fmt.Println(x.Email)
		}
		query.Cursor = page.Next
	}
	found, err := auth.Accounts(ctx, owner, tollkeeper.AccountQuery{Search: "bob"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(auth.SetStatus(ctx, owner, found.Accounts[0].ID, tollkeeper.StatusDisabled))
	fmt.Println(auth.SetStatus(ctx, owner, owner.Account, tollkeeper.StatusDisabled))
	// Output:
	// ann@mail.example
	// bob@mail.example
	// cyd@mail.example
	// <nil>
	// Not allowed
}
