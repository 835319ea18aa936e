package tollkeeper_test

import (
	"context"
	"fmt"
	"log"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// withMasterKeys is the service with these master keys, as it starts again after a change of them.
func withMasterKeys(s store.Store, keys ...tollkeeper.MasterKey) *tollkeeper.Authenticator {
	auth, err := tollkeeper.New(s, tollkeeper.Config{
		Secrets: keys,
		BaseURL: "https://app.example",
		Mail:    tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
	})
	if err != nil {
		log.Fatal(err)
	}
	return auth
}

// A new master key goes in front of the old ones. It signs from then on, and what the old ones signed stays good until
// they are taken away.
func Example_masterKeys() {
	ctx, kept := context.Background(), memory.New()
	last, old, next := tollkeeper.NewMasterKey(), tollkeeper.NewMasterKey(), tollkeeper.NewMasterKey()
	auth := withMasterKeys(kept, old, last)
	in, err := auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "ann@mail.example", Password: "battery staple 7"})
	if err != nil {
		log.Fatal(err)
	}
	auth.Close(ctx)

	for _, step := range []struct {
		what string
		keys []tollkeeper.MasterKey
	}{
		{"every process learns it", []tollkeeper.MasterKey{old, next, last}},
		{"every process uses it", []tollkeeper.MasterKey{next, old, last}},
		{"the old one is gone", []tollkeeper.MasterKey{next, last}},
	} {
		auth := withMasterKeys(kept, step.keys...)
		_, err := auth.Authenticate(ctx, in.Token)
		fmt.Println(step.what+":", err)
		auth.Close(ctx)
	}
	fmt.Println(tollkeeper.CheckSecrets(ctx, kept, next, old))
	fmt.Println(tollkeeper.CheckSecrets(ctx, kept, next, last))
	// Output:
	// every process learns it: <nil>
	// every process uses it: <nil>
	// the old one is gone: Invalid or expired token
	// <nil>
	// tollkeeper: the store was made with other master keys
}
