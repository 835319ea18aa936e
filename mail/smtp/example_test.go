package smtp_test

import (
	"context"
	"fmt"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/mail/smtp"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// A service reads its mail server from a flag. Nothing is connected to before there is a mail.
func Example() {
	ctx := context.Background()
	c, err := smtp.Parse("smtp://app@mail.example?from=Orchard <no-reply@mail.example>")
	if err != nil {
		panic(err)
	}
	c.Password = "correct horse 7" // of a service, from its environment: flags can be seen by everyone on the machine
	mailer, err := smtp.New(c)
	if err != nil {
		panic(err)
	}
	defer mailer.Close() // after the Authenticator, which still sends what is due
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Mail:    tollkeeper.Mail{Mailer: mailer},
	})
	if err != nil {
		panic(err)
	}
	defer auth.Close(ctx)
	fmt.Println(c.Host, c.Port, c.TLS == smtp.StartTLS, c.Password)
	// Output: mail.example 0 true [redacted]
}
