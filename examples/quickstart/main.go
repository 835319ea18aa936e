// Command quickstart signs somebody up, in, and out again, in memory: go run ./examples/quickstart
package main

import (
	"context"
	"fmt"
	"log"
	"net/netip"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

func main() {
	ctx, here := context.Background(), tollkeeper.Client{Addr: netip.MustParseAddr("127.0.0.1")}
	auth := must(tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Mail: tollkeeper.Mail{
			Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil }),
		},
		Credits: &tollkeeper.Credits{Prices: map[tollkeeper.Operation]int64{"report": 50}},
	}))
	parent := must(auth.SignUp(ctx, tollkeeper.SignUpRequest{Scope: tollkeeper.Tenants, Email: "owner@shop.example", Password: "amber-Violin-31", Client: here})).Subject.Account.ID
	must(auth.SignUp(ctx, tollkeeper.SignUpRequest{Scope: tollkeeper.Under(parent), Email: "ada@home.example", Password: "green-Anchor-77", Client: here}))
	ada := must(auth.SignIn(ctx, tollkeeper.SignInRequest{Scope: tollkeeper.Under(parent), Email: "ada@home.example", Password: "green-Anchor-77", Client: here}))
	id := must(auth.Authenticate(ctx, ada.Token))
	fmt.Println("signed in:", id.Email, "below its parent:", id.Parent == parent)
	balance := must(auth.Host().Charge(ctx, parent, "report", "report-1")) // the key makes a repeated call harmless
	fmt.Println("credits left:", balance.Credits)                          // 3000 less a sign-up (5), a sign-in (1) and a report (50)
	fmt.Println("signed out:", auth.SignOut(ctx, id) == nil)
	_, err := auth.Authenticate(ctx, ada.Token)
	fmt.Println("afterwards:", err)
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
