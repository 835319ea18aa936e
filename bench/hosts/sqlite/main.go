// Command sqlite guards a greeting, over SQLite, to be built.
package main

import (
	"io"
	"log"
	"net/http"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/mail"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

func main() {
	store, err := sqlite.Open("app.db")
	if err != nil {
		log.Fatal(err)
	}
	auth, err := tollkeeper.New(store, tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()}, BaseURL: "http://localhost:8080", Mail: tollkeeper.Mail{Mailer: mail.Console{}},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	if err := httpadapter.Mount(mux, auth, httpadapter.Options{}); err != nil {
		log.Fatal(err)
	}
	mux.Handle("/", httpadapter.RequireAuth(auth)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello")
	})))
	log.Fatal(http.ListenAndServe("localhost:8080", mux))
}
