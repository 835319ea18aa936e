// Command chi has chi route a service's own paths beside those of tollkeeper: go run ./examples/frameworks/chi
package main

import (
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/mail"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

func main() {
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "http://localhost:8080",
		Mail:    tollkeeper.Mail{Mailer: mail.Console{}},
	})
	if err != nil {
		log.Fatal(err) // names the field
	}
	handler, err := routes(auth)
	if err != nil {
		log.Fatal(err)
	}
	server := http.Server{Addr: "localhost:8080", Handler: handler, ReadTimeout: 30 * time.Second, WriteTimeout: 45 * time.Second}
	log.Fatal(server.ListenAndServe())
}

// routes are the app family at /api/auth, a page for everybody, and two routes for who is signed in.
func routes(auth *tollkeeper.Authenticator) (http.Handler, error) {
	r := chi.NewRouter()
	r.Use(middleware.Recoverer)
	if err := httpadapter.Mount(r, auth, httpadapter.Options{}); err != nil {
		return nil, err // names the option, or the path that the router does not lead there
	}
	r.Get("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "Welcome") })
	r.Group(func(r chi.Router) {
		r.Use(httpadapter.RequireAuth(auth))
		r.Get("/me", me)
		r.Post("/notes", me)
		r.With(httpadapter.RequireRole(tollkeeper.RoleAdmin)).Get("/admin", me)
	})
	return r, nil
}

func me(w http.ResponseWriter, r *http.Request) {
	id, _ := httpadapter.IdentityFrom(r.Context())
	fmt.Fprint(w, "Hello, ", id.Email)
}
