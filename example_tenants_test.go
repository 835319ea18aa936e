package tollkeeper_test

import (
	"fmt"
	"log"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// Two tenants have a user with the same address: two accounts, two passwords, and each tenant sees its own one.
func Example_tenants() {
	err := authtest.Run(func(kit *authtest.Kit) {
		ctx, host := kit.Context(), kit.Auth.Host()
		for _, name := range []string{"acme", "bolt"} {
			owner := tollkeeper.AccountSpec{Scope: tollkeeper.Tenants, Email: "owner@" + name + ".example", Verified: true}
			tenant, err := host.CreateAccount(ctx, owner)
			if err != nil {
				log.Fatal(err)
			}
			up := tollkeeper.SignUpRequest{
				Scope: tollkeeper.UnderKey(tenant.PublicKey), // public: a page may send it
				Email: "ann@mail.example", Password: tollkeeper.Password("Violet-Harbor-31 " + name),
			}
			if _, err := kit.Auth.SignUp(ctx, up); err != nil {
				log.Fatal(err)
			}
			other := tollkeeper.SignInRequest{Scope: up.Scope, Email: up.Email, Password: "Violet-Harbor-31 acme"}
			in, err := kit.Auth.SignIn(ctx, other)
			fmt.Println(name, in.Token != "", err)
			page, err := host.Accounts(ctx, tollkeeper.Under(tenant.ID), tollkeeper.AccountQuery{})
			fmt.Println(name, len(page.Accounts), err)
		}
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// acme true <nil>
	// acme 1 <nil>
	// bolt false Invalid email or password
	// bolt 1 <nil>
}
