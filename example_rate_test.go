package tollkeeper_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/netip"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// A host puts a rate on a route of its own, counted where sign-ins are.
func Example_rate() {
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

	search := tollkeeper.RateRequest{
		Name:   "search",
		Client: tollkeeper.Client{Addr: netip.MustParseAddr("192.0.2.1")}, // the request's
		Limits: []tollkeeper.Limit{tollkeeper.Rate(2, time.Hour)},
	}
	for range 3 {
		err := auth.Host().Allow(ctx, search)
		if e, ok := errors.AsType[*tollkeeper.Error](err); ok && errors.Is(err, tollkeeper.ErrRateLimited) {
			fmt.Println(err, e.RetryAfter > 29*time.Minute)
			continue
		}
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// <nil>
	// Rate limit exceeded true
}
