// Command app has a page for everybody, one for who is signed in, and all that signing in takes: go run ./examples/app
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/mail"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
	"github.com/tollkeeper/tollkeeper/ui"
)

func main() {
	listener := must(net.Listen("tcp", "localhost:8080"))
	store := must(sqlite.Open("app.db"))
	must(store, store.Migrate(context.Background()))
	auth := must(tollkeeper.New(store, tollkeeper.Config{Product: "Shop", BaseURL: "http://localhost:8080",
		Secrets: must(tollkeeper.LoadOrCreateKeys("app.keys", store)),
		Mail:    tollkeeper.Mail{Mailer: mail.Console{}}})) // prints what mail/smtp would send
	mux := http.NewServeMux()
	must(mux, httpadapter.Mount(mux, auth, httpadapter.Options{})) // JSON, at /api/auth
	must(mux, ui.Mount(mux, auth, ui.Options{}))                   // pages: /sign-in, /account, /admin …
	signedIn := httpadapter.RequireAuth(auth, httpadapter.OnFailure(ui.SignInPage(auth, ui.Options{})))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, `<!doctype html><title>Shop</title><h1>Shop</h1><a href="/reports">Reports</a> <a href="/account">Account</a>`)
	})
	mux.Handle("GET /reports", signedIn(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := httpadapter.IdentityFrom(r.Context())
		fmt.Fprintln(w, "Reports of", id.Email)
	})))
	fmt.Println("listening on http://localhost:8080")
	log.Fatal(http.Serve(listener, mux))
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
