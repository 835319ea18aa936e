// Command nethttp is a service on net/http with users of its own, in files of the current folder:
// go run ./examples/nethttp
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/mail"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
	"github.com/tollkeeper/tollkeeper/ui"
)

func main() {
	ctx := context.Background()
	store, err := sqlite.Open("nethttp.db")
	if err == nil {
		err = store.Migrate(ctx)
	}
	if err != nil {
		log.Fatal(err)
	}
	keys, err := tollkeeper.LoadOrCreateKeys("nethttp.keys", store) // the database and its keys belong together
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
	if password := os.Getenv("ADMIN_PASSWORD"); password != "" { // of an admin who is made once
		if _, err := auth.Host().Bootstrap(ctx, tollkeeper.BootstrapRequest{Email: "admin@app.example", Password: tollkeeper.Password(password)}); err != nil {
			log.Fatal(err)
		}
	}
	handler, err := routes(auth)
	if err != nil {
		log.Fatal(err)
	}
	server := http.Server{Addr: "localhost:8080", Handler: handler, ReadTimeout: 30 * time.Second, WriteTimeout: 45 * time.Second}
	log.Fatal(server.ListenAndServe())
}

// routes are the app family at /api/auth, the pages of package ui, and four routes of the service itself.
func routes(auth *tollkeeper.Authenticator) (http.Handler, error) {
	mux := http.NewServeMux()
	if err := errors.Join(httpadapter.Mount(mux, auth, httpadapter.Options{}), ui.Mount(mux, auth, ui.Options{})); err != nil {
		return nil, err
	}
	members := httpadapter.RequireAuth(auth, httpadapter.OnFailure(ui.SignInPage(auth, ui.Options{})))
	api, admins := httpadapter.RequireAuth(auth), httpadapter.RequireRole(tollkeeper.RoleAdmin)
	mux.Handle("GET /{$}", httpadapter.OptionalAuth(auth)(http.HandlerFunc(welcome)))
	mux.Handle("GET /notes", members(http.HandlerFunc(welcome))) // sends a browser to /sign-in?next=%2Fnotes
	mux.Handle("GET /api/me", api(http.HandlerFunc(me)))
	mux.Handle("GET /api/admin", api(admins(http.HandlerFunc(me))))
	return mux, nil
}

func welcome(w http.ResponseWriter, r *http.Request) {
	if id, ok := httpadapter.IdentityFrom(r.Context()); ok {
		fmt.Fprint(w, "Welcome, ", id.Email)
		return
	}
	fmt.Fprint(w, "Welcome, stranger")
}

func me(w http.ResponseWriter, r *http.Request) {
	id, _ := httpadapter.IdentityFrom(r.Context())
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"email": id.Email, "role": id.Role}) // who went away reads nothing
}
