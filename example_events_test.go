package tollkeeper_test

import (
	"context"
	"fmt"
	"log"
	"net/netip"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// A host writes what happened into its own log: by ids and codes, never a secret or an address. The first account that
// is made is the parent of the app's own users.
func Example_events() {
	ctx := context.Background()
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Mail:    tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
		Events: func(e tollkeeper.Event) {
			if e.Name != tollkeeper.EventMailSent { // told by another goroutine
				fmt.Printf("%s from %q\n", e.Name, e.Network)
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer auth.Close(ctx)

	ann := tollkeeper.Client{Addr: netip.MustParseAddr("203.0.113.9")}
	if _, err := auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "ann@mail.example", Password: "battery staple 7", Client: ann}); err != nil {
		log.Fatal(err)
	}
	for _, password := range []tollkeeper.Password{"a wrong guess", "battery staple 7"} {
		in, err := auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "ann@mail.example", Password: password, Client: ann})
		fmt.Println(in.Token != "", err)
	}
	// Output:
	// account_created from ""
	// sign_up from "203.0.113.9/32"
	// sign_in from "203.0.113.9/32"
	// sign_in_failed from "203.0.113.9/32"
	// false Invalid email or password
	// sign_in from "203.0.113.9/32"
	// true <nil>
}
