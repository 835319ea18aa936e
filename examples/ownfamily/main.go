// Command ownfamily serves an HTTP API that is the service's own, on tollkeeper's engine: go run ./examples/ownfamily
package main

import (
	"context"
	"log"
	"net/http"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/v1"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

func main() {
	handler, err := serve()
	if err != nil {
		log.Fatal(err)
	}
	log.Print("http://127.0.0.1:8080/team/openapi.json says how to sign up")
	server := http.Server{Addr: "127.0.0.1:8080", Handler: handler, ReadTimeout: 30 * time.Second, WriteTimeout: 45 * time.Second}
	log.Fatal(server.ListenAndServe())
}

// serve is the service, in memory.
func serve() (http.Handler, error) {
	mail := tollkeeper.MailerFunc(func(_ context.Context, m tollkeeper.Message) error {
		log.Printf("mail to %q: %s", m.To, string(m.Text))
		return nil
	})
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()}, BaseURL: "http://127.0.0.1:8080", Mail: tollkeeper.Mail{Mailer: mail},
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	return mux, mount(mux, auth)
}

// mount puts the team's API beside a documented one, over the same accounts.
func mount(mux *http.ServeMux, auth *tollkeeper.Authenticator) error {
	team := Team{Board: &Board{Size: 100}}
	o := httpadapter.Options{OpenAPI: true, Cookie: httpadapter.Cookie{On: true}}
	return httpadapter.Mount(mux, auth, o, team, v1.API{})
}
