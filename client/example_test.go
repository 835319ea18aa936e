package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/client"
	"github.com/tollkeeper/tollkeeper/httpadapter"
)

// serve runs a service as its operator would, for the examples.
func serve(do func(url string)) {
	err := authtest.Run(func(kit *authtest.Kit) {
		mux := http.NewServeMux()
		if err := httpadapter.Mount(mux, kit.Auth, httpadapter.Options{}); err != nil {
			log.Fatal(err)
		}
		server := httptest.NewServer(mux)
		defer server.Close()
		do(server.URL)
	})
	if err != nil {
		log.Fatal(err)
	}
}

// Somebody signs up, comes back with their password, looks at their account and leaves.
func Example() {
	serve(func(url string) {
		ctx := context.Background()
		c, err := client.New(url, client.Options{})
		if err != nil {
			log.Fatal(err)
		}
		up := client.SignUp{Email: "ada@mail.example", Password: "copper-Lantern-5", Name: "Ada"}
		if _, err := c.SignUp(ctx, up); err != nil {
			log.Fatal(err)
		}
		_, err = c.SignIn(ctx, client.SignIn{Email: up.Email, Password: "a guess"})
		fmt.Println("a guess:", errors.Is(err, client.ErrInvalidCredentials))

		res, err := c.SignIn(ctx, client.SignIn{Email: up.Email, Password: up.Password})
		if err != nil {
			log.Fatal(err)
		}
		session := res.Session // nil where res.Challenge wants a second factor
		user, err := session.Account(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("signed in:", user.Name, user.Role)
		fmt.Println("the token prints as", session.Tokens().Token)

		if err := session.SignOut(ctx); err != nil {
			log.Fatal(err)
		}
		_, err = session.Account(ctx)
		fmt.Println("signed out:", errors.Is(err, client.ErrInvalidToken))
	})
	// Output:
	// a guess: true
	// signed in: Ada user
	// the token prints as [redacted]
	// signed out: true
}
