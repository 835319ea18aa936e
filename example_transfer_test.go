package tollkeeper_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// Accounts of another system come in with their hashes, one JSON object a line, and sign in as before.
func Example_importAccounts() {
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

	lines := `{"email":"ann@mail.example","emailVerified":true,"passwordHash":"$2y$10$xm2eM/qcIvnO2/3q7.JLIO6H.uCmJ4HZrkRoZDR2AcwU5ZuvnnQ0K"}
{"email":"not an address"}
`
	report, err := auth.Host().ImportAccounts(ctx, tollkeeper.Scope{}, strings.NewReader(lines), tollkeeper.ImportOptions{
		Refused: func(line int64, err error) { fmt.Println("line", line, err) },
	})
	fmt.Println(report.Stand, "stand", err)
	next, err := auth.Host().ExportAccounts(ctx, tollkeeper.Scope{}, io.Discard, tollkeeper.ExportOptions{})
	fmt.Println(!next.IsZero(), err) // where the next export goes on
	// Output:
	// line 2 Invalid email format
	// 1 stand <nil>
	// true <nil>
}
