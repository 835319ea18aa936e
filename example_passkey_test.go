package tollkeeper_test

import (
	"context"
	"fmt"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// A phone makes a passkey, and signs in with it: no password, and no second step.
func Example_passkey() {
	err := authtest.Run(func(kit *authtest.Kit) {
		ctx := context.Background()
		ann, phone := kit.User(), kit.Passkey()
		id := kit.SignedIn(ann)

		// The page hands question.Options to navigator.credentials.create, and posts what that returns.
		question, err := kit.Auth.BeginPasskey(ctx, id, tollkeeper.PasskeyEnrolment{})
		fmt.Println("asked for a passkey", err)
		added, err := kit.Auth.AddPasskey(ctx, id, tollkeeper.NewPasskey{Label: "Ann's phone", Answer: phone.Answer(question)})
		fmt.Println(added.Passkey.Label, added.Passkey.Domain, len(added.Recovery), err)

		// Later: the page hands question.Options to navigator.credentials.get.
		question, err = kit.Auth.BeginPasskeySignIn(ctx, tollkeeper.PasskeySignIn{})
		fmt.Println("asked who is there", err)
		answer := tollkeeper.PasskeyRequest{Answer: phone.Answer(question)}
		in, err := kit.Auth.SignInWithPasskey(ctx, answer)
		fmt.Println(in.Subject.Account.ID == ann.ID, in.Challenge == "", err)
		_, err = kit.Auth.SignInWithPasskey(ctx, answer)
		fmt.Println(err)
	})
	fmt.Println(err)
	// Output:
	// asked for a passkey <nil>
	// Ann's phone app.example 10 <nil>
	// asked who is there <nil>
	// true true <nil>
	// Invalid or expired challenge
	// <nil>
}
