package tollkeeper_test

import (
	"fmt"
	"log"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// A browser goes to an issuer and back, twice: the first time makes the account. Then somebody links another person
// there to the same account. The issuer is the one of authtest; package social has those of the providers.
func Example_providers() {
	err := authtest.Run(func(kit *authtest.Kit) {
		ctx, auth := kit.Context(), kit.Auth
		there := func(by *tollkeeper.Identity) tollkeeper.IssuerReturn {
			begun, err := auth.BeginIssuer(ctx, tollkeeper.IssuerStart{
				Issuer: authtest.IssuerURL, RedirectURL: "https://app.example/callback", Return: "/inbox", By: by,
			})
			if err != nil {
				log.Fatal(err)
			}
			back, err := kit.Issuer().Visit(begun.URL) // the browser, which keeps begun.Ticket in a cookie
			if err != nil {
				log.Fatal(err)
			}
			q := back.Query()
			return tollkeeper.IssuerReturn{
				Ticket: begun.Ticket, RedirectURL: "https://app.example/callback",
				State: q.Get("state"), Code: tollkeeper.SecretText(q.Get("code")), Iss: q.Get("iss"),
			}
		}

		kit.Issuer().As("ada-1", "ada@mail.example", true)
		first, err := auth.SignInWithIssuer(ctx, there(nil))
		fmt.Println(first.Subject.Account.Email, first.Return, err)
		again, err := auth.SignInWithIssuer(ctx, there(nil))
		fmt.Println(again.Subject.Account.ID == first.Subject.Account.ID, err)

		ada, err := auth.Authenticate(ctx, again.Token)
		if err != nil {
			log.Fatal(err)
		}
		kit.Issuer().As("ada-at-work", "ada@company.example", true)
		link, err := auth.LinkIssuer(ctx, ada, there(ada))
		fmt.Println(link.Identity.Subject, err)
		work, err := auth.SignInWithIssuer(ctx, there(nil))
		fmt.Println(work.Subject.Account.Email, err)
	}, authtest.WithIssuer())
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// ada@mail.example /inbox <nil>
	// true <nil>
	// ada-at-work <nil>
	// ada@mail.example <nil>
}
