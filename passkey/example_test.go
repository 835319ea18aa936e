package passkey_test

import (
	"context"
	"fmt"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/passkey"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// A page asks for a passkey: it hands the options to navigator.credentials.get and comes back with what that returns,
// and with the ticket.
func ExampleNew() {
	ctx := context.Background()
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets:  []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL:  "https://app.example",
		Mail:     tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
		Passkeys: tollkeeper.Passkeys{Verifier: passkey.New()},
	})
	if err != nil {
		panic(err)
	}
	defer auth.Close(ctx)
	asked, err := auth.BeginPasskeySignIn(ctx, tollkeeper.PasskeySignIn{})
	if err != nil {
		panic(err)
	}
	fmt.Println(len(asked.Options) > 0, asked.Ticket)

	answer := tollkeeper.PasskeyAnswer{Ticket: asked.Ticket, Response: []byte(`{"from":"the page"}`)}
	_, err = auth.SignInWithPasskey(ctx, tollkeeper.PasskeyRequest{Answer: answer})
	fmt.Println(err)
	// Output:
	// true [redacted]
	// Invalid email or password
}
