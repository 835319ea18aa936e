package tollkeeper_test

import (
	"context"
	"fmt"
	"log"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// A host meters its own operation, once per key, and takes it back.
func Example_credits() {
	ctx := context.Background()
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Mail:    tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
		Credits: &tollkeeper.Credits{Prices: map[tollkeeper.Operation]int64{"photo": 3}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer auth.Close(ctx)

	parent, err := auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Scope: tollkeeper.Tenants, Email: "owner@shop.example"})
	if err != nil {
		log.Fatal(err)
	}

	for _, key := range []string{"photo-1", "photo-1", "photo-2"} {
		b, err := auth.Host().Charge(ctx, parent.ID, "photo", key)
		fmt.Println(key, b.Credits, err)
	}
	b, err := auth.Host().Refund(ctx, parent.ID, "photo-2")
	fmt.Println("refund", b.Credits, err)
	b, err = auth.Host().GrantPackage(ctx, parent.ID, tollkeeper.Purchase{Package: "GROWTH", TransactionID: "payment-4711"})
	fmt.Println("package", b.Credits, b.FreeUsers, err)
	// Output:
	// photo-1 2997 <nil>
	// photo-1 2997 <nil>
	// photo-2 2994 <nil>
	// refund 2997 <nil>
	// package 57997 6000 <nil>
}
