// Command app has a page for everybody, one for who is signed in, and all that signing in takes: go run ./examples/app
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/mail"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
	"github.com/tollkeeper/tollkeeper/ui"
)

func main() {
	store, err := sqlite.Open("app.db")
	check(err)
	check(store.Migrate(context.Background()))
	keys, err := tollkeeper.LoadOrCreateKeys("app.keys", store)
	check(err)
	auth, err := tollkeeper.New(store, tollkeeper.Config{Product: "Shop", BaseURL: "http://localhost:8080", Secrets: keys,
		Mail: tollkeeper.Mail{Mailer: mail.Console{}}}) // prints what mail/smtp would send
	check(err)
	mux := http.NewServeMux()
	check(httpadapter.Mount(mux, auth, httpadapter.Options{})) // JSON, at /api/auth
	check(ui.Mount(mux, auth, ui.Options{}))                   // pages: /sign-up, /sign-in and more
	signedIn := httpadapter.RequireAuth(auth, httpadapter.OnFailure(ui.SignInPage(auth, ui.Options{})))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, `<!doctype html><title>Shop</title><h1>Shop</h1><a href="/reports">Reports</a> <a href="/sign-out">Sign out</a>`)
	})
	mux.Handle("GET /reports", signedIn(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := httpadapter.IdentityFrom(r.Context())
		fmt.Fprintln(w, "Reports of", id.Email)
	})))
	fmt.Println("listening on http://localhost:8080")
	log.Fatal(http.ListenAndServe("localhost:8080", mux))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
