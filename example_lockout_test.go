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

// Five failures in a row lock the address for the network that they came from, and nobody else out.
func Example_lockout() {
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

	if _, err := auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Email: "ann@mail.example", Password: "battery staple 7"}); err != nil {
		log.Fatal(err)
	}
	attempt := func(password tollkeeper.Password, address string) error {
		_, err := auth.SignIn(ctx, tollkeeper.SignInRequest{
			Email: "ann@mail.example", Password: password, Client: tollkeeper.Client{Addr: netip.MustParseAddr(address)},
		})
		return err
	}

	for range 5 {
		if err := attempt("guess", "203.0.113.9"); !errors.Is(err, tollkeeper.ErrInvalidCredentials) {
			fmt.Println(err)
		}
	}
	err = attempt("battery staple 7", "203.0.113.9")
	fmt.Println(err, errors.Is(err, tollkeeper.ErrLocked))
	fmt.Println(attempt("battery staple 7", "198.51.100.7"))
	// Output:
	// Too many failed attempts true
	// <nil>
}
