// Command core signs somebody in without HTTP, to be built.
package main

import (
	"context"
	"log"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/mail"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

func main() {
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()}, BaseURL: "http://localhost:8080", Mail: tollkeeper.Mail{Mailer: mail.Console{}},
	})
	if err != nil {
		log.Fatal(err)
	}
	in, err := auth.SignIn(context.Background(), tollkeeper.SignInRequest{Email: "ada@home.example", Password: "green-Anchor-77"})
	log.Println(in.Token, err)
}
