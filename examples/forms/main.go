// Command forms is a site whose forms sign in, up and out, in files of the current folder: go run ./examples/forms
package main

import (
	"context"
	"log"
	"net/http"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/mail"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

func main() {
	store, err := sqlite.Open("forms.db")
	if err == nil {
		err = store.Migrate(context.Background())
	}
	if err != nil {
		log.Fatal(err)
	}
	keys, err := tollkeeper.LoadOrCreateKeys("forms.keys", store) // the database and its keys belong together
	if err != nil {
		log.Fatal(err)
	}
	auth, err := tollkeeper.New(store, tollkeeper.Config{
		Secrets: keys,
		BaseURL: "http://localhost:8080",
		Mail:    tollkeeper.Mail{Mailer: mail.Console{}},
	})
	if err != nil {
		log.Fatal(err) // names the field
	}
	server := http.Server{Addr: "localhost:8080", Handler: routes(auth), ReadTimeout: 30 * time.Second, WriteTimeout: 45 * time.Second}
	log.Fatal(server.ListenAndServe())
}

// routes are pages for everybody and for members, and the forms. What a page of another origin sends is refused before
// any of them sees it.
func routes(auth *tollkeeper.Authenticator) http.Handler {
	s := site{auth}
	members := httpadapter.RequireAuth(auth, httpadapter.OnFailure(httpadapter.SignInPage("/sign-in")))
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", httpadapter.OptionalAuth(auth)(s.page("home")))
	mux.Handle("GET /notes", members(s.page("notes")))
	mux.Handle("GET /sign-in", s.page("sign-in"))
	mux.HandleFunc("POST /sign-in", s.signIn)
	mux.Handle("GET /sign-up", s.page("sign-up"))
	mux.HandleFunc("POST /sign-up", s.signUp)
	mux.Handle("POST /sign-out", members(http.HandlerFunc(s.signOut)))
	return http.NewCrossOriginProtection().Handler(mux)
}
