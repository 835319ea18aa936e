package tollkeeper_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// A weak hash is kept as argon2id over it. One that nobody can read is left out, where the run says so, and reported.
func Example_importHashes() {
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

	lines := `{"externalId":"1","email":"ann@mail.example","passwordHash":"{SHA}Y+uZJ6t5RhpNRbpQTCTQ87h1ouE="}
{"id":"018f3f6e-7c3a-7b2e-9a51-0c6f5a1d2e3f","email":"bob@mail.example","passwordHash":"$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M"}
`
	report, err := auth.Host().ImportAccounts(ctx, tollkeeper.Scope{}, strings.NewReader(lines), tollkeeper.ImportOptions{
		PasswordsUnknown: tollkeeper.PasswordsReset,
		Report:           os.Stdout,
	})
	fmt.Println(report.Made, "made,", report.Reset, "without a password", err)
	ann, err := auth.Host().FindByEmail(ctx, tollkeeper.Scope{}, "ann@mail.example")
	fmt.Println(strings.HasPrefix(string(ann.Account.Password), "$wrapped$"), err)
	// Output:
	// {"line":2,"outcome":"reset","account":"018f3f6e-7c3a-7b2e-9a51-0c6f5a1d2e3f","field":"passwordHash","code":"invalid_input","reason":"Password hash: passhash: unknown hash scheme"}
	// 2 made, 1 without a password <nil>
	// true <nil>
}
