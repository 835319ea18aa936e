package tollkeeper_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/netip"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// An admin makes an account for a colleague, and later opens it again after somebody's wrong guesses.
func Example_rescue() {
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
	if _, err := auth.Host().Bootstrap(ctx, tollkeeper.BootstrapRequest{Email: "admin@app.example", Password: "correct horse 7"}); err != nil {
		log.Fatal(err)
	}
	in, err := auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "admin@app.example", Password: "correct horse 7"})
	if err != nil {
		log.Fatal(err)
	}
	admin, err := auth.Authenticate(ctx, in.Token)
	if err != nil {
		log.Fatal(err)
	}

	ann, err := auth.CreateAccount(ctx, admin, tollkeeper.AccountSpec{Email: "ann@app.example", Password: "another horse 9", Verified: true})
	if err != nil {
		log.Fatal(err)
	}
	client := tollkeeper.Client{Addr: netip.MustParseAddr("192.0.2.1")} // of the request
	try := func(password tollkeeper.Password) {
		_, err := auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "ann@app.example", Password: password, Client: client})
		fmt.Println(err)
	}
	for range 5 {
		if _, err := auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "ann@app.example", Password: "a guess", Client: client}); !errors.Is(err, tollkeeper.ErrInvalidCredentials) {
			log.Fatal(err)
		}
	}
	try("another horse 9")
	fmt.Println(auth.Unlock(ctx, admin, ann.ID))
	try("another horse 9")
	fmt.Println(auth.ResetFactors(ctx, admin, ann.ID)) // a lost phone; Ann never had one
	// Output:
	// Too many failed attempts
	// <nil>
	// <nil>
	// The second factor is not in the state for this
}
