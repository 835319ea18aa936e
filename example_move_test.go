package tollkeeper_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// A parent comes from elsewhere with its public key, which stands in its pages, its customers and what it had paid for.
func Example_move() {
	ctx := context.Background()
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://auth.app.example",
		Mail:    tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
		Credits: &tollkeeper.Credits{InitialCredits: -1}, // none: the old balance is granted below
	})
	if err != nil {
		log.Fatal(err)
	}
	defer auth.Close(ctx)
	host, refused := auth.Host(), func(line int64, err error) { fmt.Println("line", line, err) }

	parents := `{"externalId":"p-1","email":"owner@shop.example","emailVerified":true,"publicKey":"APK_ABCDEFGHIJKLMNOPQRSTUVWXYZ"}`
	report, err := host.ImportAccounts(ctx, tollkeeper.Tenants, strings.NewReader(parents), tollkeeper.ImportOptions{Refused: refused})
	fmt.Println("parents:", report.Stand, err)
	children := `{"externalId":"c-7","email":"ann@mail.example","passwordHash":"$2y$10$xm2eM/qcIvnO2/3q7.JLIO6H.uCmJ4HZrkRoZDR2AcwU5ZuvnnQ0K"}`
	shop := tollkeeper.UnderKey("APK_ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	report, err = host.ImportAccounts(ctx, shop, strings.NewReader(children), tollkeeper.ImportOptions{Refused: refused})
	fmt.Println("children:", report.Stand, err)

	owner, err := host.FindByEmail(ctx, tollkeeper.Tenants, "owner@shop.example")
	if err != nil {
		log.Fatal(err)
	}
	balance, err := host.Grant(ctx, owner.Account.ID, 1250, "moved:p-1")
	fmt.Println("credits:", balance.Credits, err)
	// Output:
	// parents: 1 <nil>
	// children: 1 <nil>
	// credits: 1250 <nil>
}
