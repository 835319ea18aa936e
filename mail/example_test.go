package mail_test

import (
	"context"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/mail"
)

// While a service is developed, its mail goes to the terminal. As Config.Mail.Mailer it is called behind the answer.
func ExampleConsole() {
	var mailer tollkeeper.Mailer = mail.Console{}
	err := mailer.Send(context.Background(), tollkeeper.Message{
		To: "ann@mail.example", Subject: "Reset your password", Text: "Open this address:\n\nhttps://app.example/reset-password?token=…\n",
	})
	if err != nil {
		panic(err)
	}
	// Output:
	// --- mail to ann@mail.example: Reset your password
	//
	// Open this address:
	//
	// https://app.example/reset-password?token=…
	// ---
}
