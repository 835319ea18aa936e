package tollkeeper_test

import (
	"context"
	"fmt"
	"log"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// A program makes its first admin at each start, finds a user and gives a role, by its own authority.
func Example_host() {
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

	host := auth.Host()
	admin, err := host.Bootstrap(ctx, tollkeeper.BootstrapRequest{Email: "admin@app.example", Password: "correct horse 7"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(admin.Email, admin.Role)
	if _, err := host.CreateAccount(ctx, tollkeeper.AccountSpec{Email: "Ann@mail.example", Verified: true}); err != nil {
		log.Fatal(err)
	}

	ann, err := host.FindByEmail(ctx, tollkeeper.Scope{}, "ann@mail.example")
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		changed, err := host.SetRole(ctx, ann.Account.ID, tollkeeper.RoleAdmin)
		fmt.Println(changed, err)
	}
	fmt.Println(host.DeleteAccount(ctx, admin.ID))
	fmt.Println(host.DeleteAccount(ctx, ann.Account.ID))
	// Output:
	// admin@app.example admin
	// true <nil>
	// false <nil>
	// <nil>
	// The last admin must stay
}
